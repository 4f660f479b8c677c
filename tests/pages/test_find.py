"""The one search box: an id leads to its run, words of a goal to those runs, the rest to the
journal, or to the fleet for viewers.
"""

import pytest

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


def test_what_no_run_answers_is_a_question_to_the_journal() -> None:
    life(person("operator", "otto"))
    client = signed_in("operator")
    assert client.get("/find/", {"q": "tool:none"})["Location"] == "/audit/?q=tool%3Anone"
    assert client.get("/find/", {"q": "kind:run.created"})["Location"].startswith("/audit/?q=")
    assert client.get("/find/", {"q": "nothing", "from": "fleet"})["Location"] == "/?q=nothing"
    assert client.get("/find/", {"q": "1042", "from": "audit"})["Location"] == "/audit/?q=1042"


def test_a_tools_own_id_leads_to_the_step_that_saw_it() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.step("issue_refund", {"order": 1042}, {"id": "refund-77"})
    run = one.written()
    place = signed_in("approver").get("/find/", {"q": "refund-77"})["Location"]
    assert place.startswith(f"/runs/{run.pk}/events/")
    page = signed_in("operator").get(place)["Location"]
    assert page.startswith(f"/runs/{run.pk}/#e-")
    anchor = page.partition("#")[2]
    shown = signed_in("auditor").get(page).content.decode()
    assert f'id="{anchor}"' in shown
    assert signed_in("viewer").get("/find/", {"q": "refund-77"})["Location"] == "/?q=refund-77"


def test_what_asks_for_a_field_is_no_tools_own_id() -> None:
    one = life(person("operator", "otto"))
    one.lease()
    one.step("issue_refund", {"order": 1042}, {"id": "tool:issue_refund"})
    one.written()
    found = signed_in("approver").get("/find/", {"q": "tool:issue_refund"})["Location"]
    assert found == "/?q=tool%3Aissue_refund"


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
    place = signed_in("operator").get("/find/", {"q": str(second.correlation_id)})["Location"]
    assert place == f"/?q={second.correlation_id}"


@pytest.mark.parametrize("text", ["refund-desk", "Refund desk", "REFUND DESK", "agent:refund-desk"])
def test_an_agents_name_leads_to_its_runs(text: str) -> None:
    life(person("operator", "otto"))
    assert signed_in("operator").get("/find/", {"q": text})["Location"] == "/?q=agent%3Arefund-desk"


@pytest.mark.parametrize(
    ("text", "status"),
    [("paused", "paused"), ("status:killed", "killed"), ("Failed", "failed"), ("Queued", "queued")],
)
def test_a_state_leads_to_its_runs(text: str, status: str) -> None:
    place = signed_in("viewer").get("/find/", {"q": text})["Location"]
    assert place == f"/?q=status%3A{status}"


@pytest.mark.parametrize("text", ["status:killed", "reason:timeout", "ended<1h refund"])
def test_what_asks_for_runs_leads_to_the_fleet_also_where_there_is_none(text: str) -> None:
    place = signed_in("auditor").get("/find/", {"q": text})["Location"]
    assert place.startswith("/?q=")


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


def test_the_search_box_promises_only_what_it_finds() -> None:
    page = signed_in("operator").get("/health/").content.decode()
    assert "as far as you may read them, of arguments, results and answers" in page
