"""Who asks, when and where: what a query may look into, and what its times mean."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from console.journal import visibility
from console.journal.content_tail import ContentTail
from console.journal.records import USER_HIDDEN
from console.journal.visibility import Clearance


@dataclass(frozen=True, slots=True)
class Asker:
    """`me` in a query is the person `user_id`; times without a zone are those of `zone`. `tail` is
    what the index of words had not come to when they asked.
    """

    user_id: int
    clearance: Clearance
    now: datetime
    zone: tzinfo = UTC
    tail: ContentTail = field(default_factory=ContentTail, compare=False, repr=False)

    @property
    def open_to(self) -> list[str]:
        """The visibilities whose content may be searched for them."""
        return visibility.open_to(self.clearance)

    @property
    def sees_tools(self) -> bool:
        return USER_HIDDEN in self.clearance


def zone_named(name: str) -> tzinfo:
    """The zone of this IANA name; UTC for what is none."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):
        return UTC
