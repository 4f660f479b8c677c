"""Each event of a run and of its turns by what it changes of a run's state, and that it changes
nothing else.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from runs.engine import events as e
from runs.engine import tokens
from runs.engine.engine_errors import IllegalMove, PlannerFault
from runs.engine.fold import fold
from runs.engine.kept_calls import CallAsk, Doubt
from runs.engine.ports import ContextMessage, Speaker
from runs.engine.state import ForcedPlanner, RunLimits, RunState
from runs.engine.vocabulary import (
    Closer,
    Control,
    RunPhase,
    RunStatus,
    StopReason,
    Waiting,
)
from tests.core.folding import BUSY, FLIGHT, FORWARD, NEXT, NOW, changes, says
from tests.core.runs_in_memory import START, created, leased


class TestARun:
    def test_is_created_with_what_it_is_to_do_and_may_use(self) -> None:
        state = fold(RunState(), created())
        assert (state.goal, state.agent, state.principal) == ("count", "Counter", "anna")
        assert (state.planner, state.seed, state.max_tokens_out) == ("scripted", 7, 100)
        assert state.limits == RunLimits(50, 1_000_000, Decimal(10), 3_600)
        assert (state.context, state.status) == (tokens.of_text("count"), RunStatus.QUEUED)

    def test_that_is_taken_is_in_a_worker_s_hands_with_its_prices(self) -> None:
        state = replace(BUSY, status=RunStatus.QUEUED, flights=(), started_at=None, overhead=0)
        event = leased(7, NOW, window=8_000, overhead=30)
        assert changes(event, state) == {
            "status": RunStatus.RUNNING,
            "epoch": 7,
            "price_in": Decimal(1),
            "price_out": Decimal(2),
            "window": 8_000,
            "overhead": 30,
            "context": 530,
            "started_at": NOW,
            "phase": RunPhase.IDLE,
        }

    def test_that_is_taken_over_counts_a_lost_worker_and_doubts_its_call(self) -> None:
        event = leased(7, NOW, overhead=30, after="exited with code 9", words="no memory")
        found = changes(event)
        assert found["lost"] == 3
        assert found["lost_by"] == "its process exited with code 9. Last words: no memory"
        assert found["context"] == 490
        assert found["flights"] == (replace(FLIGHT, doubt=Doubt.LOST, silent=True),)
        assert found["phase"] is RunPhase.RESOLVING
        assert "started_at" not in found

    @pytest.mark.parametrize(
        ("facts", "status", "lost"),
        [
            ({}, RunStatus.RUNNING, 3),
            ({}, RunStatus.COMPENSATING, 3),
            ({}, RunStatus.QUEUED, 2),
            ({"lost": False}, RunStatus.RUNNING, 2),
            ({"blamed": False}, RunStatus.RUNNING, 2),
        ],
    )
    def test_is_blamed_for_a_worker_that_was_lost_while_it_had_it_in_hand(
        self, facts: dict[str, Any], status: RunStatus, lost: int
    ) -> None:
        assert fold(replace(BUSY, status=status), leased(7, NOW, **facts)).lost == lost

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            ({"after": "was killed"}, "its process was killed."),
            ({"after": "was killed", "lost": False}, "its process died."),
            ({"words": "no memory"}, "its process died."),
        ],
    )
    def test_remembers_what_its_last_worker_died_of(self, facts: dict[str, Any], said: str) -> None:
        assert fold(BUSY, leased(7, NOW, **facts)).lost_by == said

    @pytest.mark.parametrize(
        ("facts", "phase"),
        [
            ({"status": RunStatus.COMPENSATING}, RunPhase.UNDOING),
            ({}, RunPhase.RESOLVING),
            ({"control": Control.PAUSE}, RunPhase.IDLE),
            ({"flights": ()}, RunPhase.IDLE),
            ({"flights": (), "queue": ()}, RunPhase.PLANNING),
            ({"flights": (), "queue": (), "proposed": "42"}, RunPhase.IDLE),
            ({"flights": (replace(FLIGHT, doubt=Doubt.CLEARED),)}, RunPhase.IDLE),
        ],
    )
    def test_is_taken_to_what_it_stands_at(self, facts: dict[str, Any], phase: RunPhase) -> None:
        assert fold(replace(BUSY, **facts), leased(7, NOW)).phase is phase

    def test_goes_on_with_another_planner_of_which_nothing_is_known(self) -> None:
        state = replace(BUSY, learned_window=900, scale=1.5, window=1_000)
        event = e.RunDowngraded(
            at=NOW,
            planner="small",
            rule="budget:day",
            version=3,
            facts={"ends": NOW.isoformat()},
            price_in=Decimal(1),
            price_out=Decimal(3),
            window=4_000,
        )
        assert changes(event, state) == {
            "planner": "small",
            "price_in": Decimal(1),
            "price_out": Decimal(3),
            "window": 4_000,
            "learned_window": None,
            "scale": 1.0,
            "max_call_cost": Decimal(0),
            "forced": ForcedPlanner("budget:day", 3, NOW),
        }

    def test_hears_what_a_person_wants(self) -> None:
        assert changes(e.PauseRequested(at=NOW)) == {"control": Control.PAUSE}
        assert changes(e.KillRequested(at=NOW)) == {"control": Control.KILL}
        asked = replace(BUSY, control=Control.PAUSE)
        assert changes(e.RunResumed(at=NOW), asked) == {"control": Control.NONE}

    def test_that_is_paused_stands_with_its_reason(self) -> None:
        state = replace(BUSY, control=Control.PAUSE)
        event = e.RunPaused(at=NOW, reason=StopReason.NO_PROGRESS, detail="Enough.")
        assert changes(event, state) == {
            "status": RunStatus.PAUSED,
            "control": Control.NONE,
            "stop_reason": StopReason.NO_PROGRESS,
            "stop_detail": "Enough.",
            "phase": RunPhase.IDLE,
            "watched": 3,
            **FORWARD,
        }

    def test_that_waits_says_for_what_and_how_long(self) -> None:
        until = NOW + timedelta(minutes=5)
        event = e.RunWaiting(at=NOW, waiting_for=Waiting.BACKOFF, why="503", until=until)
        assert changes(event) == {
            "status": RunStatus.WAITING,
            "waiting_for": Waiting.BACKOFF,
            "wake_at": until,
            "stop_detail": "503",
            "phase": RunPhase.IDLE,
            **FORWARD,
        }

    def test_that_ends_keeps_its_reason(self) -> None:
        state = replace(BUSY, control=Control.PAUSE, wake_at=NOW)
        event = e.RunStopped(at=NOW, reason=StopReason.LOOP_DETECTED, detail="Enough.")
        assert changes(event, state) == {
            "status": RunStatus.STOPPED,
            "control": Control.NONE,
            "wake_at": None,
            "stop_reason": StopReason.LOOP_DETECTED,
            "stop_detail": "Enough.",
            "phase": RunPhase.IDLE,
            "ended_at": NOW,
        }

    def test_that_is_done_has_nothing_proposed_any_more(self) -> None:
        event = e.RunCompleted(at=NOW, final="42")
        assert changes(event, replace(BUSY, proposed="42")) == {
            "status": RunStatus.COMPLETED,
            "stop_reason": StopReason.COMPLETED,
            "proposed": None,
            "phase": RunPhase.IDLE,
            "ended_at": NOW,
        }

    def test_that_was_stopped_is_queued_again(self) -> None:
        state = replace(
            BUSY, status=RunStatus.STOPPED, stop_reason=StopReason.TIMEOUT, stop_detail="x",
            ended_at=START, undone=0,
        )  # fmt: skip
        again = {
            "status": RunStatus.QUEUED,
            "phase": RunPhase.IDLE,
            "stop_reason": None,
            "stop_detail": "",
            "ended_at": None,
            **FORWARD,
        }
        assert changes(e.RunRequeued(at=NOW), state) == again

    @pytest.mark.parametrize(
        ("event", "reason"),
        [
            (e.RunRequeued(at=NOW), StopReason.CRASH_LOOP),
            (e.RunContinued(at=NOW, note="mended"), StopReason.CRASH_LOOP),
            (e.RunExtended(at=NOW, limit="steps", value="9", was="5"), StopReason.BUDGET_EXCEEDED),
        ],
    )
    def test_that_is_queued_again_waits_for_a_worker_since_then(
        self, event: e.RunEvent, reason: StopReason
    ) -> None:
        state = replace(
            BUSY, status=RunStatus.STOPPED, stop_reason=reason, phase=RunPhase.IDLE, phase_at=START,
            undone=0,
        )  # fmt: skip
        with pytest.raises(IllegalMove, match="what it did was undone"):
            fold(replace(state, undone=1), event)
        assert fold(state, event).phase_at == NOW

    @pytest.mark.parametrize(
        ("limit", "value", "limits"),
        [
            ("steps", "90", RunLimits(90, 1_000, Decimal(10), 3_600)),
            ("tokens", "2000", RunLimits(50, 2_000, Decimal(10), 3_600)),
            ("usd", "12.5", RunLimits(50, 1_000, Decimal("12.5"), 3_600)),
            ("seconds", "7200", RunLimits(50, 1_000, Decimal(10), 7_200)),
        ],
    )
    def test_that_a_limit_ended_goes_on_with_more_of_it(
        self, limit: Any, value: str, limits: RunLimits
    ) -> None:
        ended = {"status": RunStatus.STOPPED, "stop_reason": StopReason.BUDGET_EXCEEDED}
        state = replace(BUSY, undone=0, **ended)  # type: ignore[arg-type]
        event = e.RunExtended(at=NOW, limit=limit, value=value, was="1")
        found = changes(event, state)
        assert (found["limits"], found["status"], found["lost"]) == (limits, RunStatus.QUEUED, 0)

    def test_that_is_killed_keeps_the_call_that_was_cut_off(self) -> None:
        assert changes(e.KillAcknowledged(at=NOW, to_undo=4)) == {
            "status": RunStatus.COMPENSATING,
            "flights": (replace(FLIGHT, doubt=Doubt.LOST, silent=True),),
            "to_undo": 4,
            "to_be_undone": ("1.1",),
            "undoes_all": True,
            "queue": (),
            "phase": RunPhase.UNDOING,
            **FORWARD,
        }

    def test_remembers_what_a_worker_failed_of(self) -> None:
        assert changes(e.WorkerFailed(at=NOW, error="KeyError: 7")) == {"lost_by": "KeyError: 7"}


class TestATurn:
    def test_is_counted_paid_for_and_queued(self) -> None:
        state = replace(BUSY, flights=(), retry_at=NOW, asks=(CallAsk("3.1", {}),), proposed="old")
        calls = (NEXT, NEXT)
        event = e.StepPlanned(
            at=NOW, step=4, thought="go", calls=calls, tokens_in=150, tokens_out=20,
            usd=Decimal("0.3"), context=100,
        )  # fmt: skip
        assert changes(event, state) == {
            **says("go", state, role=Speaker.ASSISTANT, calls=calls),
            "step": 4,
            "tokens_in": 250,
            "tokens_out": 70,
            "usd": Decimal("0.8"),
            "max_call_cost": Decimal("0.3"),
            "scale": 1.5,
            "queue": calls,
            "queued": 0,
            "asks": (),
            "proposed": None,
            "plan_failures": 0,
            "retry_at": None,
            "last_failure": "",
            "tool": "",
            **FORWARD,
        }

    def test_that_answers_proposes_it(self) -> None:
        state = replace(BUSY, flights=(), queue=())
        event = e.StepPlanned(at=NOW, step=4, thought="so", final="42", usd=None)
        found = changes(event, state)
        assert found["proposed"] == "42"
        assert found["history"][-1] == ContextMessage(Speaker.ASSISTANT, "42")
        assert (found["usd_unknown"], found["phase"]) == (True, RunPhase.IDLE)
        assert "usd" not in found
        assert "max_call_cost" not in found

    def test_that_failed_is_paid_for_and_remembered(self) -> None:
        state = replace(BUSY, flights=(), queue=())
        due = NOW + timedelta(seconds=4)
        event = e.PlanFailed(
            at=NOW, step=4, fault=PlannerFault.OVERFLOW, message="too long", retry_at=due,
            tokens_in=7,
            tokens_out=3, usd=Decimal("0.1"), window=900,
        )  # fmt: skip
        assert changes(event, state) == {
            "tokens_in": 107,
            "tokens_out": 53,
            "usd": Decimal("0.6"),
            "plan_failures": 2,
            "unusable": 1,
            "plan_overflow": True,
            "learned_window": 900,
            "retry_at": due,
            "last_failure": "too long",
            "phase": RunPhase.IDLE,
        }

    @pytest.mark.parametrize(
        ("fault", "failures", "fatal"),
        [
            (PlannerFault.CANCELLED, 1, True),
            (PlannerFault.FATAL, 2, True),
            (PlannerFault.TRANSIENT, 2, True),
        ],
    )
    def test_that_was_only_cut_off_is_no_failure_in_a_row(
        self, fault: PlannerFault, failures: int, fatal: bool
    ) -> None:
        state = replace(BUSY, flights=(), queue=(), learned_window=700)
        after = fold(state, e.PlanFailed(at=NOW, step=4, fault=fault, message="x"))
        assert (after.plan_failures, after.plan_fatal) == (failures, fatal)
        assert (after.plan_overflow, after.learned_window) == (False, 700)

    def test_is_told_a_hint_which_sends_an_answer_back(self) -> None:
        event = e.HintGiven(at=NOW, step=3, text="The number is missing.")
        assert changes(event) == {**says("The number is missing."), "watched": 3}
        proposed = replace(BUSY, proposed="42")
        sent_back = changes(event, proposed)
        assert (sent_back["proposed"], sent_back["rejections"]) == (None, 3)

    def test_is_judged_at_a_cost_that_is_no_estimate_of_the_next_one(self) -> None:
        event = e.JudgeAnswered(
            at=NOW, step=3, closer=Closer.YES, rule="judge", tokens_in=9, tokens_out=1,
            usd=Decimal(1),
        )  # fmt: skip
        assert changes(event) == {
            "tokens_in": 109, "tokens_out": 51, "usd": Decimal("1.5"), "judged": 3
        }  # fmt: skip
