"""Which effects a commit claims over all runs, marks as had, or gives free."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from runs.engine.actions import Statement
from runs.engine.kept_calls import KeyedCall
from runs.engine.state import RunState
from runs.runtime import effect_claims

RUN = UUID(int=7)
UNTIL = datetime(2026, 3, 2, tzinfo=UTC)
HERE = KeyedCall("k0", "1.1", "ship", 1, {})
TAKEN = KeyedCall("k1", "2.1", "ship", 2, {}, until=UNTIL, repeats="other/4.1")
HAD = replace(TAKEN, done=True, result=5)


def done(before: tuple[KeyedCall, ...], after: tuple[KeyedCall, ...]) -> list[Statement]:
    return list(effect_claims.statements(RUN, RunState(effects=before), RunState(effects=after)))


def test_a_commit_that_changes_no_effect_costs_nothing() -> None:
    state = RunState(effects=(TAKEN,))
    assert effect_claims.statements(RUN, state, replace(state, step=4)) == ()


def test_a_key_that_counts_within_its_run_alone_is_claimed_of_nobody() -> None:
    assert done((), (HERE,)) == []
    assert done((HERE,), (replace(HERE, done=True),)) == []
    assert done((HERE,), ()) == []


def test_an_intent_claims_its_key_in_place_of_the_call_that_a_person_was_told_of() -> None:
    over, give_way, take = done((HERE,), (HERE, TAKEN))
    assert over == (effect_claims.OVER, ("k1",))
    assert give_way == (effect_claims.GIVE_WAY, ("k1", RUN, "other/4.1"))
    assert take == (effect_claims.TAKE, ("k1", RUN, "2.1", 2, UNTIL))


def test_a_success_is_marked_once() -> None:
    assert done((TAKEN,), (HAD,)) == [(effect_claims.DONE, ("k1", RUN, "2.1"))]
    assert done((HAD,), (replace(HAD, silent=True),)) == []


def test_what_did_not_happen_or_was_undone_is_free_before_anything_is_claimed() -> None:
    again = replace(TAKEN, call="3.1")
    assert [text for text, _ in done((TAKEN,), (again,))] == [
        effect_claims.FREE,
        effect_claims.OVER,
        effect_claims.GIVE_WAY,
        effect_claims.TAKE,
    ]
    assert done((HAD,), ()) == [(effect_claims.FREE, ("k1", RUN, "2.1"))]


def test_a_row_tells_of_the_earlier_call() -> None:
    assert effect_claims.earlier(None) is None
    found = effect_claims.earlier(("run", "2.1", 2, True, UNTIL))
    assert found is not None
    assert (found.name, found.done, found.at) == ("run/2.1", True, UNTIL)
