"""A run that is stopped and to be undone is a worker's to take, wherever it is kept; one that waits
for a person, or is over, is nobody's.
"""

from typing import Any

import pytest

from runs.engine import events as e
from runs.engine.fold import folded
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, StopReason, Verdict, Waiting
from tests.conformance.conftest import CREATED, Place
from tests.conformance.test_store import AT, append, leased, taken

CALL: dict[str, Any] = {"step": 1, "tool": "order", "call": "1.1"}
INTENDED = e.CallIntended(
    at=AT, **CALL, ref="r", args={}, key="1.1", effect=Effect.REVERSIBLE, undo=True
)
RETURNED = e.CallReturned(at=AT, **CALL, outcome=Outcome.OK, verdict=Verdict.SUCCEEDED)
STOPPED = e.RunStopped(at=AT, reason=StopReason.LOOP_DETECTED, detail="The same again.")
BEGUN = e.UndoBegun(at=AT, undoes=("1.1",), note="wrong order")
ENDED = e.UndoEnded(at=AT, reason=StopReason.LOOP_DETECTED, detail="1 of 1 undone.")


def row(state: RunState, *events: e.RunEvent) -> tuple[RunState, dict[str, object]]:
    after = folded(events, state)
    return after, dict(project(after))


def given_up(place: Place, *events: e.RunEvent) -> RunState:
    """The run after these events, and given back by whoever had it."""
    held = taken(place)
    happened = (leased(held), *events)
    state, projection = row(folded([CREATED]), *happened)
    append(place, held, 1, *happened, projection=projection)
    place.release(held.epoch)
    return state


@pytest.mark.parametrize(
    ("event", "whose"), [(BEGUN, True), (e.UndoAsked(at=AT, undoes=("1.1",)), False)]
)
def test_what_a_person_has_undone_is_taken_and_what_they_are_asked_about_is_not(
    place: Place, event: e.RunEvent, whose: bool
) -> None:
    state = given_up(place, INTENDED, RETURNED, STOPPED)
    assert place.unheld() == []
    _, projection = row(state, event)
    place.say([event], **projection)
    assert place.unheld() == ([place.run] if whose else [])
    assert place.shows("waiting_for") == ("" if whose else Waiting.UNDO)


def test_what_is_undone_is_taken_no_more_and_says_how_much(place: Place) -> None:
    back = e.UndoReturned(at=AT, **CALL, outcome=Outcome.OK, verdict=Verdict.SUCCEEDED)
    intent = e.UndoIntended(at=AT, **CALL)
    given_up(place, INTENDED, RETURNED, STOPPED, BEGUN, intent, back, ENDED)
    assert (place.shows("status"), place.shows("undone"), place.shows("leftover")) == (
        "stopped", 1, False,
    )  # fmt: skip
    assert place.unheld() == []
