"""What is recorded of an undo; and that whatever came back can be recorded."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.verdicts import Meaning
from runs.engine import events as e
from runs.engine import outcomes
from runs.engine.fold import fold, folded
from runs.engine.kept_calls import Undoable
from runs.engine.ports import Happened, Lookup, Returned
from runs.engine.vocabulary import (
    Control,
    Effect,
    Outcome,
    RunStatus,
    Verdict,
)
from tests.core.outcomes import NOW, SILENCE, in_flight, only, rules
from tests.core.runs_in_memory import running


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
        state = replace(running(), undoable=(self.entry,), to_be_undone=("1.1",), undo_attempt=2)
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
        state = replace(running(), undoable=(self.entry,), to_be_undone=("1.1",), undo_attempt=2)
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
