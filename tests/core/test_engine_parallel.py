"""Reads of one decision are in flight side by side; what changes the world keeps its order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.decision import Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import actions, machine, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold import fold, folded
from runs.engine.kept_calls import Doubt, Flight
from runs.engine.ports import Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Control,
    Effect,
    Outcome,
    RunPhase,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.runs_in_memory import (
    START,
    Lost,
    Rules,
    World,
    answering,
    calling,
    created,
    leased,
    running,
    spec,
)

READ = spec("read", effect=Effect.READ, idempotent=True)
PEEK = spec("peek", effect=Effect.READ, idempotent=True)
POP = spec("pop", effect=Effect.READ)
PAY = spec("pay", idempotent=False, has_lookup=True)
SEND = spec("send", idempotent=False)
SPECS = {each.name: each for each in (READ, PEEK, POP, PAY, SEND)}
FAILED = Returned(Outcome.ERROR, error="no")


def rules(**facts: Any) -> Rules:
    return Rules(dict(SPECS), **facts)


def decided(
    *tools: str, parallel: int = 8, by: Rules | None = None
) -> tuple[RunState, list[e.RunEvent]]:
    """A run whose first decision calls these tools, and what was committed with it."""
    state, by = running(parallel), by or rules()
    plan = machine.next_effect(state, by, START)
    assert isinstance(plan, actions.Plan)
    events = outcomes.after_plan(state, plan, calling(*tools), by, START, 0.1)
    return folded(events, state), list(events)


def back(state: RunState, call: str, by: Rules | None = None, **facts: Any) -> list[e.RunEvent]:
    """What is committed once that call is back, whatever else is in flight."""
    returned = facts.get("returned", Returned(Outcome.OK, call))
    meaning = Meaning(Verdict.SUCCEEDED if returned.outcome is Outcome.OK else Verdict.FAILED)
    return list(outcomes.after_call(state, returned, meaning, by or rules(), START, call=call))


def flying(state: RunState) -> list[str]:
    return [flight.call for flight in state.flights]


def kinds(events: Sequence[e.RunEvent]) -> list[str]:
    return [event.kind for event in events]


def test_the_intents_of_all_reads_stand_in_one_commit_with_their_decision() -> None:
    state, events = decided("read", "read", "peek", "read")
    assert kinds(events) == ["step.planned", *["call.intended"] * 4]
    assert flying(state) == ["1.1", "1.2", "1.3", "1.4"]
    assert (state.phase, state.tool) == (RunPhase.CALLING, "read, peek")
    effect = machine.next_effect(state, rules(), START)
    assert isinstance(effect, actions.Perform)
    assert effect.flights == state.flights


def test_a_run_with_one_call_at_a_time_journals_what_it_always_did() -> None:
    state, events = decided("read", "read", "pay", parallel=1)
    assert kinds(events) == ["step.planned", "call.intended"]
    assert kinds(back(state, "1.1")) == ["call.returned", "call.intended"]
    assert kinds(back(state, "")) == ["call.returned", "call.intended"]


def test_a_write_waits_for_the_reads_before_it_and_is_alone_and_reads_after_it_wait() -> None:
    state, _ = decided("read", "read", "pay", "read", "read")
    assert flying(state) == ["1.1", "1.2"]
    state = folded(first := back(state, "1.2"), state)
    assert (kinds(first), flying(state)) == (["call.returned"], ["1.1"])
    state = folded(back(state, "1.1"), state)
    assert flying(state) == ["1.3"]
    state = folded(back(state, "1.3"), state)
    assert flying(state) == ["1.4", "1.5"]


def test_a_read_that_may_not_be_made_again_is_alone_like_a_write() -> None:
    state, _ = decided("read", "pop", "read")
    assert flying(state) == ["1.1"]
    state = folded(back(state, "1.1"), state)
    assert flying(state) == ["1.2"]


def test_two_writes_are_never_side_by_side() -> None:
    state, _ = decided("pay", "send", "read")
    assert flying(state) == ["1.1"]
    state = folded(back(state, "1.1"), state)
    assert flying(state) == ["1.2"]


@pytest.mark.parametrize(("first", "second"), [("pay", "read"), ("read", "pay"), ("pay", "send")])
def test_no_journal_can_say_that_a_write_was_beside_another_call(first: str, second: str) -> None:
    state, _ = decided(first, second, parallel=1)
    of_second = SPECS[second].effect
    intended = e.CallIntended(
        at=START, step=1, tool=second, call="1.2", ref="b", args={}, key="1.2", effect=of_second
    )
    with pytest.raises(IllegalMove):
        fold(state, intended)


def test_no_more_than_so_many_are_in_flight_and_one_that_is_back_makes_room() -> None:
    state, _ = decided(*["read"] * 5, parallel=3)
    assert flying(state) == ["1.1", "1.2", "1.3"]
    state = folded(more := back(state, "1.2"), state)
    assert kinds(more) == ["call.returned", "call.intended"]
    assert flying(state) == ["1.1", "1.3", "1.4"]


def test_a_decision_with_sixty_five_calls_is_done() -> None:
    play = Side([calling(*["read"] * 65), answering()], rules(), parallel=8)
    end = play.live()
    assert (end.status, end.calls, play.most) == (RunStatus.COMPLETED, 65, 8)
    assert len([event for event in play.journal if isinstance(event, e.CallReturned)]) == 65


def test_results_come_in_any_order_and_each_is_its_own_calls() -> None:
    state, _ = decided("read", "peek")
    state = folded([*back(state, "1.2")], state)
    state = folded([*back(state, "1.1")], state)
    told = [(message.call_id, message.tool) for message in state.history[-2:]]
    assert told == [("ref1", "peek"), ("ref0", "read")]
    assert (state.phase, state.tool, state.flights) == (RunPhase.PLANNING, "", ())


def test_the_tools_that_are_still_at_work_are_named() -> None:
    state, _ = decided("read", "peek", "read")
    state = folded(back(state, "1.2"), state)
    assert (state.phase, state.tool) == (RunPhase.CALLING, "read")


def test_the_time_that_is_shown_is_that_of_the_oldest_call_at_work() -> None:
    state, _ = decided(*["read"] * 4, parallel=3)
    later = START + timedelta(seconds=9)
    meaning = Meaning(Verdict.SUCCEEDED)
    events = outcomes.after_call(state, Returned(Outcome.OK), meaning, rules(), later, call="1.2")
    state = folded(events, state)
    assert (flying(state), state.phase_at) == (["1.1", "1.3", "1.4"], START)
    for call in ("1.1", "1.3", "1.4"):
        events = outcomes.after_call(
            state, Returned(Outcome.OK), meaning, rules(), later, call=call
        )
        state = folded(events, state)
    assert (state.phase, state.phase_at) == (RunPhase.PLANNING, later)


def test_after_a_lost_worker_all_that_only_read_are_made_again_and_nobody_is_asked() -> None:
    state, _ = decided("read", "peek")
    state = fold(state, leased(2))
    assert {flight.doubt for flight in state.flights} == {Doubt.LOST}
    effect = machine.next_effect(state, rules(), START)
    assert isinstance(effect, actions.Perform)
    assert effect.flights == state.flights


def test_a_kill_closes_every_call_in_flight_at_once() -> None:
    state, _ = decided("read", "read", "peek", "read", "pay")
    state = fold(state, e.KillRequested(at=START))
    effect = machine.next_effect(state, rules(), START)
    assert isinstance(effect, actions.Record)
    assert kinds(effect.events) == [*["call.returned"] * 4, "run.kill_acknowledged"]
    after = folded(effect.events, state)
    assert (after.status, after.flights) == (RunStatus.COMPENSATING, ())
    assert back(after, "1.2") == []


def test_one_that_a_kill_has_cut_off_closes_those_beside_it_as_well() -> None:
    state, _ = decided("read", "read")
    state = fold(state, e.KillRequested(at=START))
    cut = back(state, "1.2", returned=Returned(Outcome.CANCELLED, answered=False))
    assert kinds(cut) == ["call.returned", "call.returned", "run.kill_acknowledged"]


def test_before_a_pause_those_under_way_come_back_and_nothing_more_is_begun() -> None:
    state, _ = decided("read", "read", "read", parallel=2)
    state = fold(state, e.PauseRequested(at=START))
    state = folded(back(state, "1.1"), state)
    assert flying(state) == ["1.2"]
    assert isinstance(machine.next_effect(state, rules(), START), actions.Perform)
    state = folded(back(state, "1.2"), state)
    assert machine.next_effect(state, rules(), START) == actions.Record((e.RunPaused(at=START),))


def test_a_call_that_needs_a_person_is_asked_for_when_the_reads_before_it_are_back() -> None:
    ask = Decision(DecisionKind.ASK, sentence="money")
    state, events = decided("read", "read", "pay", by=(by := rules(refused={"pay": ask})))
    assert kinds(events) == ["step.planned", "call.intended", "call.intended"]
    state = folded(back(state, "1.1", by), state)
    assert kinds(back(state, "1.2", by)) == ["call.returned", "call.asked", "run.waiting"]


def test_a_read_that_is_refused_is_refused_once_those_before_it_are_back() -> None:
    no = Decision(DecisionKind.DENY, sentence="no")
    state, events = decided("read", "peek", "read", by=(by := rules(refused={"peek": no})))
    assert kinds(events) == ["step.planned", "call.intended"]
    assert kinds(back(state, "1.1", by)) == ["call.returned", "call.refused", "call.intended"]


def test_what_pauses_or_ends_the_run_waits_for_those_under_way() -> None:
    halt = Decision(DecisionKind.PAUSE, sentence="a lever", reason=StopReason.USER_PAUSED)
    state, _ = decided("read", "read", "peek", by=(by := rules(refused={"peek": halt})))
    state = folded(first := back(state, "1.1", by), state)
    assert kinds(first) == ["call.returned"]
    assert kinds(back(state, "1.2", by)) == ["call.returned", "run.paused"]


def retrying(state: RunState, call: str, wait: float = 5.0) -> tuple[RunState, Rules]:
    by = rules(retrying=lambda flight: Decision(DecisionKind.ALLOW, facts={"wait": wait}))
    return folded(back(state, call, by, returned=FAILED), state), by


def test_one_that_failed_is_tried_again_beside_the_others_when_it_is_due() -> None:
    state, by = retrying(decided("read", "read", "read")[0], "1.2")
    effect = machine.next_effect(state, by, START)
    due = START + timedelta(seconds=5)
    assert effect == actions.Perform((state.flights[0], state.flights[2]), due)
    effect = machine.next_effect(state, by, due)
    assert isinstance(effect, actions.Record)
    assert kinds(effect.events) == ["call.retried"]
    state = folded(effect.events, state)
    effect = machine.next_effect(state, by, due)
    assert effect == actions.Perform(state.flights)


def test_of_several_that_back_off_the_one_that_is_due_first_is_waited_for() -> None:
    state, _ = decided("read", "read")
    state, by = retrying(state, "1.1", wait=2.0)
    state, by = retrying(state, "1.2", wait=1.0)
    assert machine.next_effect(state, by, START) == actions.Sleep(START + timedelta(seconds=1))


def test_no_other_attempt_is_begun_beside_others_once_a_pause_was_asked_for() -> None:
    state, by = retrying(decided("read", "read")[0], "1.2", wait=0.0)
    state = fold(state, e.PauseRequested(at=START))
    assert machine.next_effect(state, by, START) == actions.Perform((state.flights[0],))


def test_a_run_that_a_failure_ends_leaves_the_others_open_and_makes_them_again_if_it_goes_on() -> (
    None
):
    enough = Decision(DecisionKind.STOP, sentence="enough", reason=StopReason.TOOL_FAILURE)
    state, _ = decided("read", "read")
    events = back(state, "1.1", rules(retrying=lambda flight: enough), returned=FAILED)
    assert kinds(events) == ["call.returned", "run.stopped"]
    state = folded(events, state)
    assert flying(state) == ["1.2"]
    state = folded([e.RunRequeued(at=START, actor="user:anna"), leased(2)], state)
    effect = machine.next_effect(state, rules(), START)
    assert effect == actions.Perform(state.flights)


def test_a_crash_loop_names_all_that_was_at_work() -> None:
    state, _ = decided("read", "peek")
    state = folded([leased(each, lost=True, blamed=True) for each in range(2, 6)], state)
    effect = machine.next_effect(state, rules(), START)
    assert isinstance(effect, actions.Record)
    [stop] = effect.events
    assert isinstance(stop, e.RunStopped)
    assert "in a call of read, peek." in stop.detail


@dataclass
class Side(World):
    """Begins all that may be made and lets one of them come back, whichever the dice say; failures,
    losses of the worker and pauses come as they say too.
    """

    dice: Random = field(default_factory=lambda: Random(0))
    parallel: int = 8
    failing: float = 0.0
    most: int = 0
    begun: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.journal = [created(parallel=self.parallel)]

    def one_life(self) -> RunState:
        self.begun = set()
        return super().one_life()

    def after(self, state: RunState, effect: actions.Perform) -> list[e.RunEvent]:
        self.most = max(self.most, len(state.flights))
        for flight in effect.flights:
            if flight.call not in self.begun:
                self.begin(flight)
        flight = self.dice.choice(effect.flights)
        self.begun.discard(flight.call)
        self.moment("before it is back")
        failed = flight.effect is Effect.READ and self.dice.random() < self.failing
        returned = FAILED if failed else Returned(Outcome.OK, flight.call)
        meaning = Meaning(Verdict.FAILED if failed else Verdict.SUCCEEDED)
        call = flight.call
        return list(outcomes.after_call(state, returned, meaning, self.rules, self.now, call=call))

    def begin(self, flight: Flight) -> None:
        self.begun.add(flight.call)
        self.moment("before effect")
        self.done[flight.call] = self.done.get(flight.call, 0) + 1
        self.moment("after effect")


TOOLS = st.sampled_from(["read", "read", "peek", "pay"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(TOOLS, min_size=1, max_size=12), min_size=1, max_size=4),
    st.integers(0, 2**16),
    st.integers(1, 9),
    st.sampled_from([0.0, 0.03]),
)
def test_whatever_comes_in_whatever_order_each_call_is_answered_once_and_writes_stay_in_order(
    turns: list[list[str]], seed: int, parallel: int, dying: float
) -> None:
    dice = Random(seed)
    again = Decision(DecisionKind.ALLOW, facts={"wait": 2.0})
    by = rules(retrying=lambda flight: again if flight.attempt < 3 else Decision(DecisionKind.DENY))
    play = Side(
        [*[calling(*tools) for tools in turns], answering()],
        by,
        dies=lambda moment: dice.random() < dying,
        dice=dice,
        parallel=parallel,
        failing=0.2,
    )
    try:
        end = play.live()
    except Lost:
        raise AssertionError("a life that was lost is followed by another") from None
    assert end.status in (RunStatus.COMPLETED, RunStatus.STOPPED)
    over = [
        event
        for event in play.journal
        if isinstance(event, e.CallReturned) and event.retry_at is None
    ]
    assert len({event.call for event in over}) == len(over)
    intents = [event for event in play.journal if isinstance(event, e.CallIntended)]
    numbers = [tuple(map(int, event.call.split("."))) for event in intents]
    assert numbers == sorted(numbers)
    assert play.most <= parallel
    if end.status is RunStatus.COMPLETED:
        assert len(over) == sum(map(len, turns)) == end.calls
        assert end.flights == ()
    writes = [event.call for event in intents if event.effect is not Effect.READ]
    assert all(play.done.get(call, 0) <= 1 for call in writes)
    alone(play.journal)


def alone(journal: Sequence[e.RunEvent]) -> None:
    """At no moment was a write beside anything."""
    state = RunState()
    for event in journal:
        state = fold(state, event)
        writes = [flight for flight in state.flights if flight.effect is not Effect.READ]
        assert len(state.flights) <= 1 or not writes
        assert state.control is Control.NONE
        assert state.waiting_for is not Waiting.IN_DOUBT or len(state.flights) == 1
