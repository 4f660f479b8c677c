"""Every incident of the library, played to its end under the shipped policies: what has to hold
holds.
"""

from dataclasses import replace

import pytest
from django.test import Client

from approvals.models import Request
from policies import current
from policies.budgets.models import Budget
from policies.circuit.models import Breaker
from policies.gate.models import ToolPolicy
from runs.incidents.incident import library
from runs.incidents.plays import PlayVerdict
from tests.incidents.playing import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("name", library())
def test_what_has_to_hold_holds(desk: Desk, name: str) -> None:
    incident = library()[name]
    play = desk.played(incident)
    assert play.wrongs == []
    assert len(play.findings) == len(incident.holds)
    assert play.verdict is PlayVerdict.HELD


def test_a_policy_that_lets_a_payment_through_is_what_did_not_hold(desk: Desk) -> None:
    ToolPolicy.objects.create(name="too-kind", priority=1, tool="shadow_pay_*", verdict="allow")
    current.forget()
    play = desk.played(library()["poisoned-documents"])
    assert play.verdict is PlayVerdict.DID_NOT
    assert [each.wrong for each in play.wrongs] == [
        "Questions to a person about shadow_pay_supplier: 0, not 1",
        "Calls of shadow_pay_supplier that no person said yes to: 1",
    ]


def test_one_that_nobody_answers_waits_and_its_card_is_marked(desk: Desk) -> None:
    play = desk.played(replace(library()["poisoned-documents"], answers=()))
    assert (play.verdict, play.findings) == (PlayVerdict.WAITS, ())
    client = Client()
    client.force_login(desk.approver, backend="django.contrib.auth.backends.ModelBackend")
    card = client.get(f"/approvals/{Request.objects.get(run=play.run).pk}/").content.decode()
    assert '<span class="tag">Incident</span>' in card


def test_no_incident_draws_on_a_budget_or_is_stopped_by_one(desk: Desk) -> None:
    Budget.objects.create(name="tiny", window="day", measure="usd", amount="0.0001")
    current.forget()
    assert desk.played(library()["duplicate-tickets"]).verdict is PlayVerdict.HELD


def test_no_incident_cuts_a_tool_off_for_the_next_one_or_for_anybody_else(desk: Desk) -> None:
    failing = library()["duplicate-tickets"]
    assert [desk.played(failing).wrongs for _ in range(8)] == [[]] * 8
    assert not Breaker.objects.exists()
