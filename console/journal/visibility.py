"""Who may read what: the clearance of a person, from their permissions.

The selectors are the only place that enforces it.
"""

from typing import Protocol

from console.journal.records import ALWAYS_HIDDEN, USER_HIDDEN, VISIBLE

Clearance = frozenset[str]
PERMISSIONS = {USER_HIDDEN: "journal.view_user_hidden", ALWAYS_HIDDEN: "journal.view_always_hidden"}
NOBODY: Clearance = frozenset()


class PermissionHolder(Protocol):
    @property
    def is_authenticated(self) -> bool: ...

    def has_perm(self, perm: str) -> bool: ...


def clearance_of(user: PermissionHolder) -> Clearance:
    """The visibilities this person may read; none for somebody not signed in."""
    if not user.is_authenticated:
        return NOBODY
    return frozenset(
        {
            VISIBLE,
            *(
                visibility
                for visibility, permission in PERMISSIONS.items()
                if user.has_perm(permission)
            ),
        }
    )


def open_to(clearance: Clearance) -> list[str]:
    """What pages and lists show to this reader. Never what is always hidden: that is opened one
    event at a time, and each look is journalled.
    """
    return sorted(clearance - {ALWAYS_HIDDEN})


def may_look(clearance: Clearance) -> bool:
    return ALWAYS_HIDDEN in clearance
