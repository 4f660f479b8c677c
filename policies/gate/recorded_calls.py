"""Calls that runs have proposed, found in the journal, so that a policy can be tried on them before
it is saved.

What the gate knew of each at that moment is told by whoever keeps runs: rooms above say how, see
`told_by`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from console.journal import selectors
from console.journal.query import JournalQuery
from console.journal.records import Stored
from console.journal.visibility import Clearance
from policies.gate.gate_facts import CallFacts
from policies.gate.unknown import Unknown

BACK = timedelta(days=2)  # so far back a search is short
LOOKED_AT = 400
PROPOSED = frozenset({"call.intended", "call.asked"})


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


Teller = Callable[[Sequence[Stored], Clearance], list[Recorded]]
_tellers: list[Teller] = []


def told_by(teller: Teller) -> None:
    """Called once, when the app that keeps runs is ready."""
    _tellers[:] = [teller]


def newest(tool: str, *, clearance: Clearance, at: datetime, limit: int = 20) -> list[Recorded]:
    """The tool's last calls, newest first, as far as this reader may read them."""
    query = JournalQuery(tool=tool, kind="call.", since=at - BACK, until=at + BACK)
    page = selectors.search(query, clearance=clearance, before=2**63 - 1, limit=LOOKED_AT)
    rows = [row for row in reversed(page.events) if row.record.kind in PROPOSED and not row.erased]
    return _tellers[0](rows[:limit], clearance)
