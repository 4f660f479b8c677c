"""What becomes of what a run did when it ends short of its goal: undone, left, or as a person
says.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import Decision, DecisionKind
from runs.engine import compensation, machine, outcomes
from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold import evolved, fold, folded
from runs.engine.kept_calls import Doubt
from runs.engine.ports import NOTHING_KNOWN, Happened, Lookup, Returned
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Compensation,
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Waiting,
)
from tests.core.runs_in_memory import World, answering, calling, created, spec, world
from tests.core.undoing import (
    ASK,
    LEAVE,
    MAIL,
    REFUND,
    UNDO,
    acted,
    leased_now,
    stopped,
    undone,
)

AFTER_UNDOING = {
    StopReason.USER_KILLED, StopReason.KILLED_IN_DOUBT, StopReason.COMPENSATION_FAILED,
}  # fmt: skip
NO_STOPS = {StopReason.COMPLETED, StopReason.USER_PAUSED}
BAD_STOPS = sorted(set(StopReason) - AFTER_UNDOING - NO_STOPS - {StopReason.DEAD_LETTER})


def ended_with_nothing_undone(choices: Mapping[str, str]) -> tuple[World, RunState]:
    """A run stopped in the middle of a call that turned out not to have happened."""
    play = world([calling("refund", "mail")], REFUND, MAIL)
    play.journal = [created(compensation=choices)]
    state = play.commit(folded(play.journal), [leased_now(play)])
    effect: Any = machine.next_effect(state, play.rules, play.now)
    state = play.commit(state, play.planned(state, effect))
    assert [flight.tool for flight in state.flights] == ["refund"]
    state = stopped(play)
    assert state.status is RunStatus.COMPENSATING
    failed = outcomes.after_lookup(
        state, Lookup(Happened.NO), "", play.rules, play.now, NOTHING_KNOWN
    )
    end = play.commit(state, failed)
    end = play.live() if end.status is RunStatus.COMPENSATING else end
    assert (end.status, end.undone) == (RunStatus.STOPPED, 0)
    return play, end


class TestAStop:
    @pytest.mark.parametrize("reason", BAD_STOPS)
    def test_for_any_reason_undoes_what_the_run_did_newest_first(self, reason: StopReason) -> None:
        play, _ = acted(UNDO, "order", "mail", "book")
        state = stopped(play, reason)
        assert (state.status, state.to_undo, state.ended_at) == (RunStatus.COMPENSATING, 2, None)
        end = play.live()
        assert undone(play) == ["3.1", "1.1"]
        assert (end.status, end.stop_reason, end.undone) == (RunStatus.STOPPED, reason, 2)
        assert end.stop_detail == "The same call three times. 2 of 2 undone."
        assert sum(isinstance(event, e.RunStopped) for event in play.journal) == 1

    def test_leaves_everything_where_its_agent_wants_that(self) -> None:
        for choices in (LEAVE, {}, {"kill": "undo"}):
            play, _ = acted(choices, "order")
            end = stopped(play)
            assert (end.status, end.waiting_for, end.leftover) == (RunStatus.STOPPED, None, False)
            assert play.live() == end

    def test_goes_by_the_choice_for_its_own_reason_before_the_choice_for_all(self) -> None:
        play, _ = acted({"stop": "undo", "BUDGET_EXCEEDED": "leave"}, "order")
        assert stopped(play, StopReason.BUDGET_EXCEEDED).status is RunStatus.STOPPED
        play, _ = acted({"stop": "leave", "DRIFTED": "undo"}, "order")
        assert stopped(play, StopReason.DRIFTED).status is RunStatus.COMPENSATING

    def test_asks_a_person_about_all_that_can_be_undone(self) -> None:
        play, _ = acted(ASK, "order", "book", "mail")
        end = stopped(play)
        assert (end.status, end.waiting_for) == (RunStatus.STOPPED, Waiting.UNDO)
        assert end.undo_asked == ("2.1", "1.1")
        assert play.live() == end
        play, _ = acted(ASK, "mail")
        assert stopped(play).waiting_for is None

    def test_that_is_a_dead_letter_undoes_nothing_by_itself(self) -> None:
        play, _ = acted(UNDO, "order")
        assert stopped(play, StopReason.DEAD_LETTER).status is RunStatus.STOPPED

    def test_of_a_run_that_did_nothing_is_its_end(self) -> None:
        play, _ = acted(UNDO)
        assert stopped(play).status is RunStatus.STOPPED

    def test_that_is_good_undoes_nothing(self) -> None:
        play, _ = acted({"stop": "undo", "kill": "undo", "COMPLETED": "undo"}, "order")
        play.turns = [calling("order"), answering()]
        end = play.live()
        assert (end.status, undone(play)) == (RunStatus.COMPLETED, [])

    def test_goes_on_being_undone_however_long_it_takes(self) -> None:
        play, _ = acted(UNDO, "order", "book")
        stopped(play, StopReason.TIMEOUT)
        play.now += timedelta(days=9)
        assert play.live().undone == 2

    def test_where_nothing_was_undone_keeps_the_calls_that_wait(self) -> None:
        play, end = ended_with_nothing_undone(UNDO)
        again = fold(end, e.RunContinued(at=play.now))
        assert [call.tool for call in again.queue] == ["mail"]

    def test_where_nothing_was_undone_has_no_say_once_the_run_goes_on(self) -> None:
        play, end = ended_with_nothing_undone({"LOOP_DETECTED": "undo", "stop": "leave"})
        again = fold(end, e.RunContinued(at=play.now))
        mailed = evolved(again, {"lasting": ("1.2",)})
        drifted = fold(mailed, e.RunStopped(at=play.now, reason=StopReason.DRIFTED, detail="no"))
        assert (drifted.status, drifted.leftover) == (RunStatus.STOPPED, False)

    def test_that_left_something_is_looked_into_although_the_run_went_on(self) -> None:
        play, _ = acted({"LOOP_DETECTED": "undo", "stop": "leave"}, "mail")
        again = fold(stopped(play), e.RunContinued(at=play.now))
        drifted = fold(again, e.RunStopped(at=play.now, reason=StopReason.DRIFTED, detail="no"))
        assert (drifted.status, drifted.leftover) == (RunStatus.STOPPED, True)

    def test_that_was_undone_lets_the_run_go_on_no_more(self) -> None:
        play, _ = acted(UNDO, "order")
        stopped(play)
        end = play.live()
        for event in (e.RunContinued(at=play.now), e.RunRequeued(at=play.now)):
            with pytest.raises(IllegalMove, match="what it did was undone"):
                fold(end, event)

    def test_counts_what_nothing_can_undo_as_left_for_a_person(self) -> None:
        play, _ = acted(UNDO, "order", "mail")
        stopped(play)
        end = play.live()
        assert (end.lasting, end.leftover, project(end)["leftover"]) == (("2.1",), True, True)
        assert fold(end, e.LateAcknowledged(at=play.now)).leftover is False
        alone, _ = acted(UNDO, "mail")
        assert stopped(alone).leftover is True

    def test_whose_undo_fails_says_so_and_is_for_a_person(self) -> None:
        play, _ = acted(UNDO, "order")
        stopped(play)
        play.undo_outcome = Outcome.ERROR
        end = play.live()
        assert (end.stop_reason, end.leftover) == (StopReason.COMPENSATION_FAILED, True)
        assert end.stop_detail == (
            "The same call three times. 0 of 1 undone. Could not undo 1.1; a person must."
        )


class TestACallInDoubt:
    def lost(self, tool: str, **choices: str) -> tuple[World, RunState]:
        """A run that is stopped while whether its last call happened is not known."""
        play, state = acted({**UNDO, **choices}, "order")
        play.turns = [calling("order"), calling(tool)]
        plan: Any = machine.next_effect(state, play.rules, play.now)
        state = play.commit(state, play.planned(state, plan))
        play.commit(state, [replace(leased_now(play), lost=True)])
        return play, stopped(play, StopReason.CRASH_LOOP)

    @pytest.mark.parametrize(("happened", "calls"), [(True, ["2.1", "1.1"]), (False, ["1.1"])])
    def test_is_looked_up_before_anything_is_undone(self, happened: bool, calls: list[str]) -> None:
        play, state = self.lost("refund")
        assert state.flight is not None
        assert state.flight.doubt is Doubt.LOST
        play.done = {"2.1": 1} if happened else {}
        end = play.live()
        kinds = [event.kind for event in play.journal]
        assert kinds.index("call.looked_up") < kinds.index("undo.intended")
        assert undone(play) == calls
        assert (end.status, end.stop_reason) == (RunStatus.STOPPED, StopReason.CRASH_LOOP)

    @pytest.mark.parametrize("happened", Happened)
    def test_is_settled_by_a_person_before_anything_is_undone(self, happened: Happened) -> None:
        play, _ = self.lost("mail")
        waits = play.live()
        assert (waits.status, waits.waiting_for) == (RunStatus.COMPENSATING, Waiting.IN_DOUBT)
        assert (outcomes.in_doubt(waits), undone(play)) == (True, [])
        word = e.CallSettled(
            at=play.now, actor="user:ada", step=2, tool="mail", call="2.1", happened=happened
        )
        play.journal.extend(outcomes.after_settlement(waits, word))
        end = play.live()
        assert (end.stop_reason, undone(play)) == (StopReason.CRASH_LOOP, ["1.1"])
        assert end.lasting == (() if happened is Happened.NO else ("2.1",))

    def test_is_never_made_again(self) -> None:
        play, _ = self.lost("mail")
        play.live()
        assert play.done == {"1.1": 1}

    def test_that_only_reads_is_asked_of_nobody(self) -> None:
        play, state = acted(UNDO, "order")
        read = spec("read", effect=Effect.READ, idempotent=True)
        play.rules.specs["read"] = read
        play.turns = [calling("order"), calling("read")]
        plan: Any = machine.next_effect(state, play.rules, play.now)
        state = play.commit(state, play.planned(state, plan))
        play.commit(state, [replace(leased_now(play), lost=True)])
        stopped(play, StopReason.CRASH_LOOP)
        assert play.live().undone == 1


class TestAKill:
    def killed(self, choice: Compensation, *tools: str) -> tuple[World, RunState]:
        play, _ = acted({}, *tools)
        word = e.KillRequested(at=play.now, actor="user:olga", compensate=choice)
        play.journal.append(word)
        return play, play.live()

    @pytest.mark.parametrize(
        ("choice", "calls"), [("undo", ["2.1", "1.1"]), ("leave", []), ("ask", [])]
    )
    def test_does_with_what_the_run_did_as_its_person_chose(
        self, choice: str, calls: list[str]
    ) -> None:
        play, end = self.killed(Compensation(choice), "order", "book")
        assert (end.stop_reason, undone(play)) == (StopReason.USER_KILLED, calls)
        assert (end.waiting_for is Waiting.UNDO) is (choice == "ask")
        assert end.leftover is False

    def test_undoes_what_a_person_who_was_asked_says(self) -> None:
        play, end = self.killed(Compensation.ASK, "order", "book")
        begun = e.UndoBegun(at=play.now, actor="user:ada", undoes=end.undo_asked, request="3")
        play.journal.append(begun)
        end = play.live()
        assert undone(play) == ["2.1", "1.1"]
        assert (end.stop_reason, end.waiting_for) == (StopReason.USER_KILLED, None)

    def test_lists_what_nothing_can_undo_for_a_person(self) -> None:
        assert self.killed(Compensation.UNDO, "mail")[1].leftover is True
        assert self.killed(Compensation.LEAVE, "mail")[1].leftover is False

    def test_takes_what_the_agent_chose_where_nobody_chose_otherwise(self) -> None:
        assert compensation.of_kill({}) is Compensation.UNDO
        assert compensation.of_kill({"stop": "leave"}) is Compensation.UNDO
        assert compensation.of_kill({"kill": "ask"}) is Compensation.ASK


@given(
    st.lists(st.sampled_from(["order", "book", "mail"]), max_size=5),
    st.sets(st.integers(1, 5)),
    st.sampled_from(["undo", "leave", "ask"]),
)
def test_whatever_was_done_is_undone_at_most_once_newest_first_and_only_as_chosen(
    tools: list[str], later: set[int], choice: str
) -> None:
    play, _ = acted({"stop": choice}, *tools)
    stopped(play)
    end = play.live()
    able = [f"{place}.1" for place, tool in enumerate(tools, 1) if tool != "mail"]
    assert undone(play) == (able[::-1] if choice == "undo" else [])
    wanted = tuple(f"{place}.1" for place in sorted(later) if f"{place}.1" in able)
    if wanted and choice != "undo":
        play.journal.append(e.UndoBegun(at=play.now, undoes=wanted))
        end = play.live()
        assert undone(play) == list(wanted)[::-1]
    assert len(set(undone(play))) == len(undone(play)) == end.undone
    assert end == folded(play.journal)


def test_an_unlawful_choice_is_refused_and_none_is_leave() -> None:
    assert compensation.chosen({}, StopReason.DRIFTED) is Compensation.LEAVE
    with pytest.raises(ValueError, match="maybe"):
        compensation.chosen({"stop": "maybe"}, StopReason.DRIFTED)


def test_a_stop_by_a_rule_in_the_middle_of_a_turn_is_undone_as_well() -> None:
    play, state = acted(UNDO, "order")
    stop = Decision(DecisionKind.STOP, "loops", 3, "Enough.", reason=StopReason.NO_PROGRESS)
    play.rules.watching = lambda state: stop
    assert state.status is RunStatus.RUNNING
    end = play.live()
    assert (end.stop_reason, undone(play)) == (StopReason.NO_PROGRESS, ["1.1"])


def test_a_refund_looked_up_in_vain_is_left_to_a_person_before_the_undoing() -> None:
    play, state = acted(UNDO, "order")
    play.turns = [calling("order"), calling("refund")]
    plan: Any = machine.next_effect(state, play.rules, play.now)
    state = play.commit(state, play.planned(state, plan))
    state = play.commit(state, [replace(leased_now(play), lost=True)])
    stopped(play, StopReason.CRASH_LOOP)
    play.looked_up = lambda effect: Lookup(Happened.UNKNOWN)  # type: ignore[method-assign]
    waits = play.live()
    assert (outcomes.in_doubt(waits), undone(play)) == (True, [])
    assert waits.stop_detail == "Did refund happen? It is undone after that."


def test_an_undo_that_is_refused_is_tried_thrice_and_no_more() -> None:
    play, _ = acted(UNDO, "order")
    stopped(play)
    play.undone = lambda effect: Returned(Outcome.ERROR, error="503")  # type: ignore[method-assign]
    assert play.live().undo_failed == ("1.1",)
    assert undone(play) == ["1.1"] * 3


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({}, ""),
        ({"DRIFTED": "undo", "BUDGET_EXCEEDED": "ask"}, ""),
        ([], "An object is wanted"),
        ({"COMPLETED": "undo"}, "nothing to choose for COMPLETED"),
        ({"DEAD_LETTER": "undo"}, "nothing to choose for DEAD_LETTER"),
        ({"USER_KILLED": "undo"}, "nothing to choose for USER_KILLED"),
        ({"DRIFTED": "maybe"}, "DRIFTED: one of undo, leave, ask, not maybe"),
    ],
)
def test_a_choice_for_a_single_reason_names_one_that_has_a_choice(choices: Any, said: str) -> None:
    found = compensation.problem(choices)
    assert (said in found) if said else not found
