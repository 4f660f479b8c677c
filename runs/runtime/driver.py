"""Drives one held run: ask the engine, do the action, commit what came of it; until there is
nothing more to do.

Two commits stand around an action that may change the world. Commit A holds the planner's turn and
the intent of its call, before the call; commit B what came back and what it means, after it. Lost
between them, a worker leaves one call in flight that the next one knows of. With the intent written
after the call, or beside its result, the next worker would find no trace and make it again; with
the verdict in a commit of its own, something could be built on a result that nobody has judged. A
planner's turn needs no intent: it changes nothing, so it is asked for again.

Every commit is made from the newest state (`RunWriter.commit`): what a person said meanwhile is
read first, so that a decision is never written over a word that came before it.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import assert_never

from console.journal.records import text_of
from console.live.frames import Frame
from runs.engine import actions, machine
from runs.engine.actions import ApprovalGate
from runs.engine.events import RunEvent
from runs.engine.ports import (
    Planner,
    PreparedCalls,
    is_emptied,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, RunStatus
from runs.runtime import announce
from runs.runtime.handles import Handle
from runs.runtime.held_run import HeldRun
from runs.runtime.lease import Lease
from runs.runtime.made_calls import MadeCalls
from runs.runtime.made_undos import MadeUndos
from runs.runtime.planner_turns import PlannerTurns
from runs.runtime.postgres_store import PostgresStore
from runs.runtime.store_port import LeaseLost, StorePort

ENDED = frozenset({RunStatus.COMPLETED, RunStatus.STOPPED})


class Driver(HeldRun):
    """Plays one held run on the process's loop, once it is configured.

    `draining` is set when the process wants to end.
    """

    def __init__(
        self,
        lease: Lease,
        handle: Handle,
        planners: Callable[[str], Planner],
        approvals: ApprovalGate,
        clock: Callable[[], datetime],
        draining: threading.Event,
        store: StorePort | None = None,
        announcing: Callable[[Frame], None] = announce.announce,
    ) -> None:
        store = store or PostgresStore(lease)
        super().__init__(lease, handle, planners, approvals, clock, store, announcing)
        self.draining = draining
        self.turns, self.calls, self.undos = PlannerTurns(self), MadeCalls(self), MadeUndos(self)

    async def drive(self) -> None:
        """Play the run until it ends, waits, pauses, or the process drains."""
        try:
            await self.commit(self.take)
            await self.play_until_left()
        finally:
            await self.store.let_go()

    async def play_until_left(self) -> None:
        """Play on, and leave nothing under way: calls that come back after the lease was lost are
        recorded as late.
        """
        try:
            await self.play_on()
        except LeaseLost:
            for back in await self.calls.broken_off():
                await self.calls.late(back)
            raise
        finally:
            await self.calls.broken_off()
            self.calls.previewed.drop()
            await self.settle_ahead()
            # what another may have taken over is not ours to settle: the clock returns it
            if self.handle.good():
                await self.rules.close(self.state, self.clock())
            if self.state.status in ENDED and is_emptied(self.toolbox):
                await self.toolbox.run_ended(text_of(self.lease.run))

    async def play_on(self) -> None:
        """Ask for the next action and do it, until there is none, the process drains, or the lease
        was given back with the last event: such a run is another worker's to take, whatever a
        person says of it meanwhile.
        """
        while not (self.draining.is_set() or self.handle.leaving):
            await self.hear()
            if self.state.control is Control.KILL and self.state.status is RunStatus.RUNNING:
                await self.calls.land(await self.calls.broken_off())
                await self.heed()
                continue
            now = self.clock()
            action = (
                self.calls.previewed.action_on(self.state)
                or await self.turns.decided_ahead(now)
                or machine.next_effect(self.state, self.rules, now, self.prompt)
            )
            if isinstance(action, actions.Release):
                return
            await self.play(action)
        # The process ends: what is under way is waited for, and nothing more is begun.
        await self.calls.adopt()
        while self.calls.under_way and not self.handle.leaving:
            await self.calls.land(await self.calls.under_way.first())

    # one case an action
    async def play(self, action: actions.Action) -> None:  # noqa: C901
        match action:
            case actions.Plan():
                await self.turns.plan(action)
            case actions.Perform():
                await self.calls.make(action)
            case actions.Summarise():
                await self.turns.summarise(action)
            case actions.Judge():
                await self.turns.judge(action.inquiry)
            case actions.Resolve():
                await self.calls.resolve(action.flight)
            case actions.Undo():
                await self.undos.undo(action)
            case actions.ResolveUndo():
                await self.undos.resolve_undo(action)
            case actions.Record():
                await self.commit_prepared(self.again)
            case actions.Sleep():
                await self.handle.sleep((action.until - self.clock()).total_seconds())
            case actions.Release():
                pass
            case _:
                assert_never(action)

    def preview(
        self,
        frames: list[Frame],
        now: datetime,
        row: Mapping[str, object],
        events: Sequence[RunEvent],
        after: RunState,
    ) -> None:
        """Make the next calls ready, or decide on the next turn, beside what every writer thinks of
        at that moment.
        """
        super().preview(frames, now, row, events, after)
        if self.supervised and self.unheard is None:
            self.calls.preview(after)
            self.turns.preview(events, after)

    def committed(self) -> None:
        if not self.draining.is_set():
            self.calls.go()

    async def before_news(self) -> None:
        await self.calls.adopt()

    async def settle_ahead(self) -> None:
        await self.turns.settle_ahead()

    def again(self, state: RunState, now: datetime, known: PreparedCalls) -> Sequence[RunEvent]:
        """The events that the engine wants recorded at the moment of the commit; none when news has
        made it want something else, or a kill has come, which is confirmed only once the calls that
        are under way are broken off.
        """
        if state.control is Control.KILL and self.calls.under_way:
            return ()
        action = machine.next_effect(state, self.rules, now, self.prompt, known)
        return action.events if isinstance(action, actions.Record) else ()
