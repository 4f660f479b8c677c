"""What a kill will do is said as it is: of the call in flight, of one that only waits, of one
nobody will be able to tell.
"""

from collections import Counter
from dataclasses import replace

import pytest

from runs.engine.kept_calls import Doubt, Flight
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, RunStatus, Waiting
from runs.reading import kill_consequences

FLIGHT = Flight(
    "1.1", "r", "refund", {}, "1.1", 1, idempotent=False, lookup=False, undo=True, timeout=9
)


def said(
    flight: Flight | None, status: RunStatus = RunStatus.RUNNING, waiting_for: Waiting | None = None
) -> tuple[str, str]:
    state = RunState(status=status, waiting_for=waiting_for, flights=(flight,) if flight else ())
    first = kill_consequences.of_kill(state, Counter(), sees_tools=True)[0]
    return first.words, first.tone


@pytest.mark.parametrize("status", [RunStatus.COMPLETED, RunStatus.STOPPED])
def test_of_a_run_that_has_ended_nothing_is_announced(status: RunStatus) -> None:
    assert said(None, status) == ("The run has ended by now: there is nothing to kill.", "")


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.WAITING])
def test_a_call_that_waits_for_another_attempt_is_not_in_flight(status: RunStatus) -> None:
    words, _ = said(
        replace(FLIGHT, doubt=Doubt.CLEARED),
        status,
        Waiting.BACKOFF if status is RunStatus.WAITING else None,
    )
    assert (
        words
        == "Nothing is in flight; the call to refund that waits for another attempt is not made."
    )


def test_a_call_that_its_tool_can_find_again_is_looked_up_and_undone() -> None:
    words, tone = said(replace(FLIGHT, lookup=True))
    assert "Its tool is asked whether it happened; if so it is undone." in words
    assert tone == ""


def test_a_call_that_nobody_can_find_again_is_announced_as_left_to_a_person() -> None:
    words, tone = said(FLIGHT)
    assert "Nobody can tell then whether it happened" in words
    assert tone == "person"


def test_a_read_is_only_cut_off() -> None:
    assert said(replace(FLIGHT, effect=Effect.READ)) == (
        "The call in flight to refund is cancelled at once. It only reads.",
        "",
    )


def test_reads_side_by_side_are_counted_by_tool_and_all_cut_off() -> None:
    look = replace(FLIGHT, effect=Effect.READ, idempotent=True)
    flights = (look, replace(look, call="1.2"), replace(look, call="1.3", tool="search"))
    state = RunState(status=RunStatus.RUNNING, flights=flights)
    for sees_tools, said_of_them in ((True, " (refund × 2, search)"), (False, "")):
        first = kill_consequences.of_kill(state, Counter(), sees_tools=sees_tools)[0]
        assert (
            first.words
            == f"The 3 calls in flight{said_of_them} are cancelled at once. They only read."
        )


def test_what_is_in_doubt_already_stays_listed() -> None:
    words, tone = said(replace(FLIGHT, doubt=Doubt.UNKNOWN), RunStatus.WAITING, Waiting.IN_DOUBT)
    assert (
        "stays open: until somebody has said so, the run is listed under what needs a person"
        in words
    )
    assert tone == "person"
