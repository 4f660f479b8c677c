"""Who comes to the doors: each kind of person, with the permissions of their groups as the table
`rights.txt` gives them.

The table is written by hand and read by people; a test holds the groups of the database to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("rights.txt")
HELD = "yes"


@dataclass(frozen=True, slots=True)
class Role:
    """One kind of person. `staff` may enter the admin; an `owner` is a superuser; `active` is
    False for somebody who was switched off, with a session that was open until then.
    """

    name: str
    short: str
    groups: tuple[str, ...] = ()
    staff: bool = False
    owner: bool = False
    signed_in: bool = True
    active: bool = True

    @property
    def inside(self) -> bool:
        return self.signed_in and self.active

    def holds(self, permission: str) -> bool:
        """Whether the table gives them this permission."""
        if not self.inside:
            return False
        return self.owner or any(permission in held()[group] for group in self.groups)

    def holds_all(self, permissions: tuple[str, ...]) -> bool:
        return all(self.holds(each) for each in permissions)


ROLES = (
    Role("anonymous", "an", signed_in=False),
    Role("viewer", "vi", ("viewer",)),
    Role("operator", "op", ("operator",)),
    Role("approver", "ap", ("approver",)),
    Role("admin", "ad", ("admin",), staff=True),
    Role("auditor", "au", ("auditor",), staff=True),
    Role("starter of the run", "st", ("operator", "approver")),
    Role("no group", "no"),
    Role("staff without a group", "sf", staff=True),
    Role("switched off", "of", ("operator", "approver"), staff=True, active=False),
    Role("owner", "ow", staff=True, owner=True),
)
STARTER = "starter of the run"


@cache
def held() -> Mapping[str, frozenset[str]]:
    """The permissions of each group, as the table has them."""
    rows = [line.split() for line in FILE.read_text(encoding="utf-8").splitlines() if line.strip()]
    groups = rows[3][2:]
    return {
        group: frozenset(row[0] for row in rows[4:] if row[1 + place] == HELD)
        for place, group in enumerate(groups)
    }
