"""What a query finds is what a filter in plain Python finds, for each of the five roles; who may
not read a value cannot tell it from one that does not exist.
"""

from datetime import timedelta
from random import Random
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from console.journal import content_index, selectors, visibility
from console.journal.models import Event
from runs.language import grammar
from runs.language.mistakes import Mistake
from runs.language.query_terms import Query
from runs.models import Run
from runs.reading import fleet
from runs.search import event_leads, event_terms, event_times, runs_asked, runs_led
from runs.search.asker import Asker
from tests.core import asked_queries
from tests.pages.people import GROUPS, person
from tests.search.naive_filter import Naive
from tests.search.small_world import NOW, built

pytestmark = pytest.mark.django_db
FEW, MANY = 120, 10_000


def askers() -> list[Asker]:
    people: list[User] = [person(group, f"a-{group}") for group in GROUPS]
    return [Asker(each.pk, visibility.clearance_of(each), NOW) for each in people]


def compared(number: int, seed: int, *, indexed: bool = True) -> tuple[int, int]:
    """How many of so many queries found something, and how many were refused in place."""
    random, world = Random(seed), built()
    if indexed:
        content_index.go_round(10)
    naive = [Naive(asker, asker.zone) for asker in askers()]
    some = refused = 0
    for _ in range(number):
        text = asked_queries.query(random, world)
        if mistake := refusal(text, naive[0].asker):
            assert 0 <= mistake.start < mistake.end <= len(text)
            refused += 1
        else:
            some += sum(agree(text, each) for each in naive)
    return some, refused


def refusal(text: str, asker: Asker) -> Mistake | None:
    try:
        runs_asked.condition(grammar.parse(text), asker)
    except Mistake as mistake:
        return mistake
    return None


def agree(text: str, naive: Naive) -> bool:
    query, asker = grammar.parse(text), naive.asker
    runs = Run.objects.filter(runs_asked.condition(query, asker)).order_by()
    found = set(runs.values_list("pk", flat=True))
    assert found == naive.runs_of(query), (text, sorted(asker.clearance))
    assert listed(query, naive) == in_order(naive, found), (text, sorted(asker.clearance))
    events = Event.objects.filter(event_terms.condition(query, asker)).order_by()
    rows = set(events.values_list("pk", flat=True))
    assert rows == naive.events_of(query), (text, sorted(asker.clearance))
    led = event_leads.of(query, asker)
    condition = event_terms.condition(query, asker)
    number = len(selectors.known(condition, clearance=asker.clearance, most=9_999, led=led).ids)
    assert number == len(rows), (text, led)
    return bool(found or rows)


def in_order(naive: Naive, found: set[UUID]) -> list[UUID]:
    """Runs that are not over before those that are, and of each the newest first."""
    runs = [run for run in naive.runs if run.pk in found]
    runs.sort(key=lambda run: (run.status not in fleet.LIVE, -run.created_at.timestamp()))
    return [run.pk for run in runs]


def listed(query: Query, naive: Naive) -> list[UUID]:
    """The runs that the pages of the fleet show, three on each."""
    found, before, runs = runs_asked.found(query, naive.asker), "", []
    while True:
        page = found.page(before, size=3)
        runs += [run.pk for run in page.runs]
        if not page.older:
            return runs
        before = page.older


@pytest.mark.parametrize(
    ("indexed", "at_once"),
    [(False, 2_000), (True, 2_000), (True, 2), (False, 5), (True, 0)],
)
def test_a_query_finds_for_each_role_what_a_filter_in_python_finds(
    indexed: bool, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs_led, "LED_AT_ONCE", at_once)
    monkeypatch.setattr(event_times, "SPARE", timedelta(0))
    some, refused = compared(FEW, 7, indexed=indexed)
    assert some > FEW
    assert 0 < refused < FEW / 2


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_ten_thousand_queries_find_what_a_filter_in_python_finds() -> None:
    some, _ = compared(MANY, 11)
    assert some > MANY


def test_a_stop_is_found_by_its_own_reason_also_when_its_run_went_on() -> None:
    built()
    raised = Run.objects.get(goal="Answer order 13")
    one = askers()[0]
    found = {
        reason: list(
            Event.objects.filter(
                event_terms.condition(grammar.parse(f"reason:{reason} run:{raised.pk}"), one)
            ).values_list("kind", flat=True)
        )
        for reason in ("budget_exceeded", "loop_detected")
    }
    assert found == {"budget_exceeded": ["run.stopped"], "loop_detected": []}
