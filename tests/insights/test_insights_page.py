"""The insights page: its figures from sums, its ranges, its file, and who may read it."""

import csv
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from console.journal import database_clock
from policies.budgets.models import Budget, Escrow
from runs.insights import ranges
from runs.insights.models import Rollup, RollupPosition
from runs.models import Agent
from tests.incidents.playing import person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, 14, 10, tzinfo=UTC)


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(database_clock, "now", lambda: NOW)
    Agent.objects.create(name="desk", title="Refund desk", planner="scripted")
    RollupPosition.objects.create(pk=1, event=1, at=NOW)
    client = Client()
    client.force_login(
        person("vera", "viewer"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def add(at: datetime, noun: str, name: str, **measures: float | str) -> None:
    for measure, amount in measures.items():
        for span in ranges.SPANS:
            begin = ranges.begin(at, span)
            facts = {"noun": noun, "agent": "desk", "name": name, "measure": measure}
            row, _ = Rollup.objects.get_or_create(
                span=span, at=begin, **facts, defaults={"amount": 0}
            )
            Rollup.objects.filter(pk=row.pk).update(amount=row.amount + Decimal(str(amount)))


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/insights/?{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def week(client: Client) -> None:
    yesterday, last_week = NOW - timedelta(days=1), NOW - timedelta(days=8)
    add(yesterday, "end", "COMPLETED", ended=30)
    add(yesterday, "end", "LOOP_DETECTED", ended=6, paused=3)
    add(yesterday, "end", "BUDGET_EXCEEDED", paused=2)
    add(yesterday, "turn", "gpt-4.1", turns=300, usd="6.00", saved="1.25", failed=2)
    add(yesterday, "call", "book", succeeded=80, no_success=10, timeout=5, refused=5)
    add(yesterday, "ask", "book", asked=20, decided=20)
    add(last_week, "end", "COMPLETED", ended=20)
    add(last_week, "turn", "gpt-4.1", turns=100, usd="8.00")
    add(last_week, "call", "book", succeeded=50, no_success=50)


def test_figures_stand_beside_those_of_the_range_before(viewer: Client) -> None:
    week(viewer)
    found = page(viewer)
    for figure in (
        '<b>36</b><span class="label">runs ended</span><small>before 20</small>',
        '<b>83 %</b><span class="label">completed</span><small>before 100 %</small>',
        '<b>$0.20</b><span class="label">a completed task</span><small>before $0.40</small>',
        '<b>10.0</b><span class="label">steps a task</span><small>before 5.0</small>',
        '<b>20 %</b><span class="label">of calls asked</span><small>before 0 %</small>',
        '<b>9</b><span class="label">paused or ended by a loop</span><small>before 0</small>',
        '<b>$1.25</b><span class="label">saved by the cache</span><small>before $0.00</small>',
    ):
        assert figure in found
    assert "Loop detected" in found
    assert "Budget reached" not in found, "a reason that runs were only paused for stopped none"
    assert '<b>80 %</b></td><td class="num quiet wide">50 %</td>' in found


def test_the_range_and_the_agent_stand_in_the_address(viewer: Client) -> None:
    week(viewer)
    assert "<b>20</b>" in page(viewer, "from=2026-11-18&to=2026-11-20&agent=desk")
    assert "Nothing ended" in page(viewer, "from=2025-01-01&to=2025-01-02")


@pytest.mark.parametrize(
    "said",
    [
        "range=9d",
        "from=2026-13-01",
        "from=2026-11-20&to=2026-11-02",
        "from=0001-01-01",
        "to=tomorrow",
    ],
)
def test_a_range_that_is_none_is_said_and_the_usual_one_is_shown(viewer: Client, said: str) -> None:
    assert "Shown are the last 7 days." in page(viewer, said)


def test_few_are_counted_and_not_put_in_percent(viewer: Client) -> None:
    add(NOW, "call", "book", succeeded=2, error=1)
    assert "<b>2 of 3</b>" in page(viewer)


def test_never_more_are_asked_about_than_there_were_calls(viewer: Client) -> None:
    add(NOW, "call", "book", succeeded=4, denied=1)
    add(NOW, "ask", "book", asked=8, decided=5)
    add(NOW, "call", "cook", succeeded=1)
    add(NOW, "ask", "cook", asked=3, decided=3)
    found = page(viewer)
    assert '<b>8 of 8</b></td><td class="num">' in found
    assert '<b>3 of 3</b></td><td class="num">' in found


def test_the_sums_are_a_file_and_no_formula(viewer: Client) -> None:
    add(NOW, "call", "=book", succeeded=2)
    lines = list(csv.reader(viewer.get("/insights/?as=csv").content.decode().splitlines()))
    assert lines == [
        ["about", "agent", "name", "measure", "shown", "before"],
        ["call", "desk", "'=book", "succeeded", "2.000000000", "0"],
    ]


def test_a_budget_of_nothing_is_full_and_breaks_no_page(viewer: Client) -> None:
    add(NOW, "end", "COMPLETED", ended=1)
    budget = Budget.objects.create(name="shut", window="day", measure="usd", amount=0)
    Escrow.objects.create(budget=budget, starts_at=NOW.replace(hour=0, minute=0), spent=0)
    assert "shut, today" in page(viewer)


def test_a_budget_that_runs_out_before_its_window_ends_says_when(viewer: Client) -> None:
    add(NOW, "end", "COMPLETED", ended=1)
    budget = Budget.objects.create(name="house", window="day", measure="usd", amount=10)
    begin = NOW.replace(hour=0, minute=0)
    Escrow.objects.create(budget=budget, starts_at=begin, spent=8)
    found = page(viewer)
    assert "house, today" in found
    assert "used up about Fri 17:42 UTC" in found
    assert "about $13.55 by 00:00 UTC" in found


def test_sums_that_are_behind_say_until_when_they_go(viewer: Client) -> None:
    RollupPosition.objects.update(at=NOW - timedelta(minutes=5))
    assert "as of 2026-11-27 14:05 UTC" in page(viewer)


def test_who_may_not_see_runs_sees_no_figures() -> None:
    client = Client()
    client.force_login(
        User.objects.create_user("norbert"), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get("/insights/").status_code == 403


def test_a_range_is_compared_with_the_same_length_directly_before_it() -> None:
    span = ranges.chosen({"range": "7d"}, NOW)
    assert (span.first, span.last) == (
        datetime(2026, 11, 20, 15, tzinfo=UTC),
        datetime(2026, 11, 27, 15, tzinfo=UTC),
    )
    assert span.before == datetime(2026, 11, 13, 15, tzinfo=UTC)
    typed = ranges.chosen({"from": "2026-11-01", "to": "2026-11-02"}, NOW)
    assert (typed.first.day, typed.last.day) == (1, 3)


def test_a_range_is_added_up_of_whole_months_days_and_hours() -> None:
    first, last = datetime(2026, 9, 29, 22, tzinfo=UTC), datetime(2026, 11, 2, 3, tzinfo=UTC)
    parts = ranges.parts(first, last)
    told = [f"{each.span} {each.first:%d.%m. %H}-{each.last:%d.%m. %H}" for each in parts]
    assert told == [
        "hour 29.09. 22-30.09. 00",
        "day 30.09. 00-01.10. 00",
        "month 01.10. 00-01.11. 00",
        "day 01.11. 00-02.11. 00",
        "hour 02.11. 00-02.11. 03",
    ]
    year = ranges.parts(NOW.replace(hour=0, minute=0, year=2025), NOW.replace(hour=0, minute=0))
    assert [each.span for each in year] == ["day", "month", "day"]


@given(st.integers(0, 20_000), st.integers(1, 20_000))
def test_the_parts_of_a_range_follow_one_another_and_leave_nothing_out(
    begin: int, long: int
) -> None:
    first = datetime(2025, 1, 1, tzinfo=UTC) + begin * ranges.HOUR
    parts = ranges.parts(first, first + long * ranges.HOUR)
    assert (parts[0].first, parts[-1].last) == (first, first + long * ranges.HOUR)
    assert all(one.last == other.first for one, other in itertools.pairwise(parts))
    for each in parts:
        assert ranges.begin(each.first, each.span) == each.first
        assert ranges.begin(each.last, each.span) == each.last


def test_a_long_range_is_made_of_its_months_and_the_days_at_its_ends(viewer: Client) -> None:
    for days, ended in ((0, 1), (40, 10), (200, 100), (364, 1_000), (365, 50), (600, 7)):
        add(NOW - timedelta(days=days), "end", "COMPLETED", ended=ended)
    found = page(viewer, "range=365d")
    assert '<b>1,111</b><span class="label">runs ended</span><small>before 57</small>' in found
    assert "Cost a task by month" in found


def test_thousands_of_steps_are_told_without_a_tenth_of_one(viewer: Client) -> None:
    add(NOW - timedelta(days=1), "end", "COMPLETED", ended=2)
    add(NOW - timedelta(days=1), "turn", "gpt-4.1", turns=4701)
    assert '<b>2,350</b><span class="label">steps a task</span>' in page(viewer)
