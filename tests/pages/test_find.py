"""The one search box: an id leads to its run, words of a goal to those runs, the rest to the journal, or to the fleet for viewers."""

import pytest

from tests.pages.lives import life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["{id}", "{hex}", "{hex8}", "{upper}", "{correlation}"])
def test_an_id_leads_to_its_run(form: str) -> None:
    run = life(person("operator", "otto")).run
    text = form.format(id=run.id, hex=run.id.hex, hex8=run.id.hex[:8], upper=str(run.id).upper(), correlation=run.correlation_id)
    assert signed_in("viewer").get("/find/", {"q": f" {text} "})["Location"] == f"/runs/{run.pk}/"


def test_everything_else_is_a_question_to_the_journal() -> None:
    life(person("operator", "otto"))
    assert signed_in("operator").get("/find/", {"q": "tool:issue_refund"})["Location"] == "/audit/?q=tool%3Aissue_refund"


def test_words_of_a_goal_lead_to_the_runs_that_were_asked_for_in_them() -> None:
    life(person("operator", "otto"), "Refund order 1042 & tell")
    assert signed_in("operator").get("/find/", {"q": "1042 &"})["Location"] == "/?q=1042+%26"


def test_who_may_not_search_the_journal_searches_the_fleet() -> None:
    assert signed_in("viewer").get("/find/", {"q": "refund & more"})["Location"] == "/?q=refund+%26+more"


def test_a_prefix_of_two_runs_leads_to_neither() -> None:
    who = person("operator", "otto")
    first, second = life(who).run, life(who).run
    type(first).objects.filter(pk=first.pk).update(correlation_id=second.correlation_id)
    assert "/audit/" in signed_in("operator").get("/find/", {"q": str(second.correlation_id)})["Location"]
