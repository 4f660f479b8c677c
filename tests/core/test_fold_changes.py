"""Each event by what it changes of a run's state, and that it changes nothing else."""

from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from runs.engine import events as e
from runs.engine import tokens
from runs.engine.engine_errors import IllegalMove, PlannerFault
from runs.engine.fold import fold
from runs.engine.history import History
from runs.engine.ports import ContextMessage, Happened, Speaker, ToolCall
from runs.engine.state import CallAsk, Doubt, Flight, RunLimits, RunState, SessionApproval, Undoable
from runs.engine.vocabulary import (
    AnswerAct,
    Closer,
    Control,
    Effect,
    Outcome,
    RunPhase,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.runs_in_memory import START, created, leased

NOW = START + timedelta(seconds=9)
CLOCK = frozenset({"active", "clock_since", "seen_at", "phase_at"})
FORWARD = {"lost": 0, "lost_by": ""}
FLIGHT = Flight(
    call="3.2", ref="r2", tool="pay", args={"n": 2}, key="3.2", step=3, idempotent=False,
    lookup=True, undo=True, timeout=9.0, undo_idempotent=True, undo_lookup=True,
)  # fmt: skip
NEXT = ToolCall("r3", "mail", {"n": 3})
BUSY = RunState(
    status=RunStatus.RUNNING,
    phase=RunPhase.CALLING,
    tool="pay",
    goal="count",
    limits=RunLimits(50, 1_000, Decimal(10), 3_600),
    context=500,
    overhead=40,
    started_at=START,
    epoch=6,
    lost=2,
    lost_by="its process died.",
    step=3,
    calls=5,
    tokens_in=100,
    tokens_out=50,
    usd=Decimal("0.5"),
    max_call_cost=Decimal("0.2"),
    history=History([ContextMessage(Speaker.USER, "begin")]),
    queue=(NEXT,),
    queued=2,
    flights=(FLIGHT,),
    retries=4,
    plan_failures=1,
    refusals=3,
    rejections=2,
    watched=1,
    undoable=(Undoable("1.1", "book", {}, None, 1),),
    undone=1,
    to_undo=2,
    late=1,
    last_failure="503",
)
"""A run in the middle of its work, in which no figure is nothing."""


def changes(event: e.RunEvent, state: RunState = BUSY) -> dict[str, Any]:
    """The fields that the event changes, but for the clock's own."""
    after = fold(state, event)
    names = [each.name for each in fields(RunState) if each.name not in CLOCK]
    return {
        name: getattr(after, name) for name in names if getattr(after, name) != getattr(state, name)
    }


def says(text: str, state: RunState = BUSY, **facts: Any) -> dict[str, Any]:
    """What a message more changes."""
    message = ContextMessage(facts.pop("role", Speaker.USER), text, **facts)
    return {
        "history": state.history.after(message),
        "context": state.context + tokens.of_message(message),
    }


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
        assert found["flights"] == (replace(FLIGHT, doubt=Doubt.LOST),)
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
            at=NOW, planner="small", price_in=Decimal(1), price_out=Decimal(3), window=4_000
        )
        assert changes(event, state) == {
            "planner": "small",
            "price_in": Decimal(1),
            "price_out": Decimal(3),
            "window": 4_000,
            "learned_window": None,
            "scale": 1.0,
            "max_call_cost": Decimal(0),
            "forced": True,
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
            ended_at=START,
        )  # fmt: skip
        again = {
            "status": RunStatus.QUEUED,
            "stop_reason": None,
            "stop_detail": "",
            "ended_at": None,
            **FORWARD,
        }
        assert changes(e.RunRequeued(at=NOW), state) == again

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
        state = replace(BUSY, status=RunStatus.STOPPED, stop_reason=StopReason.BUDGET_EXCEEDED)
        event = e.RunExtended(at=NOW, limit=limit, value=value, was="1")
        found = changes(event, state)
        assert (found["limits"], found["status"], found["lost"]) == (limits, RunStatus.QUEUED, 0)

    def test_that_is_killed_keeps_the_call_that_was_cut_off(self) -> None:
        assert changes(e.KillAcknowledged(at=NOW, to_undo=4)) == {
            "status": RunStatus.COMPENSATING,
            "flights": (replace(FLIGHT, doubt=Doubt.LOST),),
            "to_undo": 4,
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


class TestACall:
    def test_that_is_intended_is_in_flight_and_leaves_the_queue(self) -> None:
        state = replace(BUSY, flights=(), tool="", phase=RunPhase.IDLE)
        event = e.CallIntended(
            at=NOW, step=3, tool="mail", call="3.3", ref="r3", args={"n": 3}, key="3.3",
            effect=Effect.REVERSIBLE, idempotent=True, lookup=True, undo=True,
            undo_idempotent=True, undo_lookup=True, timeout=7.0,
        )  # fmt: skip
        assert changes(event, state) == {
            "flights": (
                Flight(
                    call="3.3", ref="r3", tool="mail", args={"n": 3}, key="3.3", step=3,
                    idempotent=True, lookup=True, undo=True, timeout=7.0,
                    effect=Effect.REVERSIBLE, undo_idempotent=True, undo_lookup=True,
                ),
            ),
            "queue": (),
            "queued": 3,
            "calls": 6,
            "refusals": 0,
            "tool": "mail",
            "phase": RunPhase.CALLING,
        }  # fmt: skip
        with pytest.raises(IllegalMove, match=r"call 3\.3 would not be alone in flight"):
            fold(BUSY, event)

    def test_that_is_refused_is_told_to_the_planner(self) -> None:
        event = e.CallRefused(
            at=NOW, step=3, tool="mail", call="3.3", ref="r3", args={}, rule="gate", sentence="No."
        )
        told = says("Refused: No.", role=Speaker.TOOL, call_id="r3", tool="mail")
        assert changes(event) == {
            **told, "queue": (), "queued": 3, "refusals": 4, "phase": RunPhase.PLANNING
        }  # fmt: skip
        answered = changes(replace(event, answer="Ask anna."))
        assert answered["history"][-1].text == "Ask anna."
        more = replace(BUSY, queue=(NEXT, NEXT), phase=RunPhase.IDLE)
        assert changes(event, more)["phase"] is RunPhase.CALLING

    def back(self, **facts: Any) -> e.CallReturned:
        given: dict[str, Any] = {
            "outcome": Outcome.OK, "verdict": Verdict.SUCCEEDED, "result": {"id": 7},
            "runway": "[left]", **facts,
        }  # fmt: skip
        return e.CallReturned(at=NOW, step=3, tool="pay", call="3.2", **given)

    def test_that_succeeded_can_be_undone(self) -> None:
        done = Undoable("3.2", "pay", {"n": 2}, {"id": 7}, 3, True, True)
        assert changes(self.back()) == {
            **says('{"id": 7}\n[left]', role=Speaker.TOOL, call_id="r2", tool="pay"),
            "undoable": (*BUSY.undoable, done),
            "flights": (),
            **FORWARD,
        }

    @pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.UNKNOWN])
    def test_that_did_not_surely_succeed_leaves_nothing_to_undo(self, verdict: Verdict) -> None:
        assert "undoable" not in changes(self.back(verdict=verdict))
        bare = replace(BUSY, flights=(replace(FLIGHT, undo=False),))
        assert "undoable" not in changes(self.back(), bare)

    def test_that_was_the_last_of_its_turn_leaves_the_planner_to_go_on(self) -> None:
        found = changes(self.back(), replace(BUSY, queue=()))
        assert (found["tool"], found["phase"]) == ("", RunPhase.PLANNING)

    def test_that_came_back_to_a_killed_run_is_one_more_to_undo(self) -> None:
        state = replace(BUSY, status=RunStatus.COMPENSATING, phase=RunPhase.UNDOING)
        found = changes(self.back(), state)
        assert (found["to_undo"], len(found["undoable"])) == (3, 2)
        assert "phase" not in found

    def test_that_is_tried_again_stays_in_flight(self) -> None:
        due = NOW + timedelta(seconds=5)
        event = self.back(verdict=Verdict.FAILED, error="503", retry_at=due)
        assert changes(event) == {
            "flights": (replace(FLIGHT, doubt=Doubt.CLEARED, retry_at=due),),
            "retries": 5,
            **FORWARD,
        }
        worded = replace(event, sentence="It is busy.")
        assert changes(worded)["last_failure"] == "It is busy."

    def test_that_is_intended_again_is_as_new(self) -> None:
        off = replace(FLIGHT, doubt=Doubt.CLEARED, retry_at=NOW, lost="silence")
        state = replace(BUSY, flights=(off,), tool="", phase=RunPhase.IDLE)
        event = e.CallRetried(at=NOW, step=3, tool="pay", call="3.2", attempt=2)
        assert changes(event, state) == {
            "flights": (replace(FLIGHT, attempt=2),), "tool": "pay", "phase": RunPhase.CALLING
        }  # fmt: skip

    def test_that_never_answered_is_in_doubt(self) -> None:
        event = e.CallLost(
            at=NOW, step=3, tool="pay", call="3.2", outcome=Outcome.TIMEOUT, error="silence"
        )
        assert changes(event) == {
            "flights": (replace(FLIGHT, doubt=Doubt.LOST, lost="silence"),),
            "phase": RunPhase.RESOLVING,
            "last_failure": "silence",
            **FORWARD,
        }

    @pytest.mark.parametrize(
        ("happened", "doubt"),
        [
            (Happened.YES, Doubt.LOST),
            (Happened.NO, Doubt.CLEARED),
            (Happened.UNKNOWN, Doubt.UNKNOWN),
        ],
    )  # fmt: skip
    def test_that_a_person_settles_is_known_and_the_run_goes_on(
        self, happened: Happened, doubt: Doubt
    ) -> None:
        before = Doubt.LOST if doubt is Doubt.UNKNOWN else Doubt.UNKNOWN
        state = replace(
            BUSY, status=RunStatus.WAITING, waiting_for=Waiting.IN_DOUBT, stop_detail="Did it?",
            flights=(replace(FLIGHT, doubt=before),),
        )  # fmt: skip
        event = e.CallSettled(at=NOW, step=3, tool="pay", call="3.2", happened=happened)
        assert changes(event, state) == {
            "status": RunStatus.QUEUED,
            "waiting_for": None,
            "stop_detail": "",
            "flights": (replace(FLIGHT, doubt=doubt),),
        }

    def test_of_an_ended_run_is_settled_by_undoing_on(self) -> None:
        state = replace(
            BUSY, status=RunStatus.STOPPED, stop_reason=StopReason.KILLED_IN_DOUBT, ended_at=START,
            flights=(replace(FLIGHT, doubt=Doubt.UNKNOWN),),
        )  # fmt: skip
        event = e.CallSettled(at=NOW, step=3, tool="pay", call="3.2", happened=Happened.YES)
        found = changes(event, state)
        assert (found["status"], found["phase"]) == (RunStatus.COMPENSATING, RunPhase.UNDOING)
        assert (found["stop_reason"], found["ended_at"]) == (None, None)

    @pytest.mark.parametrize(("harmless", "late"), [(True, None), (False, 2)])
    def test_that_comes_late_is_counted_unless_it_is_harmless(
        self, harmless: bool, late: int | None
    ) -> None:
        event = e.CallLate(
            at=NOW,
            step=3,
            tool="pay",
            call="3.2",
            outcome=Outcome.OK,
            verdict=Verdict.SUCCEEDED,
            epoch=5,
            harmless=harmless,
        )
        assert changes(event).get("late") == late
        assert changes(e.LateAcknowledged(at=NOW)) == {"late": 0}

    @pytest.mark.parametrize(
        "event",
        [
            e.CallLost(at=NOW, step=9, tool="pay", call="9.9", outcome=Outcome.TIMEOUT),
            e.CallRetried(at=NOW, step=9, tool="pay", call="9.9", attempt=2),
            e.CallLookedUp(at=NOW, step=9, tool="pay", call="9.9", happened=Happened.NO),
        ],
    )
    def test_that_is_not_in_flight_cannot_come_to_anything(self, event: e.RunEvent) -> None:
        with pytest.raises(IllegalMove, match=r"call 9\.9 is not in flight"):
            fold(BUSY, event)


