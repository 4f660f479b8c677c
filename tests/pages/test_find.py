"""The one search box: an id leads to its run, words of a goal to those runs, the rest to the
journal, or to the fleet for viewers.
"""

import pytest

from console.pages import audit_form
from tests.pages.lives import life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["{id}", "{hex}", "{hex8}", "{upper}", "{correlation}"])
def test_an_id_leads_to_its_run(form: str) -> None:
    run = life(person("operator", "otto")).run
    text = form.format(
        id=run.id,
        hex=run.id.hex,
        hex8=run.id.hex[:8],
        upper=str(run.id).upper(),
        correlation=run.correlation_id,
    )
    assert signed_in("viewer").get("/find/", {"q": f" {text} "})["Location"] == f"/runs/{run.pk}/"


def test_everything_else_is_a_question_to_the_journal() -> None:
    life(person("operator", "otto"))
    assert (
        signed_in("operator").get("/find/", {"q": "tool:issue_refund"})["Location"]
        == "/audit/?q=tool%3Aissue_refund"
    )


def test_words_of_a_goal_lead_to_the_runs_that_were_asked_for_in_them() -> None:
    life(person("operator", "otto"), "Refund order 1042 & tell")
    assert signed_in("operator").get("/find/", {"q": "1042 &"})["Location"] == "/?q=1042+%26"


def test_who_may_not_search_the_journal_searches_the_fleet() -> None:
    assert (
        signed_in("viewer").get("/find/", {"q": "refund & more"})["Location"]
        == "/?q=refund+%26+more"
    )


def test_a_prefix_of_two_runs_leads_to_neither() -> None:
    who = person("operator", "otto")
    first, second = life(who).run, life(who).run
    type(first).objects.filter(pk=first.pk).update(correlation_id=second.correlation_id)
    assert (
        "/audit/"
        in signed_in("operator").get("/find/", {"q": str(second.correlation_id)})["Location"]
    )


@pytest.mark.parametrize("text", ["refund-desk", "Refund desk", "REFUND DESK", "agent:refund-desk"])
def test_an_agents_name_leads_to_its_runs(text: str) -> None:
    life(person("operator", "otto"))
    assert signed_in("operator").get("/find/", {"q": text})["Location"] == "/?agent=refund-desk"


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("paused", "paused"),
        ("status:running", "running"),
        ("status:killed", "ended"),
        ("Failed", "bad"),
    ],
)
def test_a_state_leads_to_the_view_that_holds_it(text: str, view: str) -> None:
    assert signed_in("operator").get("/find/", {"q": text})["Location"] == f"/?view={view}"


def test_a_view_that_holds_more_than_was_asked_for_says_so() -> None:
    page = signed_in("operator").get("/find/", {"q": "status:killed"}, follow=True).content.decode()
    assert "cannot be narrowed to “status:killed” alone: these are all runs under “Ended”" in page


@pytest.mark.parametrize(
    ("group", "text"),
    [("operator", "rosa@example.com"), ("viewer", "rosa@example.com"), ("auditor", "gone missing")],
)
def test_an_empty_answer_says_what_was_searched_and_what_was_not(group: str, text: str) -> None:
    life(person("operator", "otto"))
    page = signed_in(group).get("/find/", {"q": text}, follow=True).content.decode()
    assert text in page
    assert "searched" in page.lower()
    assert "arguments, results and answers" in page
    assert "Nothing matches<" not in page


def test_a_tool_is_found_with_its_prefix_and_without() -> None:
    assert (
        audit_form.understood("tool:issue_refund")
        == audit_form.understood("issue_refund")
        == ("tool", "issue_refund")
    )


def test_the_search_box_promises_only_what_it_finds() -> None:
    page = signed_in("operator").get("/").content.decode()
    assert "any id, or type a query" not in page
    assert "What is inside of calls and answers is not searched." in page
