"""Calls that runs have proposed, found in the journal, so that a policy can be tried on them before
it is saved.

What the gate knew of each at that moment is told by whoever keeps runs: rooms above say how, see
`told_by`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from console.journal import selectors
from console.journal.query import JournalQuery
from console.journal.records import Stored
from console.journal.visibility import Clearance
from policies.gate.gate_facts import CallFacts
from policies.gate.unknown import Unknown
from policies.patterns import fits

BACK = timedelta(days=2)  # so far back a search is short
LOOKED_AT = 400
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


def newest(
    tools: str, *, clearance: Clearance, at: datetime, limit: int = 20
) -> Iterator[Recorded]:
    """The last calls of the tools that fit these patterns, newest first, as far as this reader may
    read them. Each is told when it is asked for: that takes as long as its run is.
    """
    rows = [
        row
        for kind in PROPOSED
        for row in _found(JournalQuery(kind=kind, tool=_one(tools), since=at - BACK), clearance)
        if not row.erased and fits(row.record.tool, tools)
    ]
    rows.sort(key=lambda row: row.id, reverse=True)
    return _tellers[0](rows[:limit], clearance)


def _found(query: JournalQuery, clearance: Clearance) -> list[Stored]:
    page = selectors.search(query, clearance=clearance, before=2**63 - 1, limit=LOOKED_AT)
    return page.events


def _one(tools: str) -> str:
    """The tool's name where there is but one, which the index leads to; otherwise nothing."""
    words = tools.split()
    return words[0] if len(words) == 1 and not WILD & set(words[0]) else ""
