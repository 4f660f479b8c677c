"""The page of the incident library: what it says, who may start what, and how a run of it is told
from real work.
"""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from runs.forms import STARTABLE
from runs.incidents import plays
from runs.incidents.incident import library
from runs.models import Run
from tests.pages.lives import agent
from tests.pages.people import AT, person, signed_in

pytestmark = pytest.mark.django_db


def begun(name: str = "orphan-order", who: User | None = None) -> Run:
    return plays.start(incident=library()[name], principal=who or person("operator"), at=AT)


def words(client: Client, path: str = "/incidents/") -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(path).content.decode()))


def test_every_incident_stands_there_with_its_three_lines() -> None:
    page = signed_in("viewer").get("/incidents/").content.decode()
    for each in library().values():
        assert f'id="incident-{each.name}"' in page
    assert page.count("<dt>What happened</dt>") == len(library())
    assert "/start/" not in page


def test_an_operator_starts_one_once_however_often_the_form_is_sent() -> None:
    client = signed_in("operator")
    page = client.get("/incidents/").content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token
    sent = [
        client.post("/incidents/orphan-order/start/", {"token": token[1]})["Location"]
        for _ in range(2)
    ]
    run = Run.objects.get()
    assert sent == [f"/runs/{run.pk}/"] * 2
    assert (run.snapshot["shadow"], run.snapshot["mcp_servers"]) == ("orphan-order", [])
    assert client.post("/incidents/orphan-order/start/").status_code == 302
    assert Run.objects.count() == 2


def test_whoever_may_start_no_run_starts_no_incident() -> None:
    for group in ("viewer", "approver", "auditor"):
        assert signed_in(group).post("/incidents/orphan-order/start/").status_code == 403
    assert not Run.objects.exists()
    assert signed_in("operator").get("/incidents/orphan-order/start/").status_code == 405


def test_there_is_no_incident_of_another_name() -> None:
    client = signed_in("operator")
    assert client.post("/incidents/no-such/start/").status_code == 404
    assert client.get("/incidents/no-such/now/").status_code == 404


def test_a_run_of_it_is_marked_on_the_fleet_and_on_its_page() -> None:
    run = begun()
    client = signed_in("viewer")
    assert '<span class="tag">Incident</span>' in client.get("/").content.decode()
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'class="tag" href="/incidents/">Incident</a>' in page
    assert "Incident: The orphan order" in page


def test_nobody_starts_its_agent_with_a_goal_of_their_own() -> None:
    begun()
    assert not STARTABLE.filter(name="incident-library").exists()


def test_the_page_waits_for_a_run_that_is_not_over() -> None:
    begun()
    client = signed_in("viewer")
    assert 'hx-get="/incidents/orphan-order/now/"' in client.get("/incidents/").content.decode()
    assert "Running" in words(client, "/incidents/orphan-order/now/")


def test_an_agent_of_ones_own_with_the_librarys_name_is_in_the_way() -> None:
    agent("incident-library")
    answer = signed_in("operator").post("/incidents/orphan-order/start/")
    assert answer.status_code == 409
    assert "rename it" in answer.content.decode()


def test_what_did_not_hold_stands_there_with_its_reason() -> None:
    Run.objects.filter(pk=begun().pk).update(status="stopped", stop_reason="DRIFTED")
    page = words(signed_in("viewer"))
    assert "Did not hold: The run ends as killed." in page
    assert "It ended as “Drifted”, not “Killed”." in page
    assert "Effects of shadow_create_order: 0, not 1" in page
