"""Bugs planted in the real code, one at a time, to see that the simulation finds them.

Each is one small patch at run time.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch

from console.json_value import Json
from policies.decision import ALLOWED
from runs import fence
from runs.engine import call_decisions, context, effects_had, fold, killing, recall
from runs.engine import events as e
from runs.engine.fold import folded
from runs.engine.kept_calls import Doubt, Flight
from runs.engine.ports import ReadyCall, ToolContext, ToolSpec
from runs.engine.state import RunState
from runs.runtime import blame, effect_claims, perform
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from runs.runtime.run_writer import MakeTimedEvents, RunWriter
from runs.runtime.under_way import Back, UnderWay
from runs.simulation import guardians
from runs.simulation.configuration import SimRules, SimTool, WaitingAtFarSide, named
from runs.simulation.workers import SimulatedWorker

Patches = list[Any]


def no_fence() -> Patches:
    return [
        patch.object(Handle, "good", lambda self: True),
        patch.object(fence, "ask", lambda: None),
    ]


def commit_after_the_call() -> Patches:
    """The intent reaches the journal when its call is over."""
    commit = RunWriter.commit

    async def late(self: Driver, make: MakeTimedEvents) -> None:
        now = self.clock()
        events = make(self.state, now)
        if any(isinstance(event, e.CallIntended) for event in events):
            for flight in folded(events, self.state).flights:
                if flight.call not in self.calls.under_way and (
                    tool := self.toolbox.find(flight.tool)
                ):
                    context = self.told_beside(flight, self.state)
                    await perform.make(self.handle, tool, flight, context, None, now)
        await commit(self, make)

    return [patch.object(RunWriter, "commit", late)]


def made_ready_is_made() -> Patches:
    """A call acts as soon as it is made ready, while its intent is on its way."""

    def eager(self: SimTool, args: Mapping[str, Json], context: ToolContext) -> ReadyCall:
        self.land(named(context.idempotency_key), context, undo=False)
        return WaitingAtFarSide(self, context)

    return [patch.object(SimTool, "make_ready", eager)]


def no_dedup_of_keys() -> Patches:
    numbers = itertools.count()
    return [
        patch.object(perform, "idempotency_key", lambda run, call: f"{run}:{call}:{next(numbers)}")
    ]


def undo_twice() -> Patches:
    """An undo lost with its worker is simply done again."""
    real = killing.next_undo
    forgetful: Callable[..., Any] = lambda state, entry, now: real(  # noqa: E731
        fold.evolved(state, {"undoing": None}) if state.undoing is Doubt.LOST else state, entry, now
    )
    return [patch.object(killing, "next_undo", forgetful)]


def pause_lost() -> Patches:
    ignored: Mapping[type[e.RunEvent], Any] = {e.PauseRequested: lambda state, event: {}}
    return [patch.dict(fold.FOLDS, ignored)]


def leases_before_the_group() -> Patches:
    """The leases are given up at once, while the group still lives for three seconds."""

    def eager(worker: SimulatedWorker, *, blame: bool = True) -> None:
        worker.world.loop.create_task(guardians.give_up(worker, blame=blame))
        worker.beating.cancel()
        worker.world.loop.call_later(3.0, ended, worker)

    def ended(worker: SimulatedWorker) -> None:
        if worker.alive:
            worker.die()

    return [patch.object(guardians, "end", eager)]


def innocent_blamed() -> Patches:
    def everybody(held: Any, tools: Any) -> Any:
        return frozenset(each.run for each in held)

    return [patch.object(blame, "suspected", everybody)]


def approved_past_a_breaker() -> Patches:
    real = SimRules.refused
    return [
        patch.object(
            SimRules,
            "refused",
            lambda self, call, ask: ALLOWED if ask is not None else real(self, call, ask),
        )
    ]


def writes_beside_reads() -> Patches:
    """What changes the world is taken for what reads."""
    return [
        patch.object(kind, "reads", property(lambda self: self.idempotent))
        for kind in (ToolSpec, Flight)
    ]


def kill_forgets_the_others() -> Patches:
    """A kill closes the oldest of the calls in flight, and leaves those beside it as they are."""
    real = killing.acknowledged

    def forgetful(state: RunState, now: datetime, *, begun: bool = False) -> tuple[e.RunEvent, ...]:
        return real(fold.evolved(state, {"flights": state.flights[:1]}), now, begun=begun)

    return [patch.object(killing, "acknowledged", forgetful)]


def calls_go_on_after_a_kill() -> Patches:
    """A kill is heard of, and breaks nothing off."""

    async def left(self: UnderWay) -> list[Back]:
        return []

    return [patch.object(Handle, "halt", Handle.notify), patch.object(UnderWay, "broken_off", left)]


def room_for_any_number() -> Patches:
    real = call_decisions.may_begin
    return [
        patch.object(
            call_decisions,
            "may_begin",
            lambda state, rules: real(fold.evolved(state, {"parallel": 99}), rules),
        )
    ]


def newest_step_folded() -> Patches:
    """Results are summed up before the planner has read them."""
    everything: Callable[..., Any] = lambda state, kept: len(state.history)  # noqa: E731
    return [patch.object(context, "cut_at", everything)]


def recalled_from_the_next_step() -> Patches:
    real = recall.chosen
    other: Callable[..., Any] = lambda args, past: real(  # noqa: E731
        {**args, "step": args["step"] + 1}, past
    )
    return [patch.object(recall, "chosen", other)]


def effects_had_twice() -> Patches:
    """Nobody looks whether an effect was had already."""
    blind: Callable[..., Any] = lambda state, call, found, prepared, ask: found  # noqa: E731
    return [patch.object(effects_had, "judged", blind)]


def claims_not_kept() -> Patches:
    """No run sees what the others have done."""
    return [patch.object(effect_claims, "statements", lambda run, before, after: ())]


def what_lasts_forgotten() -> Patches:
    """What changed the world and cannot be undone is kept nowhere."""
    real = fold.FOLDS[e.CallReturned]

    def forgetful(state: RunState, event: e.CallReturned) -> dict[str, Any]:
        return {name: new for name, new in real(state, event).items() if name != "lasting"}

    return [patch.dict(fold.FOLDS, {e.CallReturned: forgetful})]


BUGS: dict[str, Callable[[], Patches]] = {
    "no fence": no_fence,
    "commit after the call": commit_after_the_call,
    "made ready is made": made_ready_is_made,
    "no dedup of idempotent keys": no_dedup_of_keys,
    "undo twice": undo_twice,
    "pause lost": pause_lost,
    "leases given up before the group is dead": leases_before_the_group,
    "innocent blamed": innocent_blamed,
    "approved call past a breaker": approved_past_a_breaker,
    "the newest step folded unread": newest_step_folded,
    "recalled from the next step": recalled_from_the_next_step,
    "writes beside reads": writes_beside_reads,
    "a kill forgets the calls beside": kill_forgets_the_others,
    "calls go on after a kill": calls_go_on_after_a_kill,
    "room for any number": room_for_any_number,
    "effects had twice": effects_had_twice,
    "claims not kept": claims_not_kept,
    "what lasts is forgotten": what_lasts_forgotten,
}


@contextmanager
def bug(name: str) -> Iterator[None]:
    """The named bug for as long as the block takes; none by an empty name."""
    with ExitStack() as stack:
        for each in BUGS[name]() if name else ():
            stack.enter_context(each)
        yield
