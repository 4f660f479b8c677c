"""What is known of one held run, and the only way to add to it: commit, or read what others have added.

Every commit is fenced by the lease's epoch and by the last `seq` read, so what is stored is always the fold of all that happened.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from console.journal.records import Stored
from console.live.frames import Frame
from runs.engine.effects import ApprovalGate
from runs.engine.events import Event
from runs.engine.fold import folded
from runs.engine.projection import project
from runs.engine.state import State
from runs.engine.vocabulary import Status
from runs.runtime import announce, ledger
from runs.runtime.crew import Supervision
from runs.runtime.lease import Lease
from runs.runtime.store import Moved, Store

ACTIVE = (Status.RUNNING, Status.COMPENSATING)
Make = Callable[[State, datetime], Sequence[Event]]


class Scribe:
    """The state of a run, and its events on their way to the journal. `clock` gives UTC."""

    def __init__(self, lease: Lease, rules: Supervision, approvals: ApprovalGate, clock: Callable[[], datetime]) -> None:
        self.lease, self.rules, self.approvals, self.clock = lease, rules, approvals, clock
        self.store = Store(lease)
        self.origin = ledger.Origin(lease.run, lease.correlation_id, str(lease.snapshot.get("name", "")), str(lease.principal_id or ""))
        self.state, self.seq = State(), 0
        self.projected: Mapping[str, object] = {}

    async def commit(self, make: Make) -> None:
        """Append what `make` says of the newest state; when something else was appended meanwhile, read it and say it anew."""
        while True:
            now = self.clock()
            rows, events = ledger.rows(make(self.state, now), self.origin)
            if not rows:
                return
            after = folded(events, self.state)
            beside = self.approvals.statements(self.lease.run, events, after)
            row = project(after)
            frames: list[Frame] = []
            thinking = partial(self.foresee, frames, now, row, events)
            try:
                last = await self.store.append(rows, self.seq, self.changed(row, after.status), beside, thinking)
            except Moved:
                await self.catch_up()
                continue
            announce.announce(frames[-1])
            self.state, self.seq, self.projected = after, last, row
            self.rules.observe(events)
            return

    def foresee(self, frames: list[Frame], now: datetime, row: Mapping[str, object], events: Sequence[Event]) -> None:
        """What can be made ready while the disk turns: the frame to announce, the rules' thoughts."""
        frames.append(announce.frame(self.lease.run, self.seq, now, row, events))
        self.rules.foresee(events)

    def changed(self, row: Mapping[str, object], status: Status) -> Mapping[str, object]:
        """The row's columns that change; a run that is no longer active gives its lease back in the same statement."""
        freed = {} if status in ACTIVE else {"lease_owner": "", "lease_expires_at": None}
        before = self.projected
        return {**{column: value for column, value in row.items() if before.get(column, self) != value}, **freed}

    async def catch_up(self) -> None:
        """Fold what the journal has after the last event known."""
        self.learn(await self.store.read(self.seq))

    def learn(self, stored: Sequence[Stored]) -> None:
        if stored:
            events = ledger.events(stored)
            self.state, self.seq = folded(events, self.state), stored[-1].seq
            self.projected = project(self.state)
            self.rules.observe(events)
