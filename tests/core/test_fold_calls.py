"""Each event of a call, of a person's word on it and of its undo by what it changes of a run's
state, and that it changes nothing else.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runs.engine import events as e
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold import fold
from runs.engine.kept_calls import CallAsk, Doubt, Flight, SessionApproval, Undoable
from runs.engine.ports import ContextMessage, Happened, Speaker
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    AnswerAct,
    Effect,
    Outcome,
    RunPhase,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.folding import BUSY, FLIGHT, FORWARD, NEXT, NOW, changes, says
from tests.core.runs_in_memory import START


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
        state = replace(
            BUSY, status=RunStatus.COMPENSATING, phase=RunPhase.UNDOING, to_be_undone=("1.1",)
        )
        found = changes(self.back(), replace(state, undoes_all=True))
        assert (found["to_undo"], found["to_be_undone"]) == (3, ("3.2", "1.1"))
        assert (len(found["undoable"]), "phase" in found) == (2, False)
        left = changes(self.back(), state)
        assert ("to_undo" in left, "to_be_undone" in left, len(left["undoable"])) == (
            False,
            False,
            2,
        )

    @pytest.mark.parametrize(
        ("effect", "undo", "verdict", "lasts"),
        [
            (Effect.IRREVERSIBLE, False, Verdict.SUCCEEDED, True),
            (Effect.REVERSIBLE, False, Verdict.SUCCEEDED, True),
            (Effect.REVERSIBLE, True, Verdict.SUCCEEDED, False),
            (Effect.REVERSIBLE, True, Verdict.UNKNOWN, True),
            (Effect.IRREVERSIBLE, False, Verdict.FAILED, False),
            (Effect.READ, False, Verdict.SUCCEEDED, False),
        ],
    )
    def test_lasts_when_it_changed_the_world_and_nothing_can_undo_it(
        self, effect: Effect, undo: bool, verdict: Verdict, lasts: bool
    ) -> None:
        flight = replace(FLIGHT, effect=effect, undo=undo)
        found = fold(replace(BUSY, flights=(flight,)), self.back(verdict=verdict))
        assert found.lasting == (("3.2",) if lasts else ())

    def test_lasts_when_it_failed_and_an_attempt_was_never_answered(self) -> None:
        flight = replace(FLIGHT, effect=Effect.IRREVERSIBLE, silent=True)
        before = fold(replace(BUSY, flights=(flight,)), self.back(verdict=Verdict.FAILED))
        silent = replace(self.back(verdict=Verdict.FAILED), silent=True)
        now = fold(replace(BUSY, flights=(replace(flight, silent=False),)), silent)
        assert before.lasting == now.lasting == ("3.2",)

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
            "flights": (replace(FLIGHT, doubt=Doubt.LOST, lost="silence", silent=True),),
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
        undo_attempt=2, to_be_undone=("1.1",),
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
                {
                    "undoable": (), "undone": 2, "to_be_undone": (), "undo_attempt": 0,
                    "undoing": None,
                },
            ),
            (Verdict.UNKNOWN, 2, {"undoing": Doubt.LOST, "undo_silent": True}),
            (Verdict.FAILED, 2, {"undoing": None}),
            (
                Verdict.FAILED, 3,
                {
                    "to_be_undone": (), "undo_failed": ("1.1",), "undo_attempt": 0,
                    "undoing": None,
                },
            ),
        ],
    )  # fmt: skip
    def test_is_done_in_doubt_tried_again_or_given_up(
        self, verdict: Verdict, attempt: int, found: dict[str, Any]
    ) -> None:
        assert changes(self.back(verdict, attempt), self.state) == {**found, **FORWARD}

    def test_of_which_nobody_knows_cannot_be_chosen_again(self) -> None:
        failed = self.back(Verdict.FAILED, 3)
        known, unknown = (
            fold(replace(self.state, undoing=doubt), failed)
            for doubt in (Doubt.NONE, Doubt.UNKNOWN)
        )
        assert ([each.call for each in known.undoable], unknown.undoable) == (["1.1"], ())
        assert known.undo_failed == unknown.undo_failed == ("1.1",)

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
