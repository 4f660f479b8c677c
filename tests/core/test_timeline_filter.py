"""A timeline is narrowed to what somebody looks for, and a step or a time of day is found in it."""

from datetime import UTC, datetime, timedelta

import pytest

from runs.reading import timeline_filter
from runs.reading.timeline_filter import TimelineFilter
from runs.reading.turn_rows import TimelineRow

BEGAN = datetime(2026, 11, 20, 14, 2, 30, tzinfo=UTC)
ROWS = [
    TimelineRow("1", "plan", 1, number="1", what="Model turn"),
    TimelineRow("2", "call", 2, what="get_order", tone="good"),
    TimelineRow("3", "call", 3, what="issue_refund", tone="bad"),
    TimelineRow("gap-4", "gap", 4, tone="bad"),
]


def keys(query: dict[str, str]) -> list[str]:
    return [row.key for row in TimelineFilter.read(query).kept(ROWS)]


def test_only_failures_and_only_one_tool() -> None:
    assert keys({}) == ["1", "2", "3", "gap-4"]
    assert keys({"show": "failures"}) == ["3"]
    assert keys({"tool": "get_order"}) == ["2"]
    assert keys({"tool": "get_order", "show": "failures"}) == []


def test_tools_that_the_run_may_call_later_can_be_asked_for_at_once() -> None:
    assert timeline_filter.tools(ROWS) == ["get_order", "issue_refund"]
    offered = ["send_email", "get_order", "clock.*"]
    assert timeline_filter.tools(ROWS, offered) == ["get_order", "issue_refund", "send_email"]


def test_the_filter_stands_in_the_address_as_it_was_read() -> None:
    assert TimelineFilter(failures=True, tool="a&b").query == "?show=failures&tool=a%26b"
    assert TimelineFilter().query == ""


@pytest.mark.parametrize(
    ("text", "step"), [("6", 6), (" step 12 ", 12), ("0", 0), ("6.0", 0), ("٣", 0), ("", 0)]
)
def test_a_step_is_read(text: str, step: int) -> None:
    assert timeline_filter.step_in(text) == step


@pytest.mark.parametrize(
    ("text", "ahead", "found"),
    [
        ("14:06", 0, "2026-11-20 14:06:00"),
        ("3:47 pm", 0, "2026-11-20 15:47:00"),
        ("15:06:31", 60, "2026-11-20 14:06:31"),
        ("14:02", 0, "2026-11-20 14:02:00"),
        ("9:00", 0, "2026-11-21 09:00:00"),
        ("12:10 am", 0, "2026-11-21 00:10:00"),
    ],
)
def test_a_time_of_day_is_the_first_one_after_the_run_began(
    text: str, ahead: int, found: str
) -> None:
    at = timeline_filter.moment_in(text, BEGAN, ahead)
    assert at is not None
    assert f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" == found


@pytest.mark.parametrize("text", ["25:00", "13:00 pm", "14:61", "noon", "14"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert timeline_filter.moment_in(text, BEGAN) is None


def rows_at(*seconds: float) -> list[TimelineRow]:
    begun = round(BEGAN.timestamp() * 1000)
    return [
        TimelineRow(str(place), "call", place, start=begun + round(second * 1000))
        for place, second in enumerate(seconds)
    ]


@pytest.mark.parametrize(
    ("seconds", "lasts", "key"),
    [
        (2, 1, "1"),
        (3, 1, "2"),
        (4, 1, "2"),
        (0, 60, "0"),
        (60, 60, "3"),
        (90, 1, "4"),
        (-60, 60, "0"),
    ],
)
def test_a_moment_is_the_first_row_that_began_in_it_or_the_last_before_it(
    seconds: int, lasts: int, key: str
) -> None:
    at = BEGAN.replace(microsecond=0) + timedelta(seconds=seconds)
    rows = rows_at(0.2, 2.4, 3.9, 61.5, 70)
    found = timeline_filter.row_at(rows, at, at + timedelta(seconds=lasts))
    assert found
    assert found.key == key
    assert timeline_filter.row_at([], at, at) is None


@pytest.mark.parametrize(("text", "seconds"), [("14:06", 60), ("3:47 pm", 60), ("15:06:31", 1)])
def test_a_moment_lasts_as_long_as_it_was_said_exactly(text: str, seconds: int) -> None:
    assert timeline_filter.lasts(text) == timedelta(seconds=seconds)
