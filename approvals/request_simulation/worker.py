"""A worker, played one move at a time as the driver plays a run: between two moves anybody else may
act, and it may be lost at any of them.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import assert_never

from approvals.request_simulation.request_world import LEASE, AskingRun, RequestWorld
from policies.verdicts import Meaning
from runs.engine import actions, machine, outcomes
from runs.engine import events as e
from runs.engine.ports import Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, Outcome, Verdict

MakeEvents = Callable[[RunState], Sequence[e.RunEvent]]


class WorkerOvertaken(Exception):
    """Another worker holds the run."""


class AskingWorker:
    """Holds one run under one epoch. `live` yields wherever a real worker waits; closing the
    generator there is the loss of the worker.
    """

    def __init__(self, world: RequestWorld, life: AskingRun, number: int) -> None:
        self.world, self.life = world, life
        life.epoch, life.holder, life.lease_until = life.epoch + 1, number, world.now + LEASE
        self.epoch, self.state, self.seq = life.epoch, life.state, len(life.journal)

    def live(self) -> Iterator[None]:
        try:
            yield from self._commit(self._take)
            while True:
                action = machine.next_effect(self.state, self.life.rules, self.world.now)
                if isinstance(action, actions.Release):
                    return
                yield from self._play(action)
        except WorkerOvertaken:
            return

    def _take(self, state: RunState) -> Sequence[e.RunEvent]:
        return machine.taken(state, e.RunLeased(at=self.world.now, owner="w", epoch=self.epoch))

    def _play(self, action: actions.Action) -> Iterator[None]:
        match action:
            case actions.Record():
                yield from self._commit(self._again)
            case actions.Plan():
                turn = self.life.plans[min(self.state.step, len(self.life.plans) - 1)]
                yield
                yield from self._commit(
                    lambda state: outcomes.after_plan(
                        state, action, turn, self.life.rules, self.world.now, 0.1
                    )
                )
            case actions.Perform():
                yield from self._call(action)
            case actions.Resolve():
                yield
                found = self.world.look_up(self.life, action.flight)
                yield from self._commit(
                    lambda state: outcomes.after_lookup(
                        state, found, "", self.life.rules, self.world.now
                    )
                )
            case actions.Undo():
                yield
                self.world.effects.pop(f"{self.life.name}:{action.entry.call}", None)
                back = Returned(Outcome.OK)
                yield from self._commit(
                    lambda state: outcomes.after_undo(
                        action.entry, action.attempt, back, self.world.now
                    )
                )
            case actions.Sleep() | actions.Judge() | actions.Summarise() | actions.ResolveUndo():
                yield
            case actions.Release():
                return
            case _:
                assert_never(action)

    def _call(self, action: actions.Perform) -> Iterator[None]:
        """Make a call. A kill that is heard in time cancels it, before or after it had
        its effect.
        """
        yield
        cancelled = self.life.state.control is Control.KILL
        back = Returned(Outcome.CANCELLED, answered=False)
        if not cancelled or self.world.dice.random() < 0.5:
            back = self.world.perform(self.life, action.flights[0])
        yield
        back = (
            Returned(Outcome.CANCELLED, answered=False)
            if self.life.state.control is Control.KILL
            else back
        )
        verdict = Verdict.SUCCEEDED if back.outcome is Outcome.OK else Verdict.UNKNOWN
        yield from self._commit(
            lambda state: outcomes.after_call(
                state, back, Meaning(verdict), self.life.rules, self.world.now
            )
        )

    def _again(self, state: RunState) -> Sequence[e.RunEvent]:
        action = machine.next_effect(state, self.life.rules, self.world.now)
        return action.events if isinstance(action, actions.Record) else ()

    def _commit(self, make: MakeEvents) -> Iterator[None]:
        """Commit as the driver does: what somebody else appended meanwhile is read first, and the
        events are made again.
        """
        while True:
            events = make(self.state)
            yield
            if not events:
                return
            if self.epoch != self.life.epoch:
                raise WorkerOvertaken
            if self.world.commit(self.life, events, self.epoch, self.seq):
                self.state, self.seq = self.life.state, len(self.life.journal)
                self.life.lease_until = self.world.now + LEASE
                return
            self.state, self.seq = self.life.state, len(self.life.journal)
