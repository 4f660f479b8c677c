"""Who asks, when and where: what a query may look into, and what its times mean."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from console.journal import database_clock, visibility
from console.journal.content_tail import ContentTail
from console.journal.records import USER_HIDDEN
from console.journal.visibility import Clearance
from runs.reading import readers

ZONE = "zone"
"""The cookie in which a browser says its zone."""


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


def asker_of(request: HttpRequest) -> Asker:
    """Whoever looks at this page, now. Raises TypeError when nobody is signed in."""
    who = readers.reader(request)
    zone = zone_named(request.COOKIES.get(ZONE, "")[:60])
    return Asker(who.user.pk, who.clearance, database_clock.now(), zone)


def zone_named(name: str) -> tzinfo:
    """The zone of this IANA name; UTC for what is none."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):
        return UTC
