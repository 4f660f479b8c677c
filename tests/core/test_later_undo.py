"""What a person has undone later, of a run that has ended."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runs.engine import events as e
from runs.engine import machine, outcomes
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold import fold, folded
from runs.engine.ports import Happened
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Compensation,
    Outcome,
    RunStatus,
    StopReason,
    Waiting,
)
from tests.core.runs_in_memory import World, answering, calling
from tests.core.undoing import (
    acted,
    leased_now,
    undone,
)


class TestALaterUndo:
    def completed(self) -> tuple[World, RunState]:
        play, _ = acted({}, "order", "book", "order")
        play.turns = [calling("order"), calling("book"), calling("order"), answering()]
        return play, play.live()

    def test_undoes_the_chosen_calls_of_a_run_that_completed_newest_first(self) -> None:
        play, end = self.completed()
        assert end.status is RunStatus.COMPLETED
        ended = end.ended_at
        play.now += timedelta(days=1)
        play.journal.append(e.UndoBegun(at=play.now, actor="user:olga", undoes=("1.1", "3.1")))
        under_way = folded(play.journal)
        assert (under_way.status, under_way.to_undo) == (RunStatus.COMPENSATING, 2)
        end = play.live()
        assert undone(play) == ["3.1", "1.1"]
        assert (end.status, end.stop_reason) == (RunStatus.COMPLETED, StopReason.COMPLETED)
        assert (end.ended_at, [each.call for each in end.undoable]) == (ended, ["2.1"])

    @pytest.mark.parametrize("calls", [("1.1",), ("9.9",), ("2.1", "1.1")])
    def test_of_what_is_undone_or_was_never_done_is_refused(self, calls: tuple[str, ...]) -> None:
        play, _ = self.completed()
        play.journal.append(e.UndoBegun(at=play.now, undoes=("1.1",)))
        end = play.live()
        for kind in (e.UndoBegun, e.UndoAsked):
            with pytest.raises(IllegalMove, match="cannot be undone, or is undone already"):
                fold(end, kind(at=play.now, undoes=calls))

    def test_that_failed_can_be_chosen_again(self) -> None:
        play, _ = self.completed()
        play.undo_outcome = Outcome.ERROR
        play.journal.append(e.UndoBegun(at=play.now, undoes=("1.1",)))
        end = play.live()
        assert (end.status, end.undo_failed, end.leftover) == (
            RunStatus.COMPLETED, ("1.1",), True,
        )  # fmt: skip
        play.undo_outcome = Outcome.OK
        play.journal.append(e.UndoBegun(at=play.now, undoes=("1.1",)))
        end = play.live()
        assert (end.undo_failed, end.undone, end.leftover) == ((), 1, False)
        assert end.stop_detail.endswith("1 of 1 undone.")

    def test_that_another_person_has_to_agree_to_waits_for_them(self) -> None:
        play, end = self.completed()
        asked = fold(end, e.UndoAsked(at=play.now, actor="user:olga", undoes=("1.1", "2.1")))
        assert (asked.status, asked.waiting_for) == (RunStatus.COMPLETED, Waiting.UNDO)
        assert asked.undo_asked == ("2.1", "1.1")
        left = fold(asked, e.UndoDeclined(at=play.now, actor="user:ada", note="it stands"))
        assert (left.waiting_for, left.undo_asked, left.to_be_undone) == (None, (), ())
        with pytest.raises(IllegalMove):
            fold(left, e.UndoDeclined(at=play.now))

    def test_of_a_run_killed_in_doubt_waits_for_that_doubt_first(self) -> None:
        play, state = acted({}, "order")
        play.turns = [calling("order"), calling("mail")]
        plan: Any = machine.next_effect(state, play.rules, play.now)
        state = play.commit(state, play.planned(state, plan))
        state = play.commit(state, [e.KillRequested(at=play.now, compensate=Compensation.LEAVE)])
        state = play.commit(state, [replace(leased_now(play), lost=True)])
        end = play.live()
        assert (end.stop_reason, undone(play)) == (StopReason.KILLED_IN_DOUBT, [])
        play.journal.append(e.UndoBegun(at=play.now, undoes=("1.1",)))
        waits = play.live()
        assert (outcomes.in_doubt(waits), undone(play)) == (True, [])
        word = e.CallSettled(
            at=play.now, step=2, tool="mail", call="2.1", happened=Happened.NO, note="looked"
        )
        play.journal.extend(outcomes.after_settlement(waits, word))
        end = play.live()
        assert (end.stop_reason, undone(play)) == (StopReason.USER_KILLED, ["1.1"])
