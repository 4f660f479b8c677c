"""Bars over time: every event in one of them, each bar a query for its own stretch."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.pages import time_brush
from runs.language import grammar, moments
from runs.language.query_terms import Query
from runs.search.asker import Asker

NOW = datetime(2026, 11, 27, 14, 10, tzinfo=UTC)
ASKER = Asker(1, frozenset(), NOW)
HOUR = timedelta(hours=1)


def query(text: str = "kind:run.stopped") -> Query:
    return grammar.parse(text)


def inside(text: str, times: list[datetime]) -> int:
    """How many of the times the one `at:` of this query lets through."""
    [term] = grammar.parse(text).named("at")
    begin, end = moments.resolved(moments.asked(term.value), NOW, UTC)
    return sum(begin <= at < end for at in times if begin and end)


@given(st.lists(st.integers(0, 10**8), min_size=2, max_size=60, unique=True))
def test_every_event_stands_in_the_bar_that_leads_to_it(ago: list[int]) -> None:
    times = sorted((NOW - timedelta(seconds=each) for each in ago), reverse=True)
    found = time_brush.brush(query(), times, ASKER, whole=True)
    assert found
    counts = [int(bar.words.partition(" ")[0].replace(",", "")) for bar in found.bars]
    assert sum(counts) == len(times)
    assert [inside(bar.query, times) for bar in found.bars] == counts
    assert len(found.bars) <= time_brush.BARS
    assert all(0 <= bar.x < time_brush.WIDE and bar.height > 0 for bar in found.bars)


def test_a_bar_keeps_the_rest_of_the_query_and_takes_the_place_of_its_time() -> None:
    found = time_brush.brush(
        query("kind:call.* age<1d -at:today"), [NOW, NOW - HOUR], ASKER, whole=True
    )
    assert found
    assert found.bars[0].query.startswith("kind:call.* -at:today at:2026-11-27T13:")
    assert "age" not in found.bars[0].query


def test_the_box_spans_what_was_asked_for() -> None:
    found = time_brush.brush(query("age<1d"), [NOW - HOUR, NOW - 2 * HOUR], ASKER, whole=True)
    assert found
    assert found.first <= NOW - timedelta(days=1)
    assert found.last >= NOW - HOUR


def test_more_than_are_counted_is_said_and_begins_with_the_oldest_that_was() -> None:
    times = [NOW - each * HOUR for each in range(3)]
    found = time_brush.brush(query("age<30d"), times, ASKER, whole=False)
    assert found
    assert (found.newest, found.first >= NOW - 3 * HOUR) == (3, True)


@pytest.mark.parametrize("times", [[], [NOW]])
def test_fewer_than_two_events_draw_nothing(times: list[datetime]) -> None:
    assert time_brush.brush(query(), times, ASKER, whole=True) is None


def test_events_of_one_moment_are_one_bar() -> None:
    found = time_brush.brush(query(), [NOW, NOW], ASKER, whole=True)
    assert found
    assert len(found.bars) == 1
