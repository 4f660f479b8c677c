"""A run as one line of the fleet: what it does this second, which verbs fit, its figures."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from approvals.selectors import queue
from runs.engine.stop_reasons import ASKS_PEOPLE
from runs.engine.vocabulary import RunPhase, RunStatus, StopReason, Waiting
from runs.models import Agent, Run
from runs.reading import fleet_rows, lost_workers

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def run(status: RunStatus = RunStatus.RUNNING, **facts: Any) -> Run:
    given: dict[str, Any] = {
        "id": UUID(int=7),
        "status": status,
        "agent": Agent(name="refund-desk", title="Refund desk"),
        "principal": User(username="olga"),
        "goal": "Refund order 1042",
        "created_at": NOW - timedelta(minutes=3),
        "max_steps": 50,
        "max_tokens": 200_000,
        "max_usd": Decimal(2),
        "max_seconds": 900,
        "usd": Decimal(0),
        "reserved_usd": Decimal(0),
    }
    return Run(**{**given, **facts})


def shown(found: Run, *, sees_tools: bool = True, operates: bool = True) -> fleet_rows.FleetRow:
    return fleet_rows.row(found, NOW, sees_tools=sees_tools, operates=operates)


def words(found: Run, *, sees_tools: bool = True) -> tuple[str, str]:
    now = fleet_rows.doing(found, NOW, sees_tools=sees_tools)
    return now.words, now.text


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("found", "sees_tools", "now"),
    [
        (
            run(phase=RunPhase.CALLING, tool="refund", phase_at=ago(1.4)),
            True,
            ("refund", "1.4 s"),
        ),
        (
            run(phase=RunPhase.CALLING, tool="refund", phase_at=ago(1.4)),
            False,
            ("a tool", "1.4 s"),
        ),
        (run(phase=RunPhase.PLANNING, phase_at=ago(2)), True, ("model turn", "2.0 s")),
        (run(phase=RunPhase.RESOLVING), True, ("taking over a call", "")),
        (run(phase=RunPhase.IDLE), True, ("between two moves", "")),
        (run(RunStatus.QUEUED), True, ("", "")),
        (run(RunStatus.COMPLETED, ended_at=ago(250)), True, ("ended", "4 min 10 s")),
        (
            run(
                RunStatus.WAITING, waiting_for=Waiting.BACKOFF, wake_at=NOW + timedelta(seconds=75)
            ),
            True,
            ("tries again in", "1:15"),
        ),
        (
            run(RunStatus.WAITING, waiting_for=Waiting.APPROVAL, stop_detail="Over $200."),
            True,
            ("Over $200.", ""),
        ),
        (
            run(RunStatus.WAITING, waiting_for=Waiting.APPROVAL, stop_detail="Over $200."),
            False,
            ("waiting", ""),
        ),
        (run(RunStatus.PAUSED), True, ("state saved", "")),
        (
            run(RunStatus.PAUSED, stop_reason=StopReason.USER_PAUSED, stop_detail="By anna."),
            False,
            ("By anna.", ""),
        ),
        (
            run(
                RunStatus.STOPPED,
                stop_reason=StopReason.LOOP_DETECTED,
                stop_detail="6 times",
                ended_at=ago(250),
            ),
            True,
            ("6 times", "4 min 10 s"),
        ),
        (
            run(
                RunStatus.STOPPED,
                stop_reason=StopReason.LOOP_DETECTED,
                stop_detail="6 times",
                ended_at=ago(250),
            ),
            False,
            ("ended", "4 min 10 s"),
        ),
        (
            run(RunStatus.COMPENSATING, phase=RunPhase.UNDOING, tool="refund", phase_at=ago(3)),
            True,
            ("refund", "3.0 s"),
        ),
        (
            run(RunStatus.COMPENSATING, phase=RunPhase.UNDOING, tool="refund", phase_at=ago(3)),
            False,
            ("undoing", "3.0 s"),
        ),
    ],
)
def test_a_row_says_what_its_run_does_this_second(
    found: Run, sees_tools: bool, now: tuple[str, str]
) -> None:
    assert words(found, sees_tools=sees_tools) == now


def test_long_words_of_a_stop_are_cut() -> None:
    found = run(RunStatus.STOPPED, stop_reason=StopReason.TOOL_FAILURE, stop_detail="x" * 500)
    assert len(words(found)[0]) == 90


def test_a_row_has_its_figures_as_text() -> None:
    found = shown(run(step=7, tokens_in=120_000, tokens_out=3_456, usd=Decimal("0.27"), seq=41))
    assert (found.id, found.short, found.seq) == (str(UUID(int=7)), "00000000", 41)
    assert (found.agent, found.who, found.goal) == ("Refund desk", "olga", "Refund order 1042")
    assert (found.step, found.steps_left) == ("7", "43 left")
    assert (found.tokens, found.tokens_limit) == ("123 k", "of 200 k")
    assert found.cost.figure == "$0.27"
    assert (found.age, found.started) == ("3:00", "2026-11-20 15:44:00 UTC")
    assert found.url == f"/runs/{UUID(int=7)}/"


def test_a_run_that_has_ended_ticks_no_more() -> None:
    found = shown(run(RunStatus.COMPLETED, started_at=ago(100), ended_at=ago(40), step=7))
    assert (found.age, found.age_since, found.steps_left) == ("1:00", "", "of 50")


def test_a_run_past_its_steps_has_none_left_rather_than_less() -> None:
    assert shown(run(step=60)).steps_left == "0 left"


@pytest.mark.parametrize("status", list(RunStatus))
@pytest.mark.parametrize("operates", [True, False])
def test_only_a_verb_that_fits_is_offered_and_only_to_operators(
    status: RunStatus, operates: bool
) -> None:
    found = shown(run(status, waiting_for=Waiting.CHILD), operates=operates)
    pausable = status in (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.QUEUED)
    assert bool(found.pause) is (operates and pausable)
    assert bool(found.resume) is (operates and status is RunStatus.PAUSED)


@pytest.mark.parametrize("reason", sorted(ASKS_PEOPLE))
def test_a_pause_that_asks_people_is_not_resumed_from_the_list(reason: StopReason) -> None:
    found = run(RunStatus.PAUSED, stop_reason=reason)
    assert shown(found).resume == ""
    assert fleet_rows.resumable(found) is False


def test_a_long_goal_is_cut() -> None:
    assert len(shown(run(goal="x" * 1000)).goal) == 160


LOST: dict[str, Any] = {"lost_after": "ended: SIGKILL", "crashes": 1}


@pytest.mark.parametrize("status", lost_workers.AT_WORK)
@pytest.mark.parametrize("phase", [RunPhase.CALLING, RunPhase.PLANNING, RunPhase.UNDOING])
def test_a_run_whose_worker_was_lost_says_so_and_then_who_has_taken_it_over(
    status: RunStatus, phase: RunPhase
) -> None:
    at_work: dict[str, Any] = {"phase": phase, "tool": "refund", "phase_at": ago(2)}
    gone = run(status, lease_expires_at=ago(1), **LOST, **at_work)
    assert words(gone) == ("worker lost, waiting for another one", "")
    taken = run(status, lease_owner="shop:12/a1", lease_expires_at=NOW, **LOST, **at_work)
    assert words(taken) == ("worker lost, taken over by shop:12", "")


def test_once_it_has_come_a_step_further_it_says_what_it_does() -> None:
    on = {**LOST, "crashes": 0, "lease_owner": "shop:12/a1", "lease_expires_at": NOW}
    going = run(phase=RunPhase.CALLING, tool="refund", phase_at=ago(2), **on)
    assert words(going) == ("refund", "2.0 s")
    assert lost_workers.after_loss(run()) == ""


@pytest.mark.parametrize("status", sorted(set(RunStatus) - set(lost_workers.AT_WORK)))
def test_a_run_that_rests_is_in_nobodys_hands(status: RunStatus) -> None:
    found = run(status, lease_owner="shop:12/a1", **LOST)
    assert lost_workers.after_loss(found) == ""


def test_addresses_that_are_put_together_are_those_that_the_house_answers() -> None:
    key = str(UUID(int=70))
    assert fleet_rows.place_address(key, 10) == reverse("runs:place", args=[key, 10])
    assert queue.card(1020) == reverse("approvals:card", args=[1020])
