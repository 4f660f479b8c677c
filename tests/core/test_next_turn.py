"""Whether the planner is asked for another turn, and what comes before that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine import actions
from runs.engine import events as e
from runs.engine.history import History
from runs.engine.ports import ContextMessage, Inquiry, Speaker, ToolCall
from runs.engine.state import RunLimits, RunState
from runs.engine.vocabulary import (
    StopReason,
    Visibility,
)
from tests.core.deciding import ASK, DENY, LATE, NOW, PAUSE, STOP, following, recorded, rules
from tests.core.runs_in_memory import Rules, running, spec


class TestAnotherTurn:
    @pytest.mark.parametrize(
        ("facts", "reason", "detail"),
        [
            ({"plan_failures": 1, "plan_fatal": True}, StopReason.PLANNER_FAILURE, "x"),
            (
                {"plan_failures": 5, "unusable": 5},
                StopReason.PLANNER_FAILURE,
                "5 attempts, the last one: x",
            ),
            (
                {"plan_failures": 5, "unusable": 5, "plan_overflow": True},
                StopReason.CONTEXT_EXHAUSTED,
                "5 attempts, the last one: x",
            ),
        ],
    )
    def test_is_not_asked_for_where_asking_again_cannot_help(
        self, facts: dict[str, Any], reason: StopReason, detail: str
    ) -> None:
        state = replace(running(), last_failure="x", **facts)
        assert recorded(state, now=LATE) == e.RunStopped(at=LATE, reason=reason, detail=detail)

    def test_is_asked_for_again_while_there_are_attempts(self) -> None:
        assert isinstance(following(replace(running(), plan_failures=4)), actions.Plan)
        away = replace(running(), plan_failures=50, unusable=4)
        assert isinstance(following(away), actions.Plan), "a provider that is away is waited for"
        assert isinstance(following(replace(running(), plan_fatal=True)), actions.Plan)

    def test_is_not_asked_for_out_of_time_nor_before_it_is_due(self) -> None:
        off = replace(running(), retry_at=NOW + timedelta(minutes=1), last_failure="503")
        assert recorded(off).why == "Planner: 503"
        assert recorded(replace(off, limits=RunLimits(seconds=1))).reason is StopReason.TIMEOUT
        assert isinstance(following(replace(off, retry_at=NOW)), actions.Plan)

    def test_comes_after_what_the_watch_has_to_say_once_a_step(self) -> None:
        hint = Decision(DecisionKind.ALLOW, "loop-exact", 0, "You repeat yourself.", {"score": 1})
        watching = rules(watching=lambda state: hint)
        state = replace(running(), step=2, watched=1)
        assert recorded(state, watching) == e.HintGiven(
            at=NOW, step=2, text="You repeat yourself.", rule="loop-exact", facts={"score": 1}
        )
        assert isinstance(following(replace(state, watched=2), watching), actions.Plan)
        silent = rules(watching=lambda state: ALLOWED)
        assert isinstance(following(state, silent), actions.Plan)

    @pytest.mark.parametrize(
        ("decision", "reason"),
        [
            (PAUSE, StopReason.USER_PAUSED),
            (STOP, StopReason.LOOP_DETECTED),
            (DENY, StopReason.POLICY_DENIED),
            (ASK, StopReason.POLICY_DENIED),
        ],
    )
    def test_is_not_asked_for_when_the_watch_ends_the_run(
        self, decision: Decision, reason: StopReason
    ) -> None:
        state = replace(running(), step=2, watched=1)
        event = recorded(state, rules(watching=lambda state: decision))
        assert event.reason is reason
        assert isinstance(event, e.RunPaused) is (decision is PAUSE)

    def test_is_not_asked_for_when_a_limit_forbids_it(self) -> None:
        spent = replace(running(), usd=Decimal(11))
        assert recorded(spent).reason is StopReason.BUDGET_EXCEEDED

    def test_may_be_saved_by_a_judge(self) -> None:
        inquiry = Inquiry("judge", 1, 5, {}, "task", "question", 100, 30.0)
        asked = rules(judging=lambda state: inquiry)
        assert following(running(), asked) == actions.Judge(inquiry)
        spent = replace(running(), usd=Decimal(11))
        assert isinstance(recorded(spent, asked), e.RunStopped)

    @pytest.mark.parametrize(
        ("facts", "more"),
        [
            ({}, ""),
            ({"last_failure": "too long"}, ""),
            ({"plan_overflow": True}, ""),
            ({"plan_overflow": True, "last_failure": "too long"}, " too long"),
        ],
    )
    def test_that_does_not_fit_the_window_ends_in_the_providers_words(
        self, facts: dict[str, Any], more: str
    ) -> None:
        state = replace(running(), window=200, context=10_000, **facts)
        event = recorded(state)
        assert event.reason is StopReason.CONTEXT_EXHAUSTED
        assert event.detail.endswith(f"tokens are only estimated.{more}")

    def full(self, tool: str) -> RunState:
        messages: Sequence[ContextMessage] = [
            message
            for number in range(4)
            for message in (
                ContextMessage(Speaker.ASSISTANT, "", (ToolCall(f"c{number}", tool, "x" * 300),)),
                ContextMessage(Speaker.TOOL, "y" * 600, call_id=f"c{number}", tool=tool),
            )
        ]
        return replace(running(), window=1_400, context=1_200, history=History(messages))

    def test_comes_after_a_history_too_long_was_summed_up(self) -> None:
        event = recorded(self.full("pay"))
        assert isinstance(event, e.ContextCompacted)
        assert (event.messages, event.steps) == (6, 3)
        assert event.visibility is Visibility.USER_HIDDEN

    def test_is_summed_up_for_those_alone_who_may_read_all_of_it(self) -> None:
        hidden = Rules({"pay": spec("pay", visibility=Visibility.ALWAYS_HIDDEN)})
        assert recorded(self.full("pay"), hidden).visibility is Visibility.ALWAYS_HIDDEN
