"""How many runs of each status a query finds: as many as its list has, however they are walked."""

import pytest

from console.journal import visibility
from runs.language import grammar
from runs.reading import fleet
from runs.search import fleet_address, runs_asked, status_counts
from runs.search.asker import Asker
from runs.search.fleet_address import VIEWS
from tests.pages.people import person
from tests.search.small_world import NOW, built

pytestmark = pytest.mark.django_db
STATUSES = [view.removeprefix("status:") for view in VIEWS.values()]
QUERIES = (
    "", "steps>0", "steps>2", "cost<1", "tokens<10k", "-steps>2", "at:2020-01-01..", "principal:me",
    "age<2000d", "steps>0 age<2000d", "agent:nobody steps>0", "steps>100000", "reason:timeout",
    "-reason:timeout",
)  # fmt: skip


@pytest.mark.parametrize("most", [1, 2, 1_000])
def test_each_status_has_as_many_runs_as_its_list(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "MOST_COUNTED", most)
    # statements that were made before know another number
    monkeypatch.setattr(runs_asked, "_counting", runs_asked._counting.__wrapped__)
    monkeypatch.setattr(status_counts, "statement", status_counts.statement.__wrapped__)
    built()
    who = person("operator", "an-operator")
    asker = Asker(who.pk, visibility.clearance_of(who), NOW)
    for text in QUERIES:
        query = grammar.parse(text)
        listed = [of_status(text, view, asker) for view in VIEWS.values()]
        found = runs_asked.counted(fleet_address.out_of_views(query), STATUSES, asker)
        assert found == [min(each, most + 1) for each in listed], text


def of_status(text: str, view: str, asker: Asker) -> int:
    query = grammar.parse(f"{view} {text}".strip())
    return len(runs_asked.found(query, asker).page(size=1_000).runs)
