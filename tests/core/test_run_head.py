"""The head of a run's page: the line that says what it does this second, what was asked of it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from policies.authority import Person, Question, Subject
from runs.engine.vocabulary import (
    FINAL,
    Control,
    RunPhase,
    RunStatus,
    StopReason,
    Waiting,
)
from runs.models import Run
from runs.reading import header
from runs.reading.control_requests import ControlRequest
from runs.reading.story import Flying
from tests.core.run_heads import NOW, run

OPERATOR = header.Authority(Person("olga", operator=True))
VIEWER = header.Authority(Person("vera", approver=False))


def said(parts: tuple[header.NowPart, ...]) -> str:
    return " ".join(part.words for part in parts)


def flying(found: Run, timeout: float | None, calls: int = 1) -> Flying:
    """Calls that began when the row says so, and may take so many seconds."""
    until = found.phase_at + timedelta(seconds=timeout) if timeout and found.phase_at else None
    return Flying(calls, until)


def doing(
    found: Run, *, sees_tools: bool = True, timeout: float | None = None, calls: int = 1
) -> str:
    at_work = flying(found, timeout, calls)
    return said(header.now_line(found, NOW, sees_tools=sees_tools, flying=at_work))


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"phase": RunPhase.IDLE}, "Before its first step"),
        ({"phase": RunPhase.IDLE, "step": 4}, "Step 4 · between two moves"),
        ({"phase": RunPhase.PLANNING, "step": 4}, "Step 5 · model turn"),
        (
            {"phase": RunPhase.PLANNING, "step": 4, "phase_at": ago(1.4)},
            "Step 5 · model turn for 1.4 s",
        ),
        (
            {"phase": RunPhase.PLANNING, "step": 4, "reserved_usd": Decimal("0.05")},
            "Step 5 · model turn · $0.050 held for it",
        ),
        (
            {"phase": RunPhase.CALLING, "step": 4, "tool": "search_kb", "phase_at": ago(75)},
            "Step 4 · calling search_kb for 1 min 15 s",
        ),
        (
            {"phase": RunPhase.RESOLVING, "step": 4, "phase_at": ago(3)},
            (
                "Step 4 · its worker was lost in a call; finding out whether the call happened for"
                " 3.0 s"
            ),
        ),
    ],
)
def test_a_running_run_says_its_step_and_what_takes_the_time(
    facts: dict[str, Any], line: str
) -> None:
    assert doing(run(**facts)) == line


def test_a_call_names_when_it_times_out_and_the_moment_ticks_in_the_browser() -> None:
    calling = run(phase=RunPhase.CALLING, step=4, tool="search_kb", phase_at=ago(1.4))
    parts = header.now_line(calling, NOW, sees_tools=True, flying=flying(calling, 5))
    assert said(parts) == "Step 4 · calling search_kb for 1.4 s · times out in 0:03"
    assert [part.code for part in parts] == [False, True, False, False, False, False]
    assert [(part.tick, part.at) for part in parts if part.tick] == [
        ("span", "2026-11-20T15:46:58.600Z"),
        ("left", "2026-11-20T15:47:03.600Z"),
    ]


def test_several_calls_at_a_time_are_counted_and_the_first_to_time_out_is_what_ticks() -> None:
    calling = run(phase=RunPhase.CALLING, step=4, tool="search_kb, read_file", phase_at=ago(1))
    assert doing(calling, timeout=5, calls=4) == (
        "Step 4 · calling search_kb, read_file · 4 side by side for 1.0 s · times out in 0:04"
    )
    assert doing(calling, sees_tools=False, calls=2) == (
        "Step 4 · calling a tool · 2 side by side for 1.0 s"
    )


def test_a_call_past_its_timeout_has_nothing_left_rather_than_less() -> None:
    calling = run(phase=RunPhase.CALLING, step=4, tool="search_kb", phase_at=ago(60))
    assert doing(calling, timeout=5).endswith("· times out in 0:00")


def test_who_may_not_see_tools_reads_that_a_tool_is_called_and_not_which() -> None:
    calling = run(phase=RunPhase.CALLING, step=4, tool="search_kb", phase_at=ago(1))
    assert doing(calling, sees_tools=False, timeout=9) == (
        "Step 4 · calling a tool for 1.0 s · times out in 0:08"
    )


def test_a_planner_that_failed_says_when_it_is_asked_again() -> None:
    again = NOW + timedelta(seconds=125)
    parts = header.now_line(
        run(phase=RunPhase.IDLE, step=4), NOW, sees_tools=True, flying=None, again=again
    )
    assert said(parts) == "Step 5 · the model failed; asked again in 2:05"
    assert parts[-1].tick == "left"
    assert parts[-1].at == "2026-11-20T15:49:05.000Z"


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({}, "Waiting for a free worker slot"),
        ({"phase_at": ago(42)}, "Waiting for a free worker slot for 42 s"),
        (
            {"takes": 1, "lease_expires_at": NOW + timedelta(seconds=8)},
            "1 worker could not take it up · tried again in 0:08",
        ),
        (
            {"takes": 3, "lease_expires_at": NOW + timedelta(seconds=90)},
            "3 workers could not take it up · tried again in 1:30",
        ),
    ],
)
def test_a_queued_run_says_what_it_waits_for(facts: dict[str, Any], line: str) -> None:
    assert doing(run(RunStatus.QUEUED, **facts)) == line


@pytest.mark.parametrize("waiting", [Waiting.APPROVAL, Waiting.CHILD, Waiting.IN_DOUBT])
def test_a_waiting_run_says_why_and_for_how_long(waiting: Waiting) -> None:
    still = run(
        RunStatus.WAITING, waiting_for=waiting, phase_at=ago(3661), stop_detail="A refund of $300."
    )
    assert doing(still) == "A refund of $300 · for 1 h 1 min"


def test_without_words_of_its_own_a_wait_is_told_by_its_kind_and_never_by_a_tool() -> None:
    still = run(
        RunStatus.WAITING, waiting_for=Waiting.APPROVAL, stop_detail="refund wants a person", step=2
    )
    assert doing(still, sees_tools=False) == (
        "A call needs somebody's approval; nothing runs before"
    )


def test_a_back_off_counts_down_to_the_next_attempt() -> None:
    still = run(
        RunStatus.WAITING,
        waiting_for=Waiting.BACKOFF,
        wake_at=NOW + timedelta(seconds=7),
        stop_detail="Rate limited.",
    )
    assert doing(still) == "Rate limited · tries again in 0:07"


def test_a_paused_run_has_no_line_of_its_own_since_its_stop_says_it_all() -> None:
    assert doing(run(RunStatus.PAUSED, stop_reason=StopReason.USER_PAUSED)) == ""


@pytest.mark.parametrize(
    ("facts", "sees_tools", "line"),
    [
        ({}, True, "Stopped. Nothing has to be undone"),
        ({"to_undo": 3}, True, "Stopped. Undoing what it did: 0 of 3 undone"),
        (
            {"to_undo": 3, "undone": 1, "tool": "refund", "phase_at": ago(2)},
            True,
            "Stopped. Undoing what it did: 1 of 3 undone · calling the undo of refund for 2.0 s",
        ),
        (
            {"to_undo": 3, "undone": 1, "tool": "refund"},
            False,
            "Stopped. Undoing what it did: 1 of 3 undone",
        ),
        (
            {"to_undo": 3, "waiting_for": Waiting.IN_DOUBT, "stop_detail": "Nobody knows."},
            True,
            "Nobody knows",
        ),
    ],
)
def test_a_run_that_is_undone_counts_what_is_undone(
    facts: dict[str, Any], sees_tools: bool, line: str
) -> None:
    assert doing(run(RunStatus.COMPENSATING, **facts), sees_tools=sees_tools) == line


def test_a_request_that_no_worker_has_confirmed_is_said_with_who_when_and_why() -> None:
    asked = ControlRequest("anna", ago(75), "it costs too much")
    parts = header.requested(run(control=Control.KILL), NOW, asked)
    assert said(parts) == (
        "· kill requested by anna 1 min 15 s ago (it costs too much), not confirmed yet"
    )
    assert parts[1].tick == "span"


@pytest.mark.parametrize("control", [Control.PAUSE, Control.KILL])
def test_a_request_of_nobody_known_is_still_said(control: Control) -> None:
    assert said(header.requested(run(control=control), NOW, None)) == (
        f"· {control} requested, not confirmed yet"
    )


@pytest.mark.parametrize(
    "found", [run(), run(RunStatus.COMPENSATING, control=Control.KILL)], ids=["none", "confirmed"]
)
def test_nothing_is_said_of_a_request_that_was_not_made_or_is_carried_out(found: Run) -> None:
    assert header.requested(found, NOW, ControlRequest("anna", NOW)) == ()


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.COMPENSATING])
def test_a_run_whose_worker_is_gone_does_not_claim_to_be_at_work(status: RunStatus) -> None:
    lost: dict[str, Any] = {"lost_after": "ended: SIGKILL", "lease_expires_at": ago(1)}
    calling: dict[str, Any] = {"phase": RunPhase.CALLING, "tool": "search_kb", "phase_at": ago(4)}
    gone = run(status, **lost, **calling)
    assert doing(gone) == "Its worker was lost · waiting for another one to go on with it"
    assert "worker" not in doing(run(status, lease_owner="host:1/b", **lost, **calling))
    given_back = {**lost, "lease_expires_at": None}
    assert "worker" not in doing(run(status, **given_back, **calling))


def test_a_run_in_other_hands_names_them_until_it_has_come_a_step_further() -> None:
    owned: dict[str, Any] = {"lost_after": "ended: SIGKILL", "lease_owner": "shop:12/a1"}
    said_of = [
        "".join(part.words for part in header.in_other_hands(run(**owned, crashes=crashes)))
        for crashes in (1, 0)
    ]
    assert said_of == ["· worker lost, taken over by shop:12", ""]
    found = head(run(**owned, crashes=1, phase=RunPhase.PLANNING))
    assert "· worker lost, taken over by shop:12" in [part.words for part in found.now]
    stopped = run(RunStatus.STOPPED, **owned, crashes=1)
    assert header.in_other_hands(stopped) == ()


# the whole head


def head(found: Run, may: header.Authority = OPERATOR, **facts: Any) -> header.Header:
    return header.header(found, NOW, may=may, **{"sees_tools": True, **facts})


def test_the_head_names_the_run_its_agent_and_who_started_it() -> None:
    shown = head(
        run(
            goal="Refund order 1042",
            seq=12,
            correlation_id=UUID(int=9),
            phase=RunPhase.IDLE,
            late=2,
        )
    )
    assert (shown.short, shown.agent, shown.who) == ("00000000", "Refund desk", "olga")
    assert shown.correlation == f"{9:032x}"
    assert (shown.age, shown.created) == ("3 min", "2026-11-20 15:44:00 UTC")
    assert shown.age_since == "2026-11-20T15:44:00.000Z"
    assert (shown.goal, shown.seq, shown.late) == ("Refund order 1042", 12, 2)


@pytest.mark.parametrize("status", list(RunStatus))
def test_the_now_line_is_of_live_runs_only(status: RunStatus) -> None:
    shown = head(
        run(status, waiting_for=Waiting.APPROVAL, stop_reason=StopReason.USER_KILLED)
        if status in (RunStatus.STOPPED, RunStatus.WAITING)
        else run(status)
    )
    assert shown.live is (status not in FINAL)
    if status in FINAL:
        assert shown.now == ()


def test_a_paused_run_is_barred_to_viewers_in_the_words_of_the_button() -> None:
    paused = run(RunStatus.PAUSED, stop_reason=StopReason.USER_PAUSED)
    shown = head(paused, VIEWER)
    assert shown.stop is not None
    assert shown.stop.advice == shown.verbs[0].why_not
    assert "operator" in shown.stop.advice


def test_what_the_request_says_of_who_decides_is_not_said_again() -> None:
    question = Question(Subject.LOOP, "approver")
    paused = run(RunStatus.PAUSED, stop_reason=StopReason.LOOP_DETECTED)
    shown = head(paused, header.Authority(OPERATOR.who, question))
    assert shown.stop is not None
    assert (shown.stop.advice, bool(shown.verbs[0].why_not)) == ("", True)


def test_what_the_rule_found_stands_in_place_of_what_such_a_stop_means() -> None:
    found = "get_order was called 4 times with the same arguments (steps 2, 3, 4, 5)."
    looped = run(RunStatus.PAUSED, stop_reason=StopReason.LOOP_DETECTED, stop_detail=found)
    told, untold = head(looped).stop, head(looped, VIEWER, sees_tools=False).stop
    assert told is not None
    assert untold is not None
    assert (told.sentence, told.detail) == (found, "")
    assert "the answers brought nothing new" in untold.sentence


def test_an_obstacle_of_the_house_is_no_bar_of_the_reader() -> None:
    """What resuming would meet is said by the advice of its cause, not twice."""
    paused = run(RunStatus.PAUSED, stop_reason=StopReason.BUDGET_EXCEEDED)
    blocked = header.Authority(OPERATOR.who, obstacle="The daily budget is used up.")
    shown = head(paused, blocked, room="It can go on tomorrow.")
    assert shown.verbs[0].why_not == "The daily budget is used up."
    assert shown.stop is not None
    assert shown.stop.advice == "It can go on tomorrow."


@pytest.mark.parametrize(
    ("status", "facts", "doubt", "undo"),
    [
        (RunStatus.WAITING, {"waiting_for": Waiting.IN_DOUBT}, True, False),
        (RunStatus.WAITING, {"waiting_for": Waiting.APPROVAL}, False, False),
        (RunStatus.COMPENSATING, {"waiting_for": Waiting.IN_DOUBT}, True, True),
        (RunStatus.STOPPED, {"stop_reason": StopReason.KILLED_IN_DOUBT}, True, False),
        (RunStatus.STOPPED, {"stop_reason": StopReason.USER_KILLED}, False, False),
    ],
)
def test_a_doubt_is_told_from_the_doubt_of_an_undo(
    status: RunStatus, facts: dict[str, Any], doubt: bool, undo: bool
) -> None:
    shown = head(run(status, **facts))
    assert (shown.in_doubt, shown.undo_in_doubt) == (doubt, undo)
