"""Figures as people read them."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from console import figures


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0:00"), (7.9, "0:07"), (192, "3:12"), (5987, "1:39:47"), (187_200, "2 d 4 h")],
)
def test_a_clock(seconds: float, said: str) -> None:
    assert figures.clock(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0042, "4 ms"),
        (0.84, "0.8 s"),
        (42.4, "42 s"),
        (60, "1 min"),
        (250, "4 min 10 s"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_how_long_something_took(seconds: float, said: str) -> None:
    assert figures.span(seconds) == said


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        ("0", "$0.00"),
        ("0.00001", "<$0.0001"),
        ("0.0042", "$0.0042"),
        ("0.0315", "$0.032"),
        ("0.316", "$0.32"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_money_is_finer_where_it_is_small(usd: str, said: str) -> None:
    assert figures.money(Decimal(usd)) == said


def test_arguments_are_one_short_line_whatever_they_are() -> None:
    assert (
        figures.arguments({"order": 1042, "note": "two\nlines", "deep": {"a": [1]}})
        == 'order: 1042, note: two lines, deep: {"a": [1]}'
    )
    assert figures.arguments("not JSON {") == "not JSON {"
    assert figures.arguments(None) == ""
    assert len(figures.arguments({"text": "x" * 500})) == 80


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd"), (112, "112th")],
)
def test_ordinals(number: int, said: str) -> None:
    assert figures.ordinal(number) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is", "as it is"),
        ("  on\n one\tline ", "on one line"),
        ("too long to be shown whole", "too long t…"),
        ("", ""),
        (f"a{' ' * 1_000_000}b", "a…"),
    ],
)
def test_a_text_on_one_line_says_where_something_is_missing(text: str, shown: str) -> None:
    assert figures.line(text, 11) == shown


def test_a_sentence_ends_once() -> None:
    assert [figures.sentence(each) for each in ("It broke", "It broke.", "Why?", "And so on…")] == [
        "It broke.",
        "It broke.",
        "Why?",
        "And so on…",
    ]


def test_an_hour_is_told_in_utc_wherever_it_was_noted() -> None:
    noted = datetime(2026, 3, 3, 16, 47, 5, tzinfo=timezone(timedelta(hours=1)))
    assert figures.hour(noted) == "15:47 UTC"


@pytest.mark.parametrize(
    ("later", "said"),
    [
        (timedelta(), ""),
        (timedelta(hours=8), ""),
        (timedelta(hours=9), " on 3 March"),
        (timedelta(days=-1), " on 3 March"),
        (timedelta(days=400), " on 3 March 2026"),
    ],
)
def test_a_time_of_another_day_says_which(later: timedelta, said: str) -> None:
    noted = datetime(2026, 3, 3, 16, 47, 5, tzinfo=timezone(timedelta(hours=1)))
    assert figures.day(noted, noted + later) == said