class TestAPersonsWord:
    def decided(self, **facts: Any) -> e.CallDecided:
        given: dict[str, Any] = {"word": AnswerAct.APPROVE, "actor": "user:olga", **facts}
        return e.CallDecided(at=NOW, step=3, tool="mail", call="3.3", **given)

    def waiting(self, **facts: Any) -> RunState:
        ask = CallAsk("3.3", {"n": 3})
        return replace(
            BUSY, flights=(), status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL,
            stop_detail="?",
            asks=(CallAsk("3.2", {}), ask), **facts,
        )  # fmt: skip

    def test_is_kept_with_the_question_and_ends_the_wait(self) -> None:
        state = self.waiting()
        event = self.decided(note="fine", request="q7")
        answer = CallAsk("3.3", {"n": 3}, AnswerAct.APPROVE, "user:olga", "fine", "q7")
        assert changes(event, state) == {
            "status": RunStatus.QUEUED,
            "waiting_for": None,
            "stop_detail": "",
            "asks": (CallAsk("3.2", {}), answer),
        }

    def test_may_change_the_arguments_and_use_a_session_approval(self) -> None:
        one, other = (
            SessionApproval(name, "mail", {}, (), 3, "olga", used=1) for name in ("g1", "g2")
        )
        state = self.waiting(grants=(one, other))
        found = changes(self.decided(word=AnswerAct.EDIT, args={"n": 4}, grant="g2"), state)
        assert found["asks"][1].args == {"n": 4}
        assert found["grants"] == (one, replace(other, used=2))

    def test_is_given_once_and_only_to_a_question(self) -> None:
        state = fold(self.waiting(), self.decided())
        for event in (self.decided(), replace(self.decided(), call="9.9")):
            with pytest.raises(IllegalMove, match="is not waiting for a decision"):
                fold(state, event)

    def test_may_stand_for_later_calls_until_it_is_taken_back(self) -> None:
        event = e.GrantGiven(
            at=NOW, step=3, actor="user:olga", person="17", grant="g1", tool="mail", args={"n": 3},
            free=("n",), limit=3,
        )  # fmt: skip
        grant = SessionApproval("g1", "mail", {"n": 3}, ("n",), 3, "user:olga", person="17")
        assert changes(event) == {"grants": (grant,)}
        holding = replace(BUSY, grants=(grant, replace(grant, name="g2")))
        revoked = changes(e.GrantRevoked(at=NOW, grant="g1"), holding)
        assert revoked == {"grants": (replace(grant, name="g2"),)}
        with pytest.raises(IllegalMove, match="there is no session approval named g3"):
            fold(holding, e.GrantRevoked(at=NOW, grant="g3"))

    def test_on_an_answer_accepts_it_or_sends_it_back(self) -> None:
        state = replace(BUSY, status=RunStatus.PAUSED, proposed="42", flights=(), queue=())
        said = e.AnswerDecided(
            at=NOW, step=3, actor="user:olga", word=AnswerAct.APPROVE, unmet=("told", "sent")
        )
        assert changes(said, state) == {
            "stop_detail": "olga accepted the answer as it is; not met: told, sent."
        }
        assert changes(replace(said, word=AnswerAct.DENY), state) == {}
        back = changes(replace(said, word=AnswerAct.RESPOND, note="Try again."), state)
        assert (back["proposed"], back["rejections"]) == (None, 0)
        assert back["history"][-1] == ContextMessage(Speaker.USER, "Try again.")
        with pytest.raises(IllegalMove, match="there is no final answer to decide on"):
            fold(replace(state, proposed=None), said)


