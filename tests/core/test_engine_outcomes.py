"""What is recorded of each effect, event by event: the plan, the call, the look-up, the undo."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import events as e
from runs.engine import limits, outcomes
from runs.engine.actions import Plan
from runs.engine.context import window
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.fold import fold, folded
from runs.engine.ids import dice
from runs.engine.ports import Happened, Inquiry, Lookup, PlannerTurn, Returned, ToolCall, Usage
from runs.engine.state import RunState, Undoable
from runs.engine.vocabulary import (
    Closer,
    Control,
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Visibility,
    Waiting,
)
from tests.core.runs_in_memory import START, Rules, calling, leased, running, spec

NOW = START + timedelta(seconds=5)
WELL = Meaning(Verdict.SUCCEEDED, "answer", "It went well.", 3)
BADLY = Meaning(Verdict.FAILED, "error_field", "It went badly.", 3)
SILENCE = Returned(Outcome.TIMEOUT, error="No answer within 30 s.")
PAUSE = Decision(DecisionKind.PAUSE, "watch", 2, "Enough.", reason=StopReason.NO_PROGRESS)
STOP = Decision(DecisionKind.STOP, "watch", 2, "Enough.", reason=StopReason.LOOP_DETECTED)


def rules(**specs: dict[str, Any]) -> Rules:
    return Rules({name: spec(name, **facts) for name, facts in specs.items()})


def planned(state: RunState, turn: PlannerTurn, with_: Rules) -> Sequence[e.RunEvent]:
    plan = Plan(window(state), limits.estimate(state))
    return outcomes.after_plan(state, plan, turn, with_, NOW, 0.25)


def in_flight(with_: Rules, *tools: str) -> RunState:
    """A run that has begun a turn of these calls: the first one is in flight."""
    state = running()
    return folded(planned(state, calling(*(tools or tuple(with_.specs))), with_), state)


def only(events: Sequence[e.RunEvent]) -> Any:
    [event] = events
    return event


class TestAnAnswer:
    @pytest.mark.parametrize(
        ("decision", "event"),
        [
            (ALLOWED, e.RunCompleted(at=NOW, actor="planner", final="42")),
            (
                Decision(DecisionKind.DENY, "accept", 4, "It is short."),
                e.HintGiven(
                    at=NOW, text="It is short.", rule="accept", version=4, facts={}, step=0
                ),
            ),
            (
                PAUSE,
                e.RunPaused(
                    at=NOW, reason=StopReason.NO_PROGRESS, rule="watch", version=2,
                    detail="Enough.", facts={},
                ),
            ),
            (
                STOP,
                e.RunStopped(
                    at=NOW, reason=StopReason.LOOP_DETECTED, rule="watch", version=2,
                    detail="Enough.", facts={},
                ),
            ),
        ],
        ids=["accepted", "sent back", "paused", "stopped"],
    )  # fmt: skip
    def test_is_accepted_sent_back_or_the_end(self, decision: Decision, event: e.RunEvent) -> None:
        asked = Rules({}, acceptance=lambda final: decision)
        assert outcomes.next_of_answer(running(), "42", asked, NOW).events == (event,)

    @pytest.mark.parametrize("kind", [DecisionKind.ALLOW_WITH_CAPS, DecisionKind.ASK])
    def test_is_sent_back_by_whatever_is_no_plain_yes(self, kind: DecisionKind) -> None:
        asked = Rules({}, acceptance=lambda final: Decision(kind, sentence="Hm."))
        event = only(outcomes.next_of_answer(running(), "42", asked, NOW).events)
        assert isinstance(event, e.HintGiven)


class TestATurn:
    def test_is_recorded_with_its_cost_and_the_intent_of_its_first_call(self) -> None:
        turn = PlannerTurn(
            "look first",
            (ToolCall("r0", "read", {"n": 1}),),
            "not yet",
            Usage(10, 5, Decimal("0.1")),
            "m",
        )
        first, second = planned(running(), turn, rules(read={"effect": Effect.READ}))
        assert isinstance(first, e.StepPlanned)
        assert (first.step, first.actor, first.thought) == (1, "planner", "look first")
        assert (first.calls, first.final) == (turn.calls, None)
        assert (first.tokens_in, first.tokens_out, first.usd) == (10, 5, Decimal("0.1"))
        assert (first.model, first.duration) == ("m", 0.25)
        assert first.context == window(running()).estimate
        assert first.visibility is Visibility.USER_HIDDEN
        assert isinstance(second, e.CallIntended)
        assert (second.call, second.ref, second.tool) == ("1.1", "r0", "read")
        assert (second.args, second.key, second.effect) == ({"n": 1}, "1.1", Effect.READ)

    def test_without_calls_is_an_answer_that_everybody_may_read(self) -> None:
        first, second = planned(running(), PlannerTurn(final="42"), rules())
        assert isinstance(first, e.StepPlanned)
        assert (first.final, first.visibility) == ("42", Visibility.VISIBLE)
        assert second == e.RunCompleted(at=NOW, actor="planner", final="42")

    def test_without_anything_is_an_empty_answer(self) -> None:
        first, _ = planned(running(), PlannerTurn(), rules())
        assert isinstance(first, e.StepPlanned)
        assert first.final == ""

    @pytest.mark.parametrize("control", [Control.PAUSE, Control.KILL])
    def test_that_comes_when_a_person_wants_to_halt_begins_nothing(self, control: Control) -> None:
        state = replace(running(), control=control)
        assert [each.kind for each in planned(state, calling("read"), rules(read={}))] == [
            "step.planned"
        ]
        assert len(planned(state, PlannerTurn(final="42"), rules())) == 1


class TestAFailedTurn:
    def failed(self, error: PlannerError, state: RunState | None = None) -> Any:
        return only(outcomes.after_plan_failure(state or running(), error, NOW, 0.5))

    def test_is_recorded_with_what_it_cost(self) -> None:
        error = PlannerError(
            PlannerFault.MALFORMED, "It was empty.", usage=Usage(7, 3, Decimal("0.2"))
        )
        event = self.failed(error)
        assert (event.step, event.actor, event.fault) == (1, "planner", PlannerFault.MALFORMED)
        assert (event.message, event.duration, event.window) == ("It was empty.", 0.5, None)
        assert (event.tokens_in, event.tokens_out, event.usd) == (7, 3, Decimal("0.2"))

    def test_that_was_turned_away_cost_nothing_and_one_that_was_cut_off_its_estimate(self) -> None:
        turned_away = self.failed(PlannerError(PlannerFault.RATE_LIMITED, "429"))
        assert (turned_away.usd, turned_away.tokens_in, turned_away.estimated) == (0, 0, False)
        cut_off = PlannerError(PlannerFault.CANCELLED, "cut off")
        counted = self.failed(cut_off)
        assert (counted.usd, counted.estimated) == (Decimal("0.000209"), True)
        free = replace(running(), price_in=Decimal(0), price_out=Decimal(0))
        assert self.failed(cut_off, free).usd == Decimal(0)

    def test_that_cannot_be_mended_is_not_asked_again(self) -> None:
        assert self.failed(PlannerError(PlannerFault.FATAL, "no such model")).retry_at is None

    def test_that_was_too_long_is_asked_again_at_once_with_what_was_learned(self) -> None:
        sent = replace(running(), context=20_000)
        event = self.failed(PlannerError(PlannerFault.OVERFLOW, "too long", window=8_000), sent)
        assert (event.retry_at, event.window) == (NOW, 8_000)

    @pytest.mark.parametrize(("failures", "bound"), [(0, 1), (1, 2), (4, 16), (6, 60), (40, 60)])
    def test_is_asked_again_after_a_jitter_below_a_bound_that_doubles(
        self, failures: int, bound: float
    ) -> None:
        state = replace(running(), plan_failures=failures)
        event = self.failed(PlannerError(PlannerFault.TRANSIENT, "x"), state)
        wait = (event.retry_at - NOW).total_seconds()
        assert wait == pytest.approx(dice(7, 0, failures + 1) * bound, abs=1e-5)
        assert 0 <= wait < bound

    def test_is_never_asked_again_sooner_than_the_provider_asked(self) -> None:
        event = self.failed(PlannerError(PlannerFault.RATE_LIMITED, "429", retry_after=40))
        assert event.retry_at == NOW + timedelta(seconds=40)


class TestAJudgesWord:
    inquiry = Inquiry("judge", 3, 5, {}, "task", "question", 100, 30.0)

    def said(self, word: PlannerTurn | PlannerError) -> Any:
        return only(outcomes.after_judge(running(), self.inquiry, word, NOW, 0.5))

    def test_is_recorded_with_its_rule_and_its_cost(self) -> None:
        turn = PlannerTurn(final="Yes: two rows more.", usage=Usage(9, 4, Decimal(1)), model="m")
        event = self.said(turn)
        assert (event.closer, event.sentence) == (Closer.YES, "two rows more.")
        assert (event.rule, event.version, event.steps) == ("judge", 3, 5)
        assert (event.model, event.duration) == ("m", 0.5)
        assert (event.tokens_in, event.tokens_out, event.usd) == (9, 4, Decimal(1))

    @pytest.mark.parametrize(
        ("word", "sentence", "usd"),
        [
            (PlannerTurn(final=None), "It said nothing.", Decimal(0)),
            (PlannerError(PlannerFault.FATAL, "no such model"), "no such model", Decimal(0)),
            (PlannerError(PlannerFault.CANCELLED, "cut off"), "cut off", None),
            (
                PlannerError(PlannerFault.MALFORMED, "half", usage=Usage(1, 1, Decimal(2))),
                "half",
                Decimal(2),
            ),
        ],
    )
    def test_that_is_none_says_what_it_was_instead(
        self, word: PlannerTurn | PlannerError, sentence: str, usd: Decimal | None
    ) -> None:
        event = self.said(word)
        assert (event.closer, event.sentence, event.usd) == (Closer.UNKNOWN, sentence, usd)


class TestTheEndThatARuleWants:
    def test_stands_unless_a_person_has_asked_for_theirs(self) -> None:
        state = running()
        paused, killed = (
            replace(state, control=control) for control in (Control.PAUSE, Control.KILL)
        )
        assert only(outcomes.unless_asked(state, PAUSE, NOW)).reason is StopReason.NO_PROGRESS
        assert only(outcomes.unless_asked(state, STOP, NOW)).reason is StopReason.LOOP_DETECTED
        assert outcomes.unless_asked(paused, PAUSE, NOW) == []
        assert only(outcomes.unless_asked(paused, STOP, NOW)).reason is StopReason.LOOP_DETECTED
        assert outcomes.unless_asked(killed, PAUSE, NOW) == []
        assert outcomes.unless_asked(killed, STOP, NOW) == []


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
        assert outcomes.undo_in_doubt(undoing)
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


class TestAnUndo:
    entry = Undoable("1.1", "pay", {"n": 1}, {"id": 7}, 1)

    def of(self, back: Returned, **facts: Any) -> Any:
        return only(outcomes.after_undo(replace(self.entry, **facts), 2, back, NOW))

    def test_is_recorded_with_its_attempt(self) -> None:
        assert self.of(Returned(Outcome.OK, {"x": 1}, duration=0.5)) == e.UndoReturned(
            at=NOW, step=1, tool="pay", call="1.1", outcome=Outcome.OK, verdict=Verdict.SUCCEEDED,
            attempt=2, result={"x": 1}, error="", duration=0.5,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("back", "idempotent", "verdict"),
        [
            (Returned(Outcome.ERROR, error="x"), False, Verdict.FAILED),
            (Returned(Outcome.ERROR, error="x", answered=False), False, Verdict.UNKNOWN),
            (Returned(Outcome.ERROR, error="x", answered=False), True, Verdict.FAILED),
            (SILENCE, False, Verdict.UNKNOWN),
            (SILENCE, True, Verdict.FAILED),
            (Returned(Outcome.CANCELLED), False, Verdict.UNKNOWN),
            (Returned(Outcome.CANCELLED), True, Verdict.FAILED),
        ],
    )
    def test_without_an_answer_is_unknown_unless_it_may_be_repeated(
        self, back: Returned, idempotent: bool, verdict: Verdict
    ) -> None:
        assert self.of(back, idempotent=idempotent).verdict is verdict

    @pytest.mark.parametrize("happened", [Happened.NO, Happened.UNKNOWN])
    def test_that_was_looked_up_in_vain_is_only_that(self, happened: Happened) -> None:
        found = outcomes.after_undo_lookup(self.entry, 2, Lookup(happened), "down", NOW)
        assert only(found) == e.CallLookedUp(
            at=NOW, step=1, tool="pay", call="1.1", happened=happened, error="down", undo=True
        )

    def test_that_was_found_to_have_happened_has_its_result(self) -> None:
        found = Lookup(Happened.YES, {"x": 1})
        looked, returned = outcomes.after_undo_lookup(self.entry, 2, found, "", NOW)
        assert isinstance(looked, e.CallLookedUp)
        assert isinstance(returned, e.UndoReturned)
        assert (returned.outcome, returned.verdict) == (Outcome.OK, Verdict.SUCCEEDED)
        assert (returned.attempt, returned.result) == (2, {"x": 1})

    @pytest.mark.parametrize(
        ("happened", "attempt", "outcome", "verdict"),
        [
            (Happened.YES, 2, Outcome.OK, Verdict.SUCCEEDED),
            (Happened.UNKNOWN, 3, Outcome.ERROR, Verdict.FAILED),
        ],
    )
    def test_in_doubt_is_settled_by_a_person(
        self, happened: Happened, attempt: int, outcome: Outcome, verdict: Verdict
    ) -> None:
        state = replace(running(), undoable=(self.entry,), undo_attempt=2)
        word = e.CallSettled(at=NOW, step=1, tool="pay", call="1.1", happened=happened, note="so")
        settled, returned = outcomes.after_undo_settlement(state, word)
        assert settled is word
        assert isinstance(returned, e.UndoReturned)
        assert (returned.attempt, returned.outcome, returned.verdict) == (attempt, outcome, verdict)
        if happened is Happened.YES:
            said = "A person says that this undo did happen."
            assert returned.result == {"settled": said, "note": "so"}
        else:
            assert returned.error == "Nobody knows whether this undo happened."

    def test_that_did_not_happen_is_begun_again(self) -> None:
        state = replace(running(), undoable=(self.entry,), undo_attempt=2)
        word = e.CallSettled(at=NOW, step=1, tool="pay", call="1.1", happened=Happened.NO)
        assert outcomes.after_undo_settlement(state, word) == [word]


@given(
    st.sampled_from(list(Outcome)),
    st.sampled_from(list(Verdict)),
    st.booleans(),
    st.sampled_from(list(Effect)),
    st.booleans(),
    st.sampled_from(list(Control)),
)
def test_whatever_came_back_can_be_recorded_and_leaves_no_effect_silently_in_the_air(
    outcome: Outcome,
    verdict: Verdict,
    answered: bool,
    effect: Effect,
    idempotent: bool,
    control: Control,
) -> None:
    tools = rules(pay={"effect": effect, "idempotent": idempotent})
    state = in_flight(tools)
    if control is not Control.NONE:
        wanted = e.PauseRequested if control is Control.PAUSE else e.KillRequested
        state = fold(state, wanted(at=NOW))
    back = Returned(outcome, error="x", answered=answered)
    events = outcomes.after_call(state, back, Meaning(verdict), tools, NOW)
    after = folded(events, state)
    said = {each.kind for each in events}
    assert said & {"call.returned", "call.lost", "run.kill_acknowledged"}
    if "call.returned" in said:
        assert after.flight is None
    elif effect is Effect.READ:
        assert after.status is RunStatus.COMPENSATING
