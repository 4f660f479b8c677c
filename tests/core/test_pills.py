"""States, verbs and meters of a run's row: a word for each, and a reason for each verb that does
not fit.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from console import figures
from policies.authority import Person
from runs.engine.stop_reasons import EXPLANATIONS
from runs.engine.vocabulary import Control, RunPhase, RunStatus, StopReason, Waiting
from runs.models import Run
from runs.reading import meters, pills, verbs

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def run(status: RunStatus = RunStatus.RUNNING, **facts: Any) -> Run:
    limits: Any = {"max_steps": 50, "max_tokens": 1000, "max_usd": Decimal(2), "max_seconds": 60}
    return Run(status=status, **{**limits, **facts})


@pytest.mark.parametrize(
    "reason", [reason for reason in StopReason if reason is not StopReason.COMPLETED]
)
def test_every_stop_reason_has_its_title_an_icon_and_never_the_word_failed(
    reason: StopReason,
) -> None:
    shown = pills.pill(run(RunStatus.STOPPED, stop_reason=reason))
    assert shown.word == EXPLANATIONS[reason].title
    assert shown.word.lower() != "failed"
    assert reason in pills.ICONS


@pytest.mark.parametrize("waiting", list(Waiting))
def test_every_kind_of_waiting_has_a_word(waiting: Waiting) -> None:
    assert pills.pill(run(RunStatus.WAITING, waiting_for=waiting)).word


@pytest.mark.parametrize(
    "status", [RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PAUSED]
)
def test_a_requested_kill_shows_as_requested_until_it_is_confirmed(status: RunStatus) -> None:
    shown = pills.pill(
        run(status, control=Control.KILL, waiting_for=Waiting.BACKOFF, stop_reason="")
    )
    assert shown.word == "Kill requested"
    assert pills.pill(run(RunStatus.STOPPED, stop_reason=StopReason.USER_KILLED)).word == "Killed"


def test_undoing_counts() -> None:
    assert pills.pill(run(RunStatus.COMPENSATING, undone=1, to_undo=3)).word == "Undoing 2 of 3"


@pytest.mark.parametrize("status", list(RunStatus))
@pytest.mark.parametrize("control", list(Control))
@pytest.mark.parametrize("operates", [True, False])
def test_every_state_offers_verbs_or_says_why_not(
    status: RunStatus, control: Control, operates: bool
) -> None:
    reason = {
        RunStatus.STOPPED: StopReason.LOOP_DETECTED,
        RunStatus.COMPLETED: StopReason.COMPLETED,
    }.get(status, "")
    found = verbs.verbs(
        run(status, control=control, stop_reason=reason),
        Person("user:olga", approver=False, operator=operates),
    )
    assert found[-1].name == "kill"
    assert sum(verb.primary for verb in found) <= 1
    if not operates:
        assert all(verb.why_not for verb in found)
    if status in (RunStatus.COMPLETED, RunStatus.STOPPED):
        assert found[-1].why_not


def test_meters_turn_amber_and_red_and_never_run_over() -> None:
    def level(usd: str) -> str:
        return meters.cost(run(usd=Decimal(usd))).level

    assert [level(usd) for usd in ("1.59", "1.60", "1.89", "1.90", "5")] == [
        "",
        "near",
        "near",
        "over",
        "over",
    ]
    assert meters.cost(run(usd=Decimal(5))).spent == "100.0"


def test_what_is_reserved_fits_into_what_is_left() -> None:
    shown = meters.cost(run(usd=Decimal("1.9"), reserved_usd=Decimal(1)))
    assert (shown.spent, shown.reserved) == ("95.0", "5.0")


def test_an_unknown_price_is_not_zero() -> None:
    assert meters.cost(run(usd_unknown=True, tokens_in=10)).figure == "no known price"
    assert "at least" in meters.cost(run(usd_unknown=True, usd=Decimal(1))).said


def test_the_running_time_ticks_only_while_the_runs_clock_runs() -> None:
    going = meters.deadline(
        run(started_at=NOW, active_seconds=60.0, clock_since=NOW), NOW + timedelta(seconds=5)
    )
    assert (going.figure, going.tick, going.note) == (
        "1:05",
        figures.iso(NOW - timedelta(minutes=1)),
        "",
    )
    waiting = run(RunStatus.WAITING, started_at=NOW, active_seconds=65.0)
    asked = meters.deadline(waiting, NOW + timedelta(hours=9))
    assert (asked.figure, asked.tick, asked.note) == ("1:05", "", "stands still meanwhile")
    assert not meters.deadline(run(RunStatus.STOPPED, started_at=NOW, ended_at=NOW), NOW).tick


def test_a_limit_of_nothing_is_a_full_meter_and_no_error() -> None:
    assert meters.tokens(run(max_tokens=0, phase=RunPhase.IDLE)).spent == "100.0"