class TestAnUndo:
    state = replace(
        BUSY, status=RunStatus.COMPENSATING, phase=RunPhase.UNDOING, flights=(), queue=(),
        undo_attempt=2,
        undoing=Doubt.NONE,
    )  # fmt: skip

    def back(self, verdict: Verdict, attempt: int = 2) -> e.UndoReturned:
        return e.UndoReturned(
            at=NOW, step=1, tool="book", call="1.1", outcome=Outcome.OK, verdict=verdict,
            attempt=attempt,
        )  # fmt: skip

    def test_is_intended_before_it_is_made(self) -> None:
        state = replace(self.state, undoing=None, undo_silent=True, phase=RunPhase.IDLE)
        event = e.UndoIntended(at=NOW, step=1, tool="book", call="1.1", attempt=3)
        assert changes(event, state) == {
            "undo_attempt": 3, "undoing": Doubt.NONE, "undo_silent": False, "tool": "book",
            "phase": RunPhase.UNDOING,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("verdict", "attempt", "found"),
        [
            (
                Verdict.SUCCEEDED, 2,
                {"undoable": (), "undone": 2, "undo_attempt": 0, "undoing": None},
            ),
            (Verdict.UNKNOWN, 2, {"undoing": Doubt.LOST, "undo_silent": True}),
            (Verdict.FAILED, 2, {"undoing": None}),
            (
                Verdict.FAILED, 3,
                {"undoable": (), "undo_failed": ("1.1",), "undo_attempt": 0, "undoing": None},
            ),
        ],
    )  # fmt: skip
    def test_is_done_in_doubt_tried_again_or_given_up(
        self, verdict: Verdict, attempt: int, found: dict[str, Any]
    ) -> None:
        assert changes(self.back(verdict, attempt), self.state) == {**found, **FORWARD}

    @pytest.mark.parametrize(
        ("silent", "happened", "undoing"),
        [
            (False, Happened.NO, Doubt.NONE),
            (True, Happened.NO, None),
            (True, Happened.UNKNOWN, Doubt.UNKNOWN),
            (False, Happened.YES, Doubt.LOST),
        ],
    )
    def test_is_looked_up_and_begun_anew_when_it_was_silent(
        self, silent: bool, happened: Happened, undoing: Doubt | None
    ) -> None:
        state = replace(self.state, undoing=Doubt.LOST, undo_silent=silent)
        event = e.CallLookedUp(
            at=NOW, step=1, tool="book", call="1.1", happened=happened, undo=True
        )
        assert fold(state, event).undoing is undoing
        with pytest.raises(IllegalMove, match=r"the undo of call 9\.9 is not in flight"):
            fold(state, replace(event, call="9.9"))
        with pytest.raises(IllegalMove, match=r"the undo of call 1\.1 is not in flight"):
            fold(replace(state, undoing=None), event)
