"""What a worker does next with a run that is killed: it closes what was cut off and undoes the
rest.
"""

from dataclasses import replace
from typing import Any

import pytest

from runs.engine import actions, killing
from runs.engine import events as e
from runs.engine.kept_calls import Doubt, Undoable
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Effect,
    Outcome,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.deciding import NOW, flight, following, recorded
from tests.core.runs_in_memory import running

IN_DOUBT = "Killed during pay; nobody can say whether that call happened."


class TestUndoing:
    entry = Undoable("1.1", "pay", {}, None, 1)

    def of(self, **facts: Any) -> RunState:
        given = {"undoable": (self.entry,), "to_undo": 2, "undone": 1, **facts}
        queue = tuple(each.call for each in reversed(given["undoable"]))
        given = {"to_be_undone": queue, **given}
        return replace(running(), status=RunStatus.COMPENSATING, **given)

    def test_waits_for_a_person_before_anything_else(self) -> None:
        assert following(self.of(waiting_for=Waiting.IN_DOUBT, lost=99)) == actions.Release()

    @pytest.mark.parametrize(("lost", "stopped"), [(7, False), (8, True)])
    def test_is_left_to_a_person_when_it_ends_its_workers(self, lost: int, stopped: bool) -> None:
        event = recorded(self.of(lost=lost))
        assert isinstance(event, e.RunStopped) is stopped
        if stopped:
            assert (event.reason, event.detail) == (
                StopReason.COMPENSATION_FAILED,
                "8 workers were lost in a row while it was undone: 1 of 2 undone; a person must.",
            )

    @pytest.mark.parametrize("doubt", [Doubt.NONE, Doubt.CLEARED])
    def test_says_first_that_a_call_cut_off_did_not_happen(self, doubt: Doubt) -> None:
        event = recorded(self.of(flights=(flight(doubt=doubt),)))
        assert isinstance(event, e.CallReturned)
        assert (event.outcome, event.verdict, event.rule) == (
            Outcome.CANCELLED,
            Verdict.FAILED,
            "kill",
        )
        assert event.error == "It was cut off and did not happen."

    def test_looks_a_call_up_unless_that_ends_its_workers(self) -> None:
        lost = flight(doubt=Doubt.LOST, lookup=True)
        assert following(self.of(flights=(lost,), lost=2)) == actions.Resolve(lost)
        for state in (
            self.of(flights=(lost,), lost=3),
            self.of(flights=(replace(lost, lookup=False),)),
            self.of(flights=(replace(lost, doubt=Doubt.UNKNOWN),)),
        ):
            asked = recorded(state)
            assert isinstance(asked, e.RunWaiting)
            assert asked.why == "Did pay happen? It is undone after that."

    @pytest.mark.parametrize(
        ("doubt", "attempt", "idempotent", "lookup", "effect"),
        [
            (None, 0, False, False, e.UndoIntended),
            (None, 2, False, False, e.UndoIntended),
            (None, 3, False, False, e.UndoReturned),
            (Doubt.LOST, 1, True, False, e.UndoIntended),
            (Doubt.LOST, 3, True, False, e.UndoReturned),
            (Doubt.CLEARED, 2, False, False, e.UndoIntended),
            (Doubt.NONE, 2, False, False, actions.Undo),
            (Doubt.LOST, 1, False, True, actions.ResolveUndo),
            (Doubt.LOST, 1, False, False, e.RunWaiting),
            (Doubt.UNKNOWN, 1, False, True, e.RunWaiting),
            (Doubt.UNKNOWN, 1, True, True, e.RunWaiting),
        ],
    )
    def test_of_a_call_goes_by_what_is_known_of_it(
        self, doubt: Doubt | None, attempt: int, idempotent: bool, lookup: bool, effect: type
    ) -> None:
        entry = replace(self.entry, idempotent=idempotent, lookup=lookup)
        found = following(self.of(undoable=(entry,), undoing=doubt, undo_attempt=attempt))
        done = found.events[0] if isinstance(found, actions.Record) else found
        assert type(done) is effect
        if isinstance(done, e.UndoIntended):
            assert done.attempt == (attempt if doubt is Doubt.CLEARED else attempt + 1)

    def test_begins_with_the_newest(self) -> None:
        newest = replace(self.entry, call="2.1")
        assert recorded(self.of(undoable=(self.entry, newest))).call == "2.1"

    def test_that_ended_its_workers_each_time_is_given_up(self) -> None:
        event = recorded(self.of(undo_attempt=3))
        assert (event.actor, event.attempt, event.verdict) == ("supervisor", 3, Verdict.FAILED)
        assert event.error == (
            "Each time it was undone its worker was lost or no answer came; it is not tried again."
        )

    @pytest.mark.parametrize(
        ("facts", "reason", "detail"),
        [
            ({}, StopReason.USER_KILLED, "1 of 2 undone."),
            ({"to_undo": 0}, StopReason.USER_KILLED, ""),
            (
                {"undo_failed": ("pay (1.1)", "mail (1.2)")},
                StopReason.COMPENSATION_FAILED,
                "Could not undo pay (1.1), mail (1.2); a person must.",
            ),
            (
                {"flights": (flight(doubt=Doubt.UNKNOWN),), "undo_failed": ("mail (1.2)",)},
                StopReason.KILLED_IN_DOUBT,
                f"{IN_DOUBT} Could not undo mail (1.2); a person must. 1 of 2 undone.",
            ),
        ],
        ids=["undone", "nothing to undo", "failed", "in doubt"],
    )
    def test_ends_by_saying_how_all_of_it_went(
        self, facts: dict[str, Any], reason: StopReason, detail: str
    ) -> None:
        assert recorded(self.of(undoable=(), **facts)) == e.RunStopped(
            at=NOW, reason=reason, detail=detail
        )


class TestAKill:
    @pytest.mark.parametrize(
        ("facts", "begun", "error"),
        [
            ({"effect": Effect.READ}, True, "It was cut off by the kill; it would only have read."),
            (
                {"doubt": Doubt.CLEARED},
                False,
                "It is not tried again: the run was killed.",
            ),
            (
                {"doubt": Doubt.CLEARED, "retry_at": NOW},
                True,
                "503 It is not tried again: the run was killed.",
            ),
            ({}, False, "It was not made: the run was killed before."),
            ({}, True, None),
            ({"doubt": Doubt.LOST}, False, None),
            ({"doubt": Doubt.UNKNOWN}, False, None),
        ],
    )
    def test_closes_each_call_that_is_known_not_to_have_happened(
        self, facts: dict[str, Any], begun: bool, error: str | None
    ) -> None:
        entry = Undoable("1.0", "pay", {}, None, 1)
        state = replace(
            running(), last_failure="503", flights=(flight(**facts),), undoable=(entry,)
        )
        *closed, acknowledged = killing.acknowledged(state, NOW, begun=begun)
        assert acknowledged == e.KillAcknowledged(at=NOW, to_undo=1)
        assert [each.error for each in closed if isinstance(each, e.CallReturned)] == (
            [] if error is None else [error]
        )
