"""A run that was live in an old backup: whatever it wants to do is in doubt first, since it may
have done it in the time that its journal lost.
"""

from dataclasses import replace

import pytest

from runs.engine import events as e
from runs.engine import machine
from runs.engine.actions import Resolve
from runs.engine.fold import fold
from runs.engine.kept_calls import Doubt, Undoable
from runs.engine.ports import Happened
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, RunStatus
from tests.core import deciding
from tests.core.runs_in_memory import START

RESTORED = e.RunRestored(at=START, detail="An old backup was restored.")
RUNNING = RunState(status=RunStatus.RUNNING)


def intended(effect: Effect, *, lookup: bool = False, idempotent: bool = False) -> RunState:
    intent = e.CallIntended(
        at=START,
        step=1,
        tool="pay",
        call="1.1",
        ref="r",
        args={},
        key="1.1",
        effect=effect,
        lookup=lookup,
        idempotent=idempotent,
    )
    return fold(fold(RUNNING, RESTORED), intent)


def test_an_effect_is_in_doubt_before_it_is_made_and_its_tool_is_asked() -> None:
    state = intended(Effect.IRREVERSIBLE, lookup=True)
    assert machine.certain(state) is None
    assert isinstance(deciding.following(state), Resolve)
    looked = e.CallLookedUp(at=START, step=1, tool="pay", call="1.1", happened=Happened.NO)
    assert fold(state, looked).flights[0].may_be_made


def test_a_person_is_asked_where_no_tool_can_say() -> None:
    state = intended(Effect.IRREVERSIBLE)
    asked = str(deciding.following(state))
    assert "restored from an old backup" in asked
    assert "Did pay happen?" in asked


@pytest.mark.parametrize(("effect", "idempotent"), [(Effect.READ, True), (Effect.REVERSIBLE, True)])
def test_what_does_no_harm_twice_is_simply_made(effect: Effect, idempotent: bool) -> None:
    assert intended(effect, idempotent=idempotent).flights[0].may_be_made


def test_a_run_that_was_not_restored_is_as_ever() -> None:
    assert replace(intended(Effect.IRREVERSIBLE), restored=False).restored is False
    intent = e.CallIntended(
        at=START, step=1, tool="pay", call="1.1", ref="r", args={}, key="k", effect=Effect.READ
    )
    assert fold(RUNNING, intent).flights[0].doubt is Doubt.NONE


def test_an_undo_is_in_doubt_once_and_made_when_it_is_known_not_to_have_happened() -> None:
    state = RunState(
        status=RunStatus.COMPENSATING,
        restored=True,
        undoable=(Undoable("1.1", "pay", {}, None, 1),),
        to_be_undone=("1.1",),
    )
    intent = e.UndoIntended(at=START, step=1, tool="pay", call="1.1")
    state = fold(state, intent)
    assert state.undoing is Doubt.LOST
    settled = e.CallSettled(
        at=START, step=1, tool="pay", call="1.1", happened=Happened.NO, undo=True
    )
    state = fold(state, settled)
    assert fold(state, intent).undoing is Doubt.NONE
