"""Whoever has no role yet, groups that something rests on, and what an admin reads before
something is deleted.
"""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from approvals.models import Channel
from console.pages import house_parts
from policies.gate.models import ToolPolicy
from policies.scopes.models import ScopeGrant
from runs.models import McpServer
from tests.pages.lives import agent, running
from tests.pages.people import person
from tests.policies import gate_forms

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    found = User.objects.create_user("owner", is_superuser=True, is_staff=True)
    client = Client()
    client.force_login(found, backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(client: Client, table: str, row: object) -> str:
    url = reverse(f"admin:{table}_delete", args=[getattr(row, "pk", None)])
    return client.get(url, follow=True).content.decode()


def deleted(client: Client, table: str, row: object) -> None:
    client.post(reverse(f"admin:{table}_delete", args=[getattr(row, "pk", None)]), {"post": "yes"})


def test_whoever_has_no_role_reads_that_and_is_led_in_no_circle(owner: Client) -> None:
    sent = {"username": "mia", "usable_password": "false"}
    page = owner.post(reverse("admin:auth_user_add"), sent, follow=True).content.decode()
    assert "mia has no role yet, and sees nothing" in page
    mia = Client()
    mia.force_login(
        User.objects.get(username="mia"), backend="django.contrib.auth.backends.ModelBackend"
    )
    answer = mia.get("/")
    assert answer.status_code == 403
    assert "You are signed in as mia" in answer.content.decode()
    assert "Back to the fleet" not in answer.content.decode()


def test_somebody_with_a_role_reads_that_the_role_does_not_hold_it() -> None:
    assert "You may not do that" in gate_forms.signed_in("viewer").get("/audit/").content.decode()


def test_a_group_that_a_policy_a_grant_or_a_channel_names_stays_and_keeps_its_name(
    owner: Client,
) -> None:
    group = Group.objects.create(name="finance")
    for name in ("pays", "passes"):
        terms = {"approver_group": "approver, finance"} if name == "pays" else {}
        ToolPolicy.objects.create(
            name=name, escalate_to="finance" if name == "passes" else "admin", **terms
        )
    ScopeGrant.objects.create(name="money", group="finance", scopes="*")
    Channel.objects.create(name="desk", kind="email", target="a@example.com", groups="finance")
    ToolPolicy.objects.create(name="other", approver_group="finance-two")
    page = asked(owner, "auth_group", group)
    told = "is named by the tool policy passes, the tool policy pays, the scope grant money and 1"
    assert told in page
    deleted(owner, "auth_group", group)
    change = reverse("admin:auth_group_change", args=[group.pk])
    page = owner.post(change, {"name": "money"}).content.decode()
    assert "It keeps its name: “finance” is named by" in page
    assert Group.objects.filter(name="finance").exists()
    other = Group.objects.create(name="nobody-asks")
    deleted(owner, "auth_group", other)
    assert not Group.objects.filter(name="nobody-asks").exists()


def test_a_role_that_the_house_ships_stays(owner: Client) -> None:
    approver = Group.objects.get(name="approver")
    assert "is a role that the house ships" in asked(owner, "auth_group", approver)
    deleted(owner, "auth_group", approver)
    assert Group.objects.filter(name="approver").exists()


def test_an_agent_with_runs_stays_and_the_page_says_what_to_do_instead(owner: Client) -> None:
    desk = running(person("operator")).run.agent
    page = asked(owner, "runs_agent", desk)
    assert "has runs, and runs are kept: take its tick at Enabled" in page
    assert "permission" not in page


def test_the_last_owner_is_told_why_they_are_not_deleted(owner: Client) -> None:
    page = asked(owner, "auth_user", User.objects.get(username="owner"))
    assert "Not deleted. This is the last owner" in page


def test_whom_runs_work_for_is_offboarded(owner: Client) -> None:
    principal = running(person("operator")).run.principal
    assert "offboard them instead" in asked(owner, "auth_user", principal)


def test_what_follows_is_said_before_a_policy_or_a_server_is_deleted(owner: Client) -> None:
    policy = ToolPolicy.objects.create(name="probe", tool="issue_refund", priority=5)
    page = asked(owner, "policies_toolpolicy", policy)
    assert "It is in force, and ends at once: no live run is held by it" in page
    assert "Then the first that fits of recordings" in page
    assert "Objects" not in page
    server = McpServer.objects.create(name="clock", command="true")
    server.agent_set.add(agent("desk"))
    page = asked(owner, "runs_mcpserver", server)
    assert "Runs of Desk that start from then on have none of its tools." in page
    assert "relationship" not in page


def test_a_policy_that_asks_a_group_without_people_is_said_to_when_saved_and_on_health(
    owner: Client,
) -> None:
    Group.objects.create(name="finance")
    ToolPolicy.objects.all().delete()
    sent = gate_forms.form(approver_group="finance", ttl_seconds=60, on_expiry="escalate")
    page = gate_forms.add(owner, sent | {"escalate_to": "admin"})
    assert "In force from now on" in page
    assert "Nobody is in “finance”, which it asks: only an owner could answer." in page
    assert "Nobody is in “admin”, which is asked once the time to decide is over" in page
    found = next(each for each in house_parts.shown(sees_tools=True) if each.name == "Approvers")
    assert "Nobody is in “finance”" in found.seen
    assert "And 1 more." in found.seen
    for name in ("finance", "admin"):
        User.objects.create_user(f"in-{name}").groups.add(Group.objects.get(name=name))
    found = next(each for each in house_parts.shown(sees_tools=True) if each.name == "Approvers")
    assert found.pill.word == "Well"
