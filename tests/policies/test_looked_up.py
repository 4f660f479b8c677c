"""Forms of the admin look up the groups, agents and tools that they name: what cannot be is
refused, what may come later is asked back.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals.models import Channel
from policies.budgets.models import Budget
from policies.gate.models import ToolPolicy
from policies.judge.models import JudgePolicy
from tests.pages.lives import agent
from tests.policies.gate_forms import add, change, form, signed_in, trial
from tests.policies.test_budget_admin import form as budget_form

pytestmark = pytest.mark.django_db
ASKED = "Mend it, or tick that this is meant."
HERE = "There is no group “{}”; did you mean “{}”?"


@pytest.fixture
def admin() -> Client:
    agent("refund-desk")
    return signed_in("admin")


def sent(client: Client, table: str, **fields: Any) -> str:
    url = reverse(f"admin:{table}_add")
    return client.post(url, {"enabled": "on", **fields}, follow=True).content.decode()


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [
        ("approver_group", "aprover", "approver"),
        ("approver_group", "approver, admn", "admin"),
        ("group", "operatr", "operator"),
        ("escalate_to", "admn", "admin"),
    ],
)
def test_a_group_that_nobody_made_is_refused_beside_its_field(
    admin: Client, field: str, wrong: str, right: str
) -> None:
    page = add(admin, form(**{field: wrong}) | {"meant": "yes"})
    assert HERE.format(wrong.rpartition(", ")[2], right) in page
    assert "In force from now on" in add(admin, form(**{field: right}))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"agent": "refund-dsk"}, "There is no agent “refund-dsk”; did you mean “refund-desk”?"),
        ({"tool": "issue_refnd"}, "There is no tool “issue_refnd”; did you mean “issue_refund”?"),
        ({"tool": "issu_*"}, "No tool that is known here fits “issu_*”"),
        (
            {"quorum": 5, "approver_group": "approver"},
            "5 of “approver” have to agree, and 0 people could",
        ),
    ],
)
def test_what_may_come_later_is_saved_once_it_is_ticked_as_meant(
    admin: Client, changed: Mapping[str, Any], said: str
) -> None:
    page = add(admin, form(**changed))
    assert said in page
    assert ASKED in page
    assert 'name="meant"' in page
    assert not ToolPolicy.objects.filter(name="probe").exists()
    assert "In force from now on" in add(admin, form(**changed) | {"meant": "yes"})
    policy = ToolPolicy.objects.get(name="probe")
    assert "changed successfully" in change(admin, policy, form(**changed, note="for later"))


def test_a_policy_that_is_off_is_asked_back_when_it_is_put_in_force(admin: Client) -> None:
    later = form(agent="bug-triage")
    assert "Out of force" in add(admin, later | {"enabled": ""})
    policy = ToolPolicy.objects.get(name="probe")
    assert "There is no agent “bug-triage”." in change(admin, policy, later)


def test_a_policy_that_is_tried_is_asked_nothing(admin: Client) -> None:
    page = add(admin, form(agent="refund-dsk") | trial(args='{"amount": 3}'))
    assert ASKED not in page


def test_as_many_as_have_to_agree_may_be_in_the_group(admin: Client) -> None:
    for name in ("anna", "otto"):
        User.objects.create_user(name, is_superuser=True)
    assert "In force from now on" in add(admin, form(quorum=2))


def test_a_budget_says_that_there_is_no_such_agent_and_who_may_be_meant(admin: Client) -> None:
    budget = budget_form(name="house", scope="agent", who="refund-dsk")
    page = sent(admin, "policies_budget", **budget)
    assert "There is no agent “refund-dsk”; did you mean “refund-desk”?" in page
    assert not Budget.objects.filter(name="house").exists()
    assert "In force from now on" in sent(admin, "policies_budget", **budget, meant="yes")
    people = budget | {"name": "ours", "scope": "user", "who": "some-admn"}
    page = sent(admin, "policies_budget", **people, meant="yes")
    assert "There is nobody called some-admn; did you mean “some-admin”?" in page


def test_other_policies_and_channels_look_up_what_they_name_likewise(admin: Client) -> None:
    judged = {"name": "near", "priority": "9", "agents": "refund-dsk", "every": "5", "hints": "1"}
    rest = {"ending": "pause", "max_tokens_out": "200", "timeout_seconds": "20"}
    page = sent(admin, "policies_judgepolicy", **judged, **rest)
    assert "There is no agent “refund-dsk”; did you mean “refund-desk”?" in page
    assert not JudgePolicy.objects.filter(name="near").exists()
    mail = {"name": "desk", "kind": "email", "target": "a@example.com", "gap_seconds": "30"}
    page = sent(admin, "approvals_channel", **mail, groups="approver, refnds")
    assert "There is no group “refnds”." in page
    assert not Channel.objects.filter(name="desk").exists()
