"""What is recorded of a call: its result, its look-up, its settlement by a person."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies.decision import Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import events as e
from runs.engine import limits, outcomes
from runs.engine.fold import fold, folded
from runs.engine.kept_calls import Doubt
from runs.engine.ports import Happened, Lookup, Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Control,
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Visibility,
    Waiting,
)
from tests.core.outcomes import NOW, PAUSE, SILENCE, STOP, in_flight, only, rules
from tests.core.runs_in_memory import leased, running

WELL = Meaning(Verdict.SUCCEEDED, "answer", "It went well.", 3)
BADLY = Meaning(Verdict.FAILED, "error_field", "It went badly.", 3)


class TestAResult:
    tools = rules(pay={}, read={"effect": Effect.READ, "idempotent": True})

    def back(self, state: RunState, back: Returned, meaning: Meaning = WELL, **facts: Any) -> Any:
        return outcomes.after_call(state, back, meaning, facts.get("rules", self.tools), NOW)

    def test_is_recorded_with_its_verdict_and_the_runway(self) -> None:
        state = in_flight(self.tools, "pay")
        event = only(self.back(state, Returned(Outcome.OK, {"id": 7}, duration=1.5)))
        assert (event.call, event.tool, event.step, event.attempt) == ("1.1", "pay", 1, 1)
        assert (event.outcome, event.verdict, event.result) == (Outcome.OK, WELL.verdict, {"id": 7})
        assert (event.rule, event.version, event.sentence) == ("answer", 3, "It went well.")
        assert (event.error, event.duration, event.retry_at) == ("", 1.5, None)
        assert event.runway == limits.runway(state)
        assert event.visibility is Visibility.USER_HIDDEN

    def test_is_as_hidden_as_its_tool_says(self) -> None:
        secret = rules(pay={"visibility": Visibility.ALWAYS_HIDDEN})
        event = only(self.back(in_flight(secret), Returned(Outcome.OK), rules=secret))
        assert event.visibility is Visibility.ALWAYS_HIDDEN
        gone = only(self.back(in_flight(secret), Returned(Outcome.OK), rules=rules()))
        assert gone.visibility is Visibility.USER_HIDDEN

    def test_is_followed_by_the_intent_of_the_next_call(self) -> None:
        events = self.back(in_flight(self.tools, "pay", "read"), Returned(Outcome.OK))
        assert [each.kind for each in events] == ["call.returned", "call.intended"]
        assert events[1].call == "1.2"

    def test_of_a_failure_says_when_it_is_tried_again(self) -> None:
        again = Decision(DecisionKind.ALLOW, "retry:mild", 4, "Attempt 2.", {"wait": 7.5})
        asked = replace(self.tools, retrying=lambda flight: again)
        state = in_flight(self.tools, "read", "read")
        event = only(self.back(state, Returned(Outcome.ERROR, error="503"), BADLY, rules=asked))
        assert event.retry_at == NOW + timedelta(seconds=7.5)
        assert (event.retry, event.retry_rule, event.runway) == ("Attempt 2.", "retry:mild v4", "")
        assert event.error == "503"

    def test_of_a_failure_that_is_not_tried_again_says_why(self) -> None:
        no = Decision(DecisionKind.DENY, "retry:mild", 4, "3 attempts were made.")
        asked = replace(self.tools, retrying=lambda flight: no)
        state = in_flight(self.tools, "read")
        event = only(self.back(state, Returned(Outcome.ERROR, error="503"), BADLY, rules=asked))
        assert (event.retry_at, event.retry) == (None, "3 attempts were made.")
        assert (event.retry_rule, event.runway) == ("retry:mild v4", limits.runway(state))

    def test_of_a_failure_without_a_rule_names_none(self) -> None:
        event = only(self.back(in_flight(self.tools, "read"), Returned(Outcome.ERROR), BADLY))
        assert (event.retry, event.retry_rule) == ("", "")

    @pytest.mark.parametrize(("decision", "kind"), [(PAUSE, "run.paused"), (STOP, "run.stopped")])
    def test_of_a_failure_may_end_the_run(self, decision: Decision, kind: str) -> None:
        asked = replace(self.tools, retrying=lambda flight: decision)
        state = in_flight(self.tools, "read", "read")
        events = self.back(state, Returned(Outcome.ERROR), BADLY, rules=asked)
        assert [each.kind for each in events] == ["call.returned", kind]
        killed = replace(state, control=Control.KILL)
        assert len(self.back(killed, Returned(Outcome.ERROR), BADLY, rules=asked)) == 1

    def test_of_a_success_is_never_asked_about(self) -> None:
        asked = replace(self.tools, retrying=lambda flight: STOP)
        assert len(self.back(in_flight(self.tools, "pay"), Returned(Outcome.OK), rules=asked)) == 1
        cut_off = Returned(Outcome.CANCELLED, error="cut off")
        assert len(self.back(in_flight(self.tools, "pay"), cut_off, BADLY, rules=asked)) == 1

    def test_that_a_kill_cut_off_is_none(self) -> None:
        state = replace(in_flight(self.tools, "pay"), control=Control.KILL)
        begun = self.back(state, Returned(Outcome.CANCELLED, answered=False), BADLY)
        assert [each.kind for each in begun] == ["run.kill_acknowledged"]
        never = self.back(state, Returned(Outcome.CANCELLED), BADLY)
        assert [each.kind for each in never] == ["call.returned", "run.kill_acknowledged"]

    @pytest.mark.parametrize("back", [SILENCE, Returned(Outcome.ERROR, error="x", answered=False)])
    def test_that_never_came_of_an_effect_is_in_doubt(self, back: Returned) -> None:
        event = only(self.back(in_flight(self.tools, "pay"), back, BADLY))
        assert event == e.CallLost(
            at=NOW, step=1, tool="pay", call="1.1", outcome=back.outcome, error=back.error,
            duration=back.duration,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("facts", "error"),
        [
            ({"effect": Effect.READ}, "No answer within 30 s."),
            (
                {"idempotent": True},
                f"No answer within 30 s. {outcomes.MAY_HAVE_HAPPENED}",
            ),
        ],
    )
    def test_that_never_came_of_what_can_do_no_harm_twice_is_a_failure(
        self, facts: dict[str, Any], error: str
    ) -> None:
        harmless = rules(pay=facts)
        event = only(self.back(in_flight(harmless), SILENCE, BADLY, rules=harmless))
        assert (event.kind, event.error) == ("call.returned", error)


class TestALookUp:
    tools = rules(pay={"has_lookup": True}, read={"effect": Effect.READ})

    def lost(self, *tools: str) -> RunState:
        state = in_flight(self.tools, *(tools or ("pay",)))
        return fold(state, leased(2, NOW))

    def looked(self, state: RunState, found: Lookup, error: str = "") -> list[e.RunEvent]:
        return outcomes.after_lookup(state, found, error, self.tools, NOW)

    def test_that_finds_nothing_out_says_so(self) -> None:
        event = only(self.looked(self.lost(), Lookup(Happened.UNKNOWN), "it is down"))
        assert event == e.CallLookedUp(
            at=NOW, step=1, tool="pay", call="1.1", happened=Happened.UNKNOWN, error="it is down"
        )

    def test_of_what_happened_brings_its_result_and_the_next_call(self) -> None:
        events = self.looked(self.lost("pay", "read"), Lookup(Happened.YES, {"id": 7}))
        assert [each.kind for each in events] == [
            "call.looked_up",
            "call.returned",
            "call.intended",
        ]
        returned = events[1]
        assert isinstance(returned, e.CallReturned)
        assert (returned.outcome, returned.verdict) == (Outcome.OK, Verdict.SUCCEEDED)
        assert (returned.rule, returned.result) == ("lookup", {"id": 7})

    def test_of_what_its_worker_was_lost_before_is_made_again(self) -> None:
        assert [each.kind for each in self.looked(self.lost(), Lookup(Happened.NO))] == [
            "call.looked_up"
        ]

    def test_of_what_was_made_and_never_answered_is_a_failure(self) -> None:
        state = in_flight(self.tools, "pay")
        state = folded(outcomes.after_call(state, SILENCE, BADLY, self.tools, NOW), state)
        _, returned = self.looked(state, Lookup(Happened.NO))
        assert isinstance(returned, e.CallReturned)
        assert (returned.outcome, returned.verdict) == (Outcome.ERROR, Verdict.FAILED)
        assert (returned.rule, returned.sentence) == ("lookup", outcomes.DID_NOT_HAPPEN)
        assert returned.error.endswith(" The tool says that it did not happen.")


class TestASettlement:
    tools = rules(pay={})

    def doubtful(self) -> RunState:
        state = fold(in_flight(self.tools), leased(2, NOW))
        waiting = e.RunWaiting(at=NOW, waiting_for=Waiting.IN_DOUBT, why="Did it happen?")
        return fold(state, waiting)

    def settled(
        self, happened: Happened, note: str = "", came_back: Any = None
    ) -> list[e.RunEvent]:
        word = e.CallSettled(
            at=NOW, actor="user:olga", person="17", step=1, tool="pay", call="1.1",
            happened=happened, note=note,
        )  # fmt: skip
        return outcomes.after_settlement(self.doubtful(), word, came_back)

    def test_is_asked_of_a_person_while_the_run_waits_for_it(self) -> None:
        state = self.doubtful()
        assert outcomes.in_doubt(state)
        assert not outcomes.in_doubt(running())
        assert not outcomes.in_doubt(in_flight(self.tools))
        assert not outcomes.in_doubt(replace(state, waiting_for=Waiting.APPROVAL))
        assert not outcomes.undo_in_doubt(state)
        undoing = replace(state, status=RunStatus.COMPENSATING)
        assert outcomes.in_doubt(undoing)
        assert not outcomes.undo_in_doubt(undoing)
        undoing = replace(undoing, undoing=Doubt.LOST)
        assert outcomes.undo_in_doubt(undoing)
        assert not outcomes.in_doubt(undoing)
        assert not outcomes.undo_in_doubt(replace(undoing, waiting_for=None))

    def test_that_it_did_not_happen_has_it_made_again(self) -> None:
        assert [each.kind for each in self.settled(Happened.NO)] == ["call.settled"]

    def test_that_it_happened_is_its_result(self) -> None:
        _, returned = self.settled(Happened.YES, "I saw it", {"id": 7})
        assert isinstance(returned, e.CallReturned)
        assert (returned.outcome, returned.verdict) == (Outcome.OK, Verdict.SUCCEEDED)
        assert (returned.actor, returned.person, returned.rule) == ("user:olga", "17", "settled")
        assert returned.result == {
            "id": 7,
            "settled": "A person says that this call did happen.",
            "note": "I saw it",
        }

    @pytest.mark.parametrize(
        ("came_back", "own"), [(None, {}), ([1], {"came_back": [1]}), (0, {"came_back": 0})]
    )
    def test_keeps_a_result_that_is_no_object_under_a_name(self, came_back: Any, own: Any) -> None:
        returned = self.settled(Happened.YES, "", came_back)[1]
        assert isinstance(returned, e.CallReturned)
        said = "A person says that this call did happen."
        assert returned.result == {**own, "settled": said, "note": ""}

    def test_that_nobody_knows_ends_the_run(self) -> None:
        _, lost, stopped = self.settled(Happened.UNKNOWN, "The bank is shut.")
        assert isinstance(lost, e.CallReturned)
        assert (lost.outcome, lost.verdict) == (Outcome.CANCELLED, Verdict.UNKNOWN)
        assert lost.error == "Nobody could find out whether this call happened."
        assert stopped == e.RunStopped(
            at=NOW,
            actor="user:olga",
            person="17",
            reason=StopReason.IN_DOUBT,
            detail="Nobody can tell whether pay happened. The bank is shut.",
        )
