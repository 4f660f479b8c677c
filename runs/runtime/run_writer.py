"""What is known of one held run, and the only way to add to it: commit, or read what others have
added.

Every commit is fenced by the lease's epoch and by the last `seq` read, so what is stored is always
the fold of all that happened.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from console.journal.records import Stored
from console.live.frames import Frame
from console.outside import confidential
from runs.engine import call_progress
from runs.engine.actions import ApprovalGate
from runs.engine.course import reached
from runs.engine.events import RunEvent, RunLeased
from runs.engine.fold import START
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import RunStatus
from runs.runtime import announce, effect_claims, run_ledger
from runs.runtime.dependencies import Supervision
from runs.runtime.effect_claims import EffectTaken
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease
from runs.runtime.store_port import LeaseLost, Moved, StorePort

NOTABLE = timedelta(seconds=2)
ACTIVE = (RunStatus.RUNNING, RunStatus.COMPENSATING)
MakeTimedEvents = Callable[[RunState, datetime], Sequence[RunEvent]]


def active(state: RunState) -> bool:
    """Whether a worker has more to do for the run. One that is being undone may also wait for a
    person.
    """
    return state.status in ACTIVE and not state.waiting_for


class RunWriter:
    """A run's state, and its events on their way to the journal. `clock` gives UTC.

    The rules come later than the history, since a kill that waits in it is heeded before anything
    is computed: once they `supervise`, they are told of all events.
    """

    def __init__(
        self,
        lease: Lease,
        handle: Handle,
        approvals: ApprovalGate,
        clock: Callable[[], datetime],
        store: StorePort,
        announcing: Callable[[Frame], None],
    ) -> None:
        self.lease, self.handle, self.approvals, self.clock = lease, handle, approvals, clock
        self.store, self.announcing = store, announcing
        self.origin = run_ledger.origin(lease)
        self.state, self.seq = START, 0
        self.projected: Mapping[str, object] = {}
        self.untold: list[RunEvent] = []
        self.told_ahead: Sequence[RunEvent] | None = None
        self.unheard: Exception | None = None
        self._rules: Supervision | None = None
        self._anew: Callable[[], Supervision] | None = None
        self.announced: Frame | None = None
        self.unproven = lease.crashes > 0

    def supervise(self, rules: Supervision, anew: Callable[[], Supervision] | None = None) -> None:
        """Tell `rules` of all events so far, and of every one from now on. `anew` makes such rules
        once more; it may query.
        """
        self._rules, self._anew = rules, anew
        self.told()

    @property
    def rules(self) -> Supervision:
        """The rules, which are told of all events before anything is asked of them."""
        assert self._rules is not None, "rules come with the run's tools"
        if self.unheard is not None:
            raise self.unheard
        if self.untold:
            self.told()
        return self._rules

    @property
    def supervised(self) -> bool:
        return self._rules is not None

    def told(self) -> None:
        """Tell the rules what they have not heard yet."""
        if self._rules is not None:
            untold, self.untold = self.untold, []
            self._rules.observe(untold)

    def tell_meanwhile(self) -> None:
        """Tell the rules of new events while a call is being made. What they raise is no failure of
        that call: it is raised again when they are asked next.
        """
        try:
            self.told()
        except Exception as error:  # noqa: BLE001
            self.unheard = error

    def tell_ahead(self, events: Sequence[RunEvent]) -> bool:
        """Tell the rules of events that are still on their way to the journal, and say whether they
        have heard of them. Should somebody else come first, rules are made anew, so they are told
        only where that is possible.
        """
        if self._anew is None or self.handle.news or self.unheard is not None:
            return False
        if self.told_ahead is not events:
            self.told_ahead = events
            try:
                self.rules.observe(events)
            except Exception as error:  # noqa: BLE001
                self.unheard = error  # raised where they are asked next
        return self.unheard is None

    async def forget_ahead(self) -> None:
        """Make the rules anew, and tell them what is in the journal, where they have heard of
        events that did not come: what they keep of a run cannot be taken back piece by piece.
        """
        if self.told_ahead is None or self._anew is None:
            return
        self.told_ahead = self.unheard = None
        await self.settle_ahead()
        if self.handle.good():
            await self.rules.close(self.state, self.clock())
        stored = [row for row in await self.store.read(0) if row.seq <= self.seq]
        self._rules = await asyncio.to_thread(self._anew)
        await asyncio.to_thread(self._rules.observe, run_ledger.events(stored))

    async def settle_ahead(self) -> None:
        """Give back what was reserved for a turn that has not come."""

    async def commit(self, make: MakeTimedEvents) -> None:
        """Append the events that `make` gives for the newest state. When something else was
        appended meanwhile, read it and ask `make` again.

        Raises EffectTaken, with nothing appended, when another run has claimed an effect meanwhile.
        """
        while True:
            now = self.ordered(self.clock())
            made = make(self.state, now)
            rows, events = run_ledger.rows(made, self.origin)
            if not rows:
                return
            after = reached(self.state, made, events)
            beside = [
                *self.approvals.statements(self.lease.run, events, after),
                *effect_claims.statements(self.lease.run, self.state, after),
            ]
            row = project(after)
            frames: list[Frame] = []
            thinking = partial(self.preview, frames, now, row, events, after)
            self.handle.leaving = not active(after)
            try:
                last = await self.store.append(
                    rows, self.seq, self.changed(row, after, events), beside, thinking
                )
            except Moved:
                self.handle.leaving = False
                await self.forget_ahead()
                await self.catch_up()
                continue
            except EffectTaken:
                self.handle.leaving = False
                await self.forget_ahead()
                raise
            if not frames:  # the append had arrived before it could be thought about
                thinking()
            self.state, self.seq, self.projected = after, last, row
            self.committed()
            self.announced = frames[-1]
            self.announcing(self.announced)
            self.unproven = self.unproven and not self.forward(after, events)
            if self.told_ahead is not events:
                self.untold.extend(events)
            self.told_ahead = None
            return

    def committed(self) -> None:
        """What waits for nothing but that the events are in the journal."""

    def show_progress(self, words: str) -> None:
        """Show browsers how a call gets on, beside the run's row as it was announced last. No event
        says it.
        """
        if self.announced is not None:
            masked = call_progress.one_short_line(confidential.current().text(words))
            self.announcing(announce.with_progress(self.announced, masked, self.clock()))

    def ordered(self, now: datetime) -> datetime:
        """`now`, or the time of the last event when that is a little later: the clocks of two hosts
        differ by milliseconds, and no event is recorded as earlier than the one it follows.
        """
        seen = self.state.seen_at
        return seen if seen and timedelta() < seen - now < NOTABLE else now

    def preview(
        self,
        frames: list[Frame],
        now: datetime,
        row: Mapping[str, object],
        events: Sequence[RunEvent],
        after: RunState,
    ) -> None:
        """Make ready, while the disk works, the frame to announce and what the rules can think
        about. `after` is the state once the events are in the journal.
        """
        frames.append(announce.frame(self.lease.run, self.seq, now, row, events))
        if self.supervised and self.unheard is None:
            self.rules.preview(events)

    def changed(
        self, row: Mapping[str, object], after: RunState, events: Sequence[RunEvent]
    ) -> Mapping[str, object]:
        """The columns of the run's row that change. A run that is no longer active gives its lease
        back in the same statement.
        """
        freed = {} if active(after) else {"lease_owner": "", "lease_expires_at": None}
        in_hand = {"takes": 0} if isinstance(events[0], RunLeased) else {}
        before = self.projected
        forward = {"crashes": 0, "suspect": False} if self.forward(after, events) else {}
        return {
            **{column: value for column, value in row.items() if before.get(column, self) != value},
            **freed,
            **in_hand,
            **forward,
        }

    def forward(self, after: RunState, events: Sequence[RunEvent]) -> bool:
        """Whether the run came a step further than where workers were lost with it, so that it is
        no longer suspect.
        """
        return self.unproven and after.lost == 0 and not isinstance(events[0], RunLeased)

    async def catch_up(self) -> None:
        """Fold what the journal has after the last event known.

        Raises LeaseLost when another worker has had the run in hand since.
        """
        self.learn(await self.store.read(self.seq))
        if self.state.epoch > self.lease.epoch:
            raise LeaseLost(f"run {self.lease.run}: its epoch {self.lease.epoch} is over")

    def learn(self, stored: Sequence[Stored]) -> None:
        """Fold these rows onto the state. Raises Unreadable."""
        if stored:
            self.state, events = self.store.replayed(stored, self.state)
            self.seq, self.projected = stored[-1].seq, project(self.state)
            self.untold.extend(events)
