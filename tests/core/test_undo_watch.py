"""The simulation's watch over undoing sees each thing that must not happen, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import Compensation, Outcome, StopReason, Verdict
from runs.simulation.undo_watch import UndoWatch
from tests.core.deciding import flight
from tests.core.runs_in_memory import START

RUN = UUID(int=7)
ACKNOWLEDGED = e.KillAcknowledged(at=START, to_undo=2)
ENDED = e.UndoEnded(at=START, reason=StopReason.DRIFTED)


def kill(choice: Compensation = Compensation.UNDO) -> e.KillRequested:
    return e.KillRequested(at=START, compensate=choice)


def begins(call: str) -> e.UndoIntended:
    return e.UndoIntended(at=START, step=1, tool="book", call=call)


def done(call: str) -> e.UndoReturned:
    return e.UndoReturned(
        at=START, step=1, tool="book", call=call, outcome=Outcome.OK, verdict=Verdict.SUCCEEDED
    )


def chosen(*calls: str) -> e.UndoBegun:
    return e.UndoBegun(at=START, undoes=calls)


STOPPED = e.RunStopped(at=START, reason=StopReason.DRIFTED)
UNDO, LEAVE = {"stop": "undo"}, {"stop": "leave"}


def seen(
    events: Sequence[e.RunEvent],
    choices: dict[str, str] | None = None,
    state: RunState | None = None,
) -> list[str]:
    found: list[str] = []
    watch = UndoWatch(lambda run, sentence: found.append(sentence))
    held = replace(state or RunState(), compensation=choices or {})
    for event in events:
        watch.heard(RUN, event, held)
    return found


@pytest.mark.parametrize(
    ("events", "choices"),
    [
        ([kill(), ACKNOWLEDGED, begins("2.1"), done("2.1"), begins("1.1"), done("1.1")], {}),
        ([STOPPED, begins("1.2"), begins("1.2"), done("1.2"), begins("1.1"), ENDED], UNDO),
        ([STOPPED, chosen("1.1"), begins("1.1"), ENDED, chosen("2.1"), begins("2.1")], LEAVE),
        ([kill(Compensation.ASK), ACKNOWLEDGED, STOPPED, chosen("1.1"), begins("1.1")], {}),
    ],
)
def test_what_may_be_is_not_complained_about(
    events: Sequence[e.RunEvent], choices: dict[str, str]
) -> None:
    assert seen(events, choices) == []


@pytest.mark.parametrize(
    ("events", "choices", "said"),
    [
        ([kill(Compensation.LEAVE), ACKNOWLEDGED, begins("1.1")], {}, "nobody decided on that"),
        ([STOPPED, begins("1.1")], LEAVE, "nobody decided on that"),
        ([STOPPED, chosen("2.1"), begins("1.1")], LEAVE, "nobody decided on that"),
        ([STOPPED, e.UndoDeclined(at=START), begins("1.1")], UNDO, "nobody decided on that"),
        ([STOPPED, begins("1.1"), ENDED, begins("1.1")], UNDO, "nobody decided on that"),
        ([STOPPED, begins("1.1"), begins("2.1")], UNDO, "undone after an earlier call"),
        ([STOPPED, begins("1.9"), begins("1.10")], UNDO, "undone after an earlier call"),
        ([STOPPED, done("1.1"), done("1.1")], UNDO, "1.1 is undone twice"),
    ],
)
def test_what_may_not_be_is_told(
    events: Sequence[e.RunEvent], choices: dict[str, str], said: str
) -> None:
    [told] = seen(events, choices)
    assert said in told


def test_an_undo_before_a_call_in_doubt_is_settled_is_told() -> None:
    doubtful = RunState(flights=(flight(call="2.1"),))
    assert seen([STOPPED, begins("1.1")], UNDO, doubtful) == ["1.1 is undone while 2.1 is in doubt"]
