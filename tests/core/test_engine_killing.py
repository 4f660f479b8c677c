"""A kill: acknowledged before anything is asked, then what it cut off is cleared up, then what was
done is undone.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from approvals.rules import request_changes
from approvals.rules.change_of_requests import Opened
from approvals.rules.request_vocabulary import RequestKind
from policies.decision import Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import actions, killing, machine, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold import fold, folded
from runs.engine.kept_calls import Doubt
from runs.engine.ports import Happened, Lookup, Returned
from runs.engine.state import RunState
from runs.engine.stop_reasons import EXPLANATIONS, StopSeverity
from runs.engine.vocabulary import Control, Effect, Outcome, RunStatus, StopReason, Verdict
from tests.core.runs_in_memory import START, World, calling, leased, spec, world

BOOK = spec("book", effect=Effect.REVERSIBLE, has_undo=True, undo_idempotent=True)
REFUND = spec("refund", effect=Effect.IRREVERSIBLE, has_lookup=True, has_undo=True)
MAIL = spec("mail", effect=Effect.IRREVERSIBLE)
READ = spec("read", effect=Effect.READ, idempotent=True)
STOPS = Decision(DecisionKind.STOP, reason=StopReason.RETRY_LIMIT_REACHED)
PAUSES = Decision(DecisionKind.PAUSE, reason=StopReason.CIRCUIT_OPEN)
KILL = e.KillRequested(at=START, actor="user:olga")
LATER = START + timedelta(minutes=1)


class Unasked:
    """Rules that nobody may ask."""

    def __getattr__(self, name: str) -> None:
        raise AssertionError(f"the rules were asked: {name}")


def flying(*tools: str) -> tuple[World, RunState]:
    """A run whose last decision's call of the last tool is in flight in this life; the calls before
    it have succeeded.
    """
    play = world([calling(tool) for tool in tools], BOOK, REFUND, MAIL, READ)
    state = play.commit(folded(play.journal), [leased()])
    for _ in tools[:-1]:
        state = performed(play, planned(play, state))
    return play, planned(play, state)


def planned(play: World, state: RunState) -> RunState:
    plan = machine.next_effect(state, play.rules, START)
    assert isinstance(plan, actions.Plan)
    return play.commit(state, play.planned(state, plan))


def performed(play: World, state: RunState) -> RunState:
    perform = machine.next_effect(state, play.rules, START)
    assert isinstance(perform, actions.Perform)
    return play.commit(
        state,
        outcomes.after_call(
            state, play.performed(perform), Meaning(Verdict.SUCCEEDED), play.rules, START
        ),
    )


def cut_off(play: World, state: RunState, *, begun: bool = True) -> RunState:
    """The kill reaches the worker in the middle of its call."""
    state = play.commit(state, [KILL])
    back = Returned(Outcome.CANCELLED, answered=not begun)
    return play.commit(
        state, outcomes.after_call(state, back, Meaning(Verdict.UNKNOWN), play.rules, START)
    )


def to_the_end(play: World, state: RunState, *, happened: Happened = Happened.UNKNOWN) -> RunState:
    """Whatever is left to do, done; a look-up says `happened`, an undo works."""
    for _ in range(20):
        match machine.next_effect(state, Unasked(), START):  # type: ignore[arg-type]
            case actions.Release():
                return state
            case actions.Record() as record:
                state = play.commit(state, record.events)
            case actions.Resolve():
                state = play.commit(
                    state,
                    outcomes.after_lookup(
                        state, Lookup(happened, {"paid": 5}), "", play.rules, START
                    ),
                )
            case actions.Undo() as undo:
                state = play.commit(
                    state,
                    outcomes.after_undo(undo.entry, undo.attempt, Returned(Outcome.OK), START),
                )
            case other:
                raise AssertionError(f"a killed run does {other}")
    raise AssertionError("it never ends")


def word(happened: Happened) -> e.CallSettled:
    return e.CallSettled(
        at=LATER, actor="user:ada", step=2, tool="refund", call="2.1", happened=happened
    )


def returned(play: World) -> list[e.CallReturned]:
    return [event for event in play.journal if isinstance(event, e.CallReturned)]


def test_a_kill_is_acknowledged_before_the_call_it_cut_off_is_cleared_up() -> None:
    play, state = flying("refund")
    state = cut_off(play, state)
    assert [event.kind for event in play.journal[-2:]] == [
        "run.kill_requested",
        "run.kill_acknowledged",
    ]
    assert (state.status, state.flight and state.flight.doubt) == (
        RunStatus.COMPENSATING,
        Doubt.LOST,
    )


def test_a_refund_that_went_out_all_the_same_is_found_and_undone_first() -> None:
    play, state = flying("book", "refund")
    end = to_the_end(play, cut_off(play, state), happened=Happened.YES)
    assert [event.call for event in play.journal if isinstance(event, e.UndoReturned)] == [
        "2.1",
        "1.1",
    ]
    assert (end.stop_reason, end.undone, end.to_undo) == (StopReason.USER_KILLED, 2, 2)


def test_a_call_that_its_tool_says_did_not_happen_leaves_no_doubt() -> None:
    play, state = flying("book", "refund")
    end = to_the_end(play, cut_off(play, state), happened=Happened.NO)
    assert (end.stop_reason, end.undone, end.flight) == (StopReason.USER_KILLED, 1, None)
    assert (returned(play)[-1].verdict, "did not happen" in returned(play)[-1].error) == (
        Verdict.FAILED,
        True,
    )


@pytest.mark.parametrize("tool", ["mail", "refund"])
def test_what_nobody_can_say_stands_under_what_needs_a_person(tool: str) -> None:
    play, state = flying("read", tool)
    end = to_the_end(play, cut_off(play, state))
    assert (end.status, end.stop_reason) == (RunStatus.STOPPED, StopReason.KILLED_IN_DOUBT)
    assert end.stop_detail == f"Killed during {tool}; nobody can say whether that call happened."
    assert EXPLANATIONS[StopReason.KILLED_IN_DOUBT].severity is StopSeverity.PERSON
    [asked] = [
        change
        for change in request_changes.changes(play.journal[-1:], end)
        if isinstance(change, Opened)
    ]
    assert (asked.kind, asked.tool) == (RequestKind.IN_DOUBT, tool)


@pytest.mark.parametrize(("happened", "undone"), [(Happened.YES, 1), (Happened.NO, 0)])
def test_a_person_settles_what_a_kill_left_in_doubt_and_what_did_happen_is_undone(
    happened: Happened, undone: int
) -> None:
    play, state = flying("read", "refund")
    state = to_the_end(play, cut_off(play, state))
    state = play.commit(state, outcomes.after_settlement(state, word(happened)))
    assert (state.status, state.stop_reason, state.ended_at) == (RunStatus.COMPENSATING, None, None)
    end = to_the_end(play, play.commit(state, [leased(2, LATER, lost=False)]))
    assert (end.stop_reason, end.undone, end.flight) == (StopReason.USER_KILLED, undone, None)
    assert folded(play.journal) == end


def test_a_call_that_waits_for_another_attempt_is_known_to_have_failed() -> None:
    play, state = flying("mail")
    play.rules.retrying = lambda flight: Decision(DecisionKind.ALLOW, facts={"wait": 60})
    failed = Returned(Outcome.ERROR, error="503 from the mail server")
    state = play.commit(
        state, outcomes.after_call(state, failed, Meaning(Verdict.FAILED), play.rules, START)
    )
    end = to_the_end(play, play.commit(state, [KILL]))
    last = returned(play)[-1]
    assert (last.outcome, last.verdict) == (Outcome.CANCELLED, Verdict.FAILED)
    assert last.error == "503 from the mail server It is not tried again: the run was killed."
    assert (end.stop_reason, end.flight) == (StopReason.USER_KILLED, None)


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("tool", ["pay", "send"])
def test_a_call_of_which_an_attempt_was_never_answered_is_in_doubt_whatever_came_after(
    tool: str, waits: bool
) -> None:
    once = [
        replace(MAIL, name="send", idempotent=True),
        replace(REFUND, name="pay", idempotent=True),
    ]
    play = world([calling(tool)], *once)
    state = planned(play, play.commit(folded(play.journal), [leased()]))
    play.rules.retrying = lambda flight: Decision(DecisionKind.ALLOW, facts={"wait": 60})
    late = Returned(Outcome.TIMEOUT, error="No answer in 60 s.")
    state = play.commit(
        state, outcomes.after_call(state, late, Meaning(Verdict.UNKNOWN), play.rules, START)
    )
    if not waits:
        again = e.CallRetried(at=LATER, step=1, tool=tool, call="1.1", attempt=2)
        state = play.commit(state, [again])
    state = play.commit(state, killing.acknowledged(play.commit(state, [KILL]), LATER))
    assert [flight.doubt for flight in state.flights] == [Doubt.LOST]
    assert returned(play)[-1].retry_at is not None, "nothing says that it failed"
    asked = machine.next_effect(state, play.rules, LATER)
    if tool == "pay":
        assert isinstance(asked, actions.Resolve)
    else:
        assert isinstance(asked, actions.Record)
        [*_, last] = asked.events
        assert isinstance(last, e.RunStopped)
        assert last.reason is StopReason.KILLED_IN_DOUBT


def test_a_call_that_its_tool_knows_not_to_have_happened_is_in_doubt_no_more() -> None:
    play, state = flying("refund")
    state = cut_off(play, state)
    assert state.flights[0].silent
    found = outcomes.after_lookup(state, Lookup(Happened.NO), "", play.rules, LATER)
    assert not play.commit(state, found).flights[0].silent


@pytest.mark.parametrize("heard", ["between two moves", "in the call"])
def test_a_call_that_was_only_intended_was_not_made(heard: str) -> None:
    play, state = flying("mail")
    state = (
        play.commit(state, [KILL])
        if heard == "between two moves"
        else cut_off(play, state, begun=False)
    )
    end = to_the_end(play, state)
    assert returned(play)[-1].error == "It was not made: the run was killed before."
    assert end.stop_reason is StopReason.USER_KILLED


def test_a_read_that_was_cut_off_leaves_nothing_to_find_out() -> None:
    play, state = flying("read")
    end = to_the_end(play, cut_off(play, state))
    assert (returned(play)[-1].verdict, end.stop_reason) == (Verdict.FAILED, StopReason.USER_KILLED)


def test_a_call_lost_with_its_worker_is_looked_up_after_the_kill() -> None:
    play, state = flying("refund")
    state = play.commit(state, [KILL])
    state = play.commit(state, machine.taken(state, leased(2, LATER)))
    assert [event.kind for event in play.journal[-2:]] == ["run.leased", "run.kill_acknowledged"]
    end = to_the_end(play, state, happened=Happened.YES)
    assert (end.undone, end.stop_reason) == (1, StopReason.USER_KILLED)


def test_a_run_in_doubt_that_is_killed_stays_in_doubt_for_a_person() -> None:
    play, state = flying("mail")
    state = play.commit(state, [leased(2, LATER)])
    waiting = machine.next_effect(state, play.rules, LATER)
    assert isinstance(waiting, actions.Record)
    state = play.commit(play.commit(state, waiting.events), [KILL])
    end = to_the_end(play, play.commit(state, machine.taken(state, leased(3, LATER))))
    assert end.stop_reason is StopReason.KILLED_IN_DOUBT


def test_an_idempotent_undo_that_kills_its_worker_again_and_again_is_left_to_a_person() -> None:
    play, state = flying("book", "read")
    state = performed(play, state)
    state = play.commit(state, [KILL])
    for epoch in range(2, 40):
        state = play.commit(state, machine.taken(state, leased(epoch, LATER)))
        unasked: Any = Unasked()
        while isinstance(effect := machine.next_effect(state, unasked, LATER), actions.Record):
            state = play.commit(state, effect.events)
        if state.status is RunStatus.STOPPED:
            break
    assert state.stop_reason is StopReason.COMPENSATION_FAILED
    assert state.stop_detail == "Could not undo 1.1; a person must."


def test_no_rule_is_asked_before_a_kill_is_acknowledged() -> None:
    play, state = flying("mail")
    state = replace(play.commit(state, [KILL]))
    effect = machine.next_effect(state, Unasked(), START)  # type: ignore[arg-type]
    assert isinstance(effect, actions.Record)
    assert effect.events[-1].kind == "run.kill_acknowledged"


def test_a_killed_run_shows_no_reserve_when_another_worker_takes_it() -> None:
    play, state = flying("book", "mail")
    state = cut_off(play, state)
    again = play.commit(state, [leased(2, LATER)])
    assert (again.status, again.phase.value) == (RunStatus.COMPENSATING, "undoing")


RULED: list[e.RunEvent] = [
    e.RunStopped(at=START, reason=StopReason.BUDGET_EXCEEDED, rule="budget:day"),
    e.RunPaused(at=START, reason=StopReason.BUDGET_EXCEEDED, rule="budget:day"),
    e.RunResumed(at=START, actor="supervisor"),
    e.RunCompleted(at=START, final="done"),
]


@pytest.mark.parametrize("event", RULED, ids=lambda event: event.kind)
def test_nothing_but_its_acknowledgement_ends_or_moves_a_run_that_is_to_be_killed(
    event: e.RunEvent,
) -> None:
    _, state = flying("mail")
    with pytest.raises(IllegalMove):
        fold(fold(state, KILL), event)


@pytest.mark.parametrize(
    ("asked", "decision", "follows"),
    [
        (Control.NONE, STOPS, ["run.stopped"]),
        (Control.KILL, STOPS, []),
        (Control.KILL, PAUSES, []),
        (Control.PAUSE, PAUSES, []),
        (Control.PAUSE, STOPS, ["run.stopped"]),
    ],
)
def test_what_a_person_asked_meanwhile_comes_before_what_a_rule_says(
    asked: Control, decision: Decision, follows: Sequence[str]
) -> None:
    """A rule's pause in the place of a person's could be taken back by the rule."""
    play, state = flying("mail")
    play.rules.retrying = lambda flight: decision
    control_requests: dict[Control, list[e.RunEvent]] = {
        Control.NONE: [],
        Control.KILL: [KILL],
        Control.PAUSE: [e.PauseRequested(at=START)],
    }
    state = folded(control_requests[asked], state)
    failed = Returned(Outcome.ERROR, error="503")
    events = outcomes.after_call(state, failed, Meaning(Verdict.FAILED), play.rules, START)
    assert [event.kind for event in events] == ["call.returned", *follows]


def test_a_kill_counts_from_its_acknowledgement() -> None:
    assert (
        killing.acknowledged(RunState(status=RunStatus.RUNNING), START)[-1].kind
        == "run.kill_acknowledged"
    )
