"""Which account servers run as.

PostgreSQL refuses root, so root hands its servers to an unprivileged account.

Nothing here changes the mode of a folder that somebody else made.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNPRIVILEGED = ("nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """A system account as which a child process is started."""

    name: str
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        """Whether the account may read `path` and walk through every folder above it.

        Only mode bits are read, no access lists.
        """
        walkable = all(self._may(parent, stat.S_IXUSR) for parent in path.resolve().parents)
        return walkable and self._may(path, stat.S_IRUSR)

    def _may(self, path: Path, owner_bit: int) -> bool:
        facts = path.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & owner_bit)
        if facts.st_gid == self.gid:
            return bool(facts.st_mode & (owner_bit >> 3))
        return bool(facts.st_mode & (owner_bit >> 6))


def servant() -> Account | None:
    """The account for servers when we are root, None when we are an ordinary
    user and keep our own."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(
        f"running as root, but none of the accounts {', '.join(UNPRIVILEGED)} exists to run"
        " PostgreSQL as"
    )


def own_name() -> str:
    """The name PostgreSQL's peer authentication sees for us. Raises LookupError."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise LookupError(
            f"PostgreSQL needs a name for the account {os.geteuid()}, and the system knows none:"
            " set DATABASE_URL"
        ) from None


def give(path: Path, account: Account | None) -> None:
    """Hand a path that was just made here to the account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
