"""The page of policies: what is in force, in its order, and what each policy did lately."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from console.journal import database_clock
from policies.gate.models import ToolPolicy
from runs.insights.models import Rollup
from runs.insights.ranges import begin
from tests.pages.people import signed_in

pytestmark = pytest.mark.django_db


def policy(name: str, priority: int, **facts: object) -> ToolPolicy:
    return ToolPolicy.objects.create(name=name, priority=priority, **facts)


def rows(client: Client) -> list[str]:
    """The rows of the table in words."""
    page = client.get("/policies/").content.decode()
    _, _, table = page.partition('<table class="table in-force">')
    body = table.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        " ".join(re.sub(r"<[^>]*>", " ", each).split())
        for each in body.split("</tr>")
        if "<td" in each
    ]


@pytest.fixture(autouse=True)
def none(db: None) -> None:
    ToolPolicy.objects.all().delete()


def test_policies_stand_in_the_order_in_which_they_are_asked() -> None:
    policy("later", 20, verdict="deny")
    policy("first", 10, verdict="allow", tool="get_*", effect="read", group="operator")
    policy("off", 5, verdict="allow", enabled=False)
    client = signed_in("admin")
    assert [each.split()[:2] for each in rows(client)] == [
        ["10", "first"],
        ["20", "later"],
        ["none", "of"],
    ]
    assert "get_* reads people of operator Allows" in rows(client)[0]
    assert "1 more out of force" in client.get("/policies/").content.decode()


def test_each_says_who_is_asked_and_what_becomes_of_calls_over_its_caps() -> None:
    capped = ToolPolicy.Verdicts.ALLOW_WITH_CAPS
    policy("denies", 10, verdict=capped, cap_per_run=2, over_cap="deny")
    policy("asks", 20, verdict=capped, cap_per_run=3, approver_group="approver, admin")
    found = rows(signed_in("admin"))
    assert "2 a run over that: denies" in found[0]
    assert "3 a run over that: asks a person of approver, then admin" in found[1]


def test_each_says_what_it_did_in_the_last_days() -> None:
    policy("refunds", 10, verdict=ToolPolicy.Verdicts.ASK)
    today = begin(database_clock.now(), "day")
    for at, measure, amount in (
        (today, "asked", 3),
        (today - timedelta(days=6), "asked", 2),
        (today - timedelta(days=7), "asked", 50),
        (today, "denied", 1),
    ):
        Rollup.objects.create(
            span="day",
            at=at,
            noun="rule",
            agent="desk",
            name="refunds",
            measure=measure,
            amount=Decimal(amount),
        )
    assert rows(signed_in("admin"))[0].endswith("Asks a person of approver 5 1")


def test_a_policy_that_cannot_be_applied_says_so_and_denies() -> None:
    policy("torn", 10, verdict="allow", condition="args.amount <")
    row, _ = rows(signed_in("admin"))
    assert "Denies" in row
    assert "Allows" not in row


def test_who_may_not_read_policies_is_told_the_order_alone() -> None:
    policy("secret-rule", 10, condition="args.amount < 4321")
    page = signed_in("operator").get("/policies/").content.decode()
    assert "What a call has to pass" in page
    assert "secret-rule" not in page
    assert "4321" not in page


def test_without_any_all_is_denied() -> None:
    assert "No tool policy is in force" in signed_in("auditor").get("/policies/").content.decode()
