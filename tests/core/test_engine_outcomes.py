"""What is recorded of a planner's turn, of a judge's answer and of an end that a rule wants."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine import events as e
from runs.engine import outcomes
from runs.engine.context import window
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ids import dice
from runs.engine.ports import Inquiry, PlannerTurn, ToolCall, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Closer,
    Control,
    Effect,
    StopReason,
    Visibility,
)
from tests.core.outcomes import NOW, PAUSE, STOP, only, planned, rules
from tests.core.runs_in_memory import Rules, calling, running


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
