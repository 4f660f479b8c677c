"""The offer to take answers back while they are held back, as a page shows it and a message for the
next page carries it. Pure text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from console import figures

MARK = "undo"
MOST = 50
"""More requests than a message of the next page has room for are taken back on their cards."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`requests`: whose answers are taken back together; `until`: when the first of them takes
    effect.
    """

    requests: tuple[int, ...]
    until: datetime

    @property
    def iso(self) -> str:
        return figures.iso(self.until)

    def left(self, now: datetime) -> str:
        return figures.clock(figures.since(now, self.until))

    @property
    def tags(self) -> str:
        """It as the tags of a message."""
        return " ".join((MARK, self.until.isoformat(), *map(str, self.requests)))

    @classmethod
    def read(cls, tags: str) -> Self | None:
        """It from the tags of a message; None where they offer nothing."""
        mark, *rest = tags.split() or [""]
        if mark != MARK or not rest:
            return None
        until, *requests = rest
        return cls(tuple(map(int, requests)), datetime.fromisoformat(until))


def offered(held: Sequence[tuple[int, datetime | None]]) -> str:
    """The tags of a message about these requests, by id and when their answer takes effect; empty
    when none is held back, or too many to name.
    """
    found = [(request, until) for request, until in held if until is not None]
    if not 0 < len(found) <= MOST:
        return ""
    ids = tuple(request for request, _ in found)
    return Withdrawal(ids, min(until for _, until in found)).tags
