"""Calls that runs have proposed, found in the journal, so that a policy can be tried on them before
it is saved.

What the gate knew of each at that moment is told by whoever keeps runs: rooms above say how, see
`told_by`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from console.journal import selectors, visibility
from console.journal.content_search import WantedWords
from console.journal.records import Stored
from console.journal.visibility import Clearance
from policies.gate.gate_facts import CallFacts
from policies.gate.unknown import Unknown
from policies.patterns import fits

LOOKED_AT = 800
PROPOSED = ("call.intended", "call.asked")
WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A call as it was proposed, what the gate knew when it was asked about it, and which of that
    is not known any more.
    """

    run: UUID
    step: int | None
    at: datetime
    facts: CallFacts
    unknown: frozenset[Unknown] = frozenset()


Teller = Callable[[Sequence[Stored], Clearance], Iterator[Recorded]]
_tellers: list[Teller] = []


def told_by(teller: Teller) -> None:
    """Called once, when the app that keeps runs is ready."""
    _tellers[:] = [teller]


def newest(tools: str, *, clearance: Clearance, limit: int = 20) -> Iterator[Recorded]:
    """The last calls of the tools that fit these patterns, newest first, as far as this reader may
    read them. Each is told when it is asked for: that takes as long as its run is.
    """
    one = _one(tools)
    asked = Q(kind__in=PROPOSED, visibility__in=visibility.open_to(clearance), data__isnull=False)
    ways = tuple((("kind", kind), *((("tool", one),) if one else ())) for kind in PROPOSED)
    page = selectors.newest(
        asked & Q(tool=one) if one else asked,
        clearance=clearance,
        limit=limit if one else LOOKED_AT,
        led=WantedWords(ways),
    )
    rows = [row for row in page.events if fits(row.record.tool, tools)]
    return _tellers[0](rows[:limit], clearance)


def _one(tools: str) -> str:
    """The tool's name where there is but one, which the index leads to; otherwise nothing."""
    words = tools.split()
    return words[0] if len(words) == 1 and not WILD & set(words[0]) else ""
