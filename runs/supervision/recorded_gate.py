"""What the live gate knew of a call in the journal: a run's policy guard is told the run's events
again, up to that moment.

A call is judged by all commits before its own, and the decision it belongs to. Reads only what the
reader may read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection
from django.utils.text import slugify

from console.journal import selectors, spill
from console.journal.append import raw_connection
from console.journal.records import Stored
from console.journal.visibility import Clearance
from policies.gate.recorded_calls import Recorded
from policies.gate.unknown import OF_HISTORY, Unknown
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove, Unreadable
from runs.engine.fold import folded
from runs.engine.state import RunState
from runs.models import Run
from runs.runtime import run_ledger
from runs.runtime.lease import Lease
from runs.supervision.tool_gate import ToolPolicyGuard

EVENTS_OF_A_RUN = 10_000
NEVER_KNOWN = frozenset({Unknown.HOUR_COUNT, Unknown.GROUPS})
"""Facts that no journal holds: an hour is shared by all runs of an agent, and groups are not
recorded, so that a person may have others by now.
"""


@dataclass(frozen=True, slots=True)
class Story:
    """The beginning of a run's journal as the reader may read it, with its events by number, and
    the run's snapshot. `lost`: something in it cannot be read any more.
    """

    rows: Sequence[Stored]
    events: Mapping[int, e.RunEvent]
    lost: bool
    lease: Lease
    groups: frozenset[str]

    def before(self, row: Stored) -> list[Stored]:
        """All rows of commits before the one that holds this call: the events of one commit have
        one time.
        """
        return [each for each in self.rows if each.seq < row.seq and each.record.at < row.record.at]

    def decision(self, row: Stored) -> list[Stored]:
        """The rows of the decision that was committed together with its first call."""
        mine = (
            each for each in self.rows if each.seq < row.seq and each.record.at == row.record.at
        )
        return [each for each in mine if each.record.kind == e.StepPlanned.kind]

    def whole(self, before: Sequence[Stored]) -> bool:
        """Whether nothing in it is hidden, erased or left out. The prompt may be hidden, since the
        run's own row has it.
        """
        missing = set(range(1, before[-1].seq + 1 if before else 1)) - {each.seq for each in before}
        briefed = {2} if self.lease.snapshot.get("prompt") else set()
        return (
            bool(before)
            and not self.lost
            and missing <= briefed
            and not any(each.erased for each in before)
        )

    def of(self, rows: Sequence[Stored]) -> list[e.RunEvent]:
        return [self.events[each.seq] for each in rows if each.seq in self.events]


def recorded(rows: Sequence[Stored], clearance: Clearance) -> Iterator[Recorded]:
    """Each proposed call, with what was known when it was proposed. A run is read when the first
    call of it is asked for.
    """
    stories: dict[UUID, Story] = {}
    for row in rows:
        if row.run not in stories:
            stories[row.run] = story(row.run, clearance)
        yield _recorded(row, stories[row.run])


def story(run: UUID, clearance: Clearance) -> Story:
    rows = selectors.events(run, clearance=clearance, limit=EVENTS_OF_A_RUN)
    created: Mapping[str, Any] = next(
        (row.record.data for row in rows if row.record.kind == e.RunCreated.kind), {}
    )
    # a journal may be older than its agent's name: policies know the agent by what its title makes
    name = created.get("agent_name") or slugify(str(created.get("agent", "")))
    principal, snapshot = str(created.get("principal", "")), {"name": name}
    person = next((int(row.record.principal) for row in rows if row.record.principal), None)
    kept = Run.objects.filter(pk=run).values_list("snapshot", "principal__username").first()
    if kept is not None:
        snapshot, principal = kept[0], kept[1] or ""
    events, lost = _events(rows)
    lease = Lease(run, "", 0, snapshot, run, principal, person)
    return Story(rows, events, lost, lease, groups_of(person))


def groups_of(person: int | None) -> frozenset[str]:
    """The groups that the person is in now; none for a run that names nobody."""
    if person is None:
        return frozenset()
    found = get_user_model().objects.filter(pk=person, is_active=True)
    return frozenset(found.values_list("groups__name", flat=True)) - {None}


def _recorded(row: Stored, known: Story) -> Recorded:
    before, record = known.before(row), row.record
    policy_guard, state = (
        ToolPolicyGuard(known.lease, known.groups),
        RunState(step=record.step or 0),
    )
    policy_guard.observe(known.of(before))
    unknown = NEVER_KNOWN if known.lease.principal_id else NEVER_KNOWN | {Unknown.WHO}
    try:
        if not known.whole(before):
            raise IllegalMove("a part of the run cannot be read")
        state = folded(known.of([*before, *known.decision(row)]))
    except IllegalMove:  # what is not the run's whole story tells nothing about its sums
        unknown |= OF_HISTORY
    data = _unspilled(row)
    facts = policy_guard.facts(
        state, record.tool, str(data.get("effect", "")), data.get("args") or {}, record.at
    )
    return Recorded(row.run, record.step, record.at, facts, unknown)


def _events(rows: Sequence[Stored]) -> tuple[dict[int, e.RunEvent], bool]:
    """The engine's events by number, and whether some could not be read."""
    found: dict[int, e.RunEvent] = {}
    lost = False
    for row in rows:
        try:
            found |= {each.seq: event for each, event in run_ledger.numbered([_whole(row)])}
        except Unreadable:
            lost = True
    return found, lost


def _whole(row: Stored) -> Stored:
    data = _unspilled(row)
    return row if data is row.record.data else replace(row, record=replace(row.record, data=data))


def _unspilled(row: Stored) -> Mapping[str, Any]:
    """The event's data with its arguments whole, as the gate was shown them,
    while they are kept."""
    try:
        return spill.restored(raw_connection(connection), row.record.data)
    except LookupError:
        return row.record.data
