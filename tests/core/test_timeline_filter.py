"""A timeline is narrowed to what somebody looks for, and a step or a time of day is found in it."""

from datetime import UTC, datetime

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
