"""A worker that fails for the last time knows the run by its row alone: what it writes is what the
journal folds to.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from runs.engine import events as e
from runs.engine.engine_errors import Unreadable
from runs.engine.ports import ToolCall
from runs.engine.projection import project
from runs.engine.vocabulary import Effect, Outcome, RunStatus, StopReason, Verdict, Waiting
from runs.runtime import run_ledger
from runs.runtime.aftermath import MOST_TAKES, Aftermath
from runs.runtime.lease import Lease
from runs.simulation.journals import Journals
from runs.simulation.lives import SimulatedRun
from tests.core.runs_in_memory import START, created, leased

AT = START + timedelta(seconds=30)
CALLS = (ToolCall("a", "book", {}), ToolCall("b", "look", {}))
PLANNED = e.StepPlanned(at=START, step=1, calls=CALLS, tokens_in=10, usd=Decimal("0.01"))
INTENDED = e.CallIntended(
    at=START,
    step=1,
    tool="book",
    call="1.1",
    ref="a",
    args={},
    key="1.1",
    effect=Effect.REVERSIBLE,
    undo=True,
)
BOOKED = e.CallReturned(
    at=START,
    step=1,
    tool="book",
    call="1.1",
    outcome=Outcome.OK,
    verdict=Verdict.SUCCEEDED,
    result={"id": "x"},
)
BOOKING = (leased(), PLANNED, INTENDED)
DONE = (*BOOKING, BOOKED)
KILL = e.KillRequested(at=START + timedelta(seconds=9))
WAITS = e.RunWaiting(at=START, waiting_for=Waiting.BACKOFF, until=START + timedelta(seconds=12))
PAUSED = (e.PauseRequested(at=START), e.RunPaused(at=START))
UNDOING = (KILL, e.KillAcknowledged(at=KILL.at, to_undo=1))
UNDO = e.UndoIntended(at=KILL.at, step=1, tool="book", call="1.1", attempt=1)

LIVES: dict[str, Sequence[e.RunEvent]] = {
    "never begun": (),
    "never begun, killed": (KILL,),
    "planning": (leased(),),
    "planning, killed": (leased(), KILL),
    "in a call": BOOKING,
    "in a call, killed": (*BOOKING, KILL),
    "something done": DONE,
    "something done, killed": (*DONE, KILL),
    "in a back-off": (*DONE, WAITS),
    "in a back-off, killed": (*DONE, WAITS, KILL),
    "paused, killed": (*DONE, *PAUSED, KILL),
    "being undone": (*DONE, *UNDOING),
    "in an undo": (*DONE, *UNDOING, UNDO),
}


def failing(lived: Sequence[e.RunEvent], error: Exception) -> tuple[SimulatedRun, Aftermath]:
    """A run with this history, in the hands of the last worker that is tried."""
    journals = Journals(lambda: AT)
    life = SimulatedRun(uuid4(), {"name": "a"}, uuid4())
    journals.born(life, [created()])
    if lived:
        journals.say(life.run, lived)
    life.row["takes"] = MOST_TAKES - 1
    held = journals.acquire(life.run, "w")
    assert held is not None
    after = journals.failed(held, error, "why")
    assert after is not None
    return life, after


@pytest.mark.parametrize("name", LIVES)
def test_the_row_of_a_dead_letter_is_what_its_journal_folds_to(name: str) -> None:
    life, after = failing(LIVES[name], ValueError("no tools"))
    assert after.last
    folded, _ = run_ledger.replayed(life.stored)
    shown = project(folded)
    assert {column: life.row[column] for column in shown} == shown
    assert (life.row["lease_owner"], life.row["lease_expires_at"], life.row["takes"]) == (
        "",
        None,
        0,
    )


def test_of_a_killed_dead_letter_nothing_is_said_to_be_undone_and_a_person_is_told() -> None:
    life, _ = failing(LIVES["something done, killed"], Unreadable(1, "run.created", "torn"))
    assert (life.row["status"], life.row["stop_reason"]) == (
        RunStatus.STOPPED,
        StopReason.COMPENSATION_FAILED,
    )
    assert life.row["to_undo"] == 0
    assert "a person must" in str(life.row["stop_detail"])


def test_a_run_taken_in_hand_only_to_acknowledge_its_kill_has_begun() -> None:
    assert failing(LIVES["never begun, killed"], ValueError())[0].row["started_at"] == AT
    assert failing(LIVES["planning, killed"], ValueError())[0].row["started_at"] == START


@pytest.mark.parametrize(("takes", "rest"), [(1, 8.0), (2, 16.0), (3, 32.0)])
def test_each_failure_has_the_run_rest_for_twice_as_long(takes: int, rest: float) -> None:
    journals = Journals(lambda: AT)
    life = SimulatedRun(uuid4(), {"name": "a"}, uuid4())
    journals.born(life, [created()])
    life.row["takes"] = takes - 1
    held = journals.acquire(life.run, "w")
    assert held is not None
    assert journals.failed(held, ValueError(), "why") is not None
    assert life.row["lease_expires_at"] == AT + timedelta(seconds=rest)
    assert life.owner == ""


def test_a_worker_whose_lease_is_anothers_writes_nothing_of_its_failure() -> None:
    journals = Journals(lambda: AT)
    life = SimulatedRun(uuid4(), {"name": "a"}, uuid4())
    journals.born(life, [created()])
    zombie: Lease | None = journals.acquire(life.run, "w")
    assert zombie is not None
    journals.release(life.run, zombie.epoch)
    journals.acquire(life.run, "v")
    assert journals.failed(zombie, ValueError(), "why") is None
    assert len(life.stored) == 1
