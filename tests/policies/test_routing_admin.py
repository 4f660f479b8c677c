"""Routing policies in the admin: in force when saved, journalled with their version, refused where
they could not be asked.
"""

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from console.journal import append
from console.journal.records import HOUSE_KEY
from policies import current
from policies.routing import rows, rules
from policies.routing.models import RoutingPolicy
from policies.routing.rules import RoutingFacts

pytestmark = pytest.mark.django_db
STUCK = {
    "name": "stuck",
    "enabled": "on",
    "priority": 1_020,
    "agents": "*",
    "tools": "*",
    "condition": "run.failures >= 2",
    "tier": "plan",
    "hold": 3,
    "note": "",
}


@pytest.fixture
def adam(client: Client) -> Client:
    """An administrator by their group, as most are."""
    user = User.objects.create_user("adam", is_staff=True)
    user.groups.add(Group.objects.get(name="admin"))
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def posted(adam: Client, **changed: Any) -> str:
    policy = RoutingPolicy.objects.get(name="stuck")
    page = reverse("admin:policies_routingpolicy_change", args=[policy.pk])
    return adam.post(page, {**STUCK, **changed}).content.decode()


def named(agent: str, facts: RoutingFacts) -> str:
    current.refresh()
    return rules.chosen(rows.in_force(), agent, facts).rule


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (RoutingFacts(1), "routing:first-step"),
        (RoutingFacts(2), "routing"),
        (RoutingFacts(7, "pay", "failed", 2), "routing:stuck"),
        (RoutingFacts(7, loop=0.6), "routing:stuck"),
        (RoutingFacts(7, "pay", "failed", 9, left=0.1), "routing:little-money-left"),
        (RoutingFacts(1, left=0.1), "routing:little-money-left"),
    ],
)
def test_as_shipped_the_better_model_begins_and_helps_out_while_there_is_money(
    facts: RoutingFacts, rule: str
) -> None:
    assert named("any-agent", facts) == rule


def test_an_edit_is_a_new_version_is_journalled_and_is_in_force(adam: Client) -> None:
    posted(adam, agents=" refund-*   bug-triage ", hold=5, meant="yes")
    current.refresh()
    [stuck] = [each for each in rows.in_force() if each.name == "stuck"]
    assert (stuck.version, stuck.hold, stuck.agents) == (2, 5, "refund-* bug-triage")
    [edit] = [
        stored.record
        for stored in append.read(connection, HOUSE_KEY)
        if stored.record.kind == "routingpolicy.changed"
    ]
    assert edit.data["change"]["hold"] == [3, 5]
    assert named("refund-desk", RoutingFacts(7, failures=2)) == "routing:stuck"
    assert named("research", RoutingFacts(7, failures=2)) == "routing"


def test_one_that_is_switched_off_routes_nobody(adam: Client) -> None:
    posted(adam, enabled="")
    assert named("refund-desk", RoutingFacts(7, failures=9)) == "routing"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"condition": "run.mood == 1"}, "run.mood"),
        ({"condition": "run.step =="}, "errorlist"),
        ({"condition": "args.amount > 5"}, "args"),
        ({"tier": "best"}, "not one of the available choices"),
        ({"hold": 0}, "greater than or equal to 1"),
    ],
)
def test_what_could_not_be_asked_is_refused(
    adam: Client, changed: dict[str, Any], words: str
) -> None:
    assert words in posted(adam, **changed)
    assert RoutingPolicy.objects.get(name="stuck").version == 1


def test_a_row_that_cannot_be_read_is_left_out_and_holds_nobody_up() -> None:
    RoutingPolicy.objects.filter(name="stuck").update(condition="run.failures >>")
    assert named("refund-desk", RoutingFacts(7, failures=9)) == "routing"
    assert named("refund-desk", RoutingFacts(1)) == "routing:first-step"
