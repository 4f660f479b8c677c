"""Two people who edit the same thing at once: who saves second is told what the first one changed,
and puts nothing back unawares.
"""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from policies.budgets.models import Budget
from policies.gate.models import ToolPolicy
from runs.models import Agent
from tests.pages.lives import agent
from tests.policies import gate_forms
from tests.policies.test_budget_admin import form as budget_form

pytestmark = pytest.mark.django_db
SAID = "Somebody else saved this while you had it open"


@pytest.fixture
def admin() -> Client:
    return gate_forms.signed_in("admin")


@pytest.fixture
def budget(admin: Client) -> Budget:
    admin.post(reverse("admin:policies_budget_add"), budget_form(amount="1000"))
    return Budget.objects.get(name="day-usd")


def address(row: Budget | ToolPolicy | Agent | User) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def page_of(client: Client, row: Budget | ToolPolicy | Agent | User) -> str:
    return client.get(address(row)).content.decode()


def carried(page: str) -> str:
    found = re.search(r'name="as_it_was" value="([^"]*)"', page)
    assert found, page[:500]
    return unescape(found[1])


def opened(client: Client, row: Budget | ToolPolicy | Agent | User) -> dict[str, str]:
    return {"as_it_was": carried(page_of(client, row))}


def test_what_somebody_else_saved_is_not_put_back_by_a_note(admin: Client, budget: Budget) -> None:
    mine = opened(admin, budget) | budget_form(amount="1000", note="for the auditor")
    admin.post(address(budget), opened(admin, budget) | budget_form(amount="1500"))
    page = admin.post(address(budget), mine, follow=True).content.decode()
    assert f"{SAID}: amount is 1500 now." in page
    budget.refresh_from_db()
    assert (budget.amount, budget.note) == (Decimal(1500), "")
    again = mine | {"as_it_was": carried(page)}
    assert (
        "changed successfully" in admin.post(address(budget), again, follow=True).content.decode()
    )
    budget.refresh_from_db()
    assert (budget.amount, budget.note) == (Decimal(1000), "for the auditor")


def test_a_form_that_comes_back_for_something_else_rests_on_what_it_was(
    admin: Client, budget: Budget
) -> None:
    mine = opened(admin, budget) | budget_form(lines="none")
    page = admin.post(address(budget), mine).content.decode()
    assert "Percentages from 1 to 100" in page
    admin.post(address(budget), opened(admin, budget) | budget_form(amount="1500"))
    mine = budget_form() | {"as_it_was": carried(page)}
    assert SAID in admin.post(address(budget), mine, follow=True).content.decode()


def test_a_person_who_was_given_a_role_meanwhile_keeps_it(admin: Client) -> None:
    owner = User.objects.create_user("owner", is_superuser=True, is_staff=True)
    admin.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    mia = User.objects.create_user("mia")
    mine = opened(admin, mia) | {"username": "mia", "is_active": "on", "first_name": "Mia"}
    mia.groups.add(Group.objects.get(name="viewer"))
    page = admin.post(address(mia), mine, follow=True).content.decode()
    assert SAID in page
    assert "viewer now" in page
    assert mia.groups.count() == 1


def test_tools_of_an_agent_are_among_what_it_rests_on(admin: Client) -> None:
    desk = agent("desk")
    mark = opened(admin, desk)
    Agent.objects.filter(pk=desk.pk).update(tools=["get_order"])
    page = admin.post(address(desk), mark | {"title": "Desk"}, follow=True).content.decode()
    assert f"{SAID}: tools is get_order now." in page


def test_a_save_that_changes_nothing_says_so(admin: Client, budget: Budget) -> None:
    same = opened(admin, budget) | budget_form(amount="1000")
    page = admin.post(address(budget), same, follow=True).content.decode()
    assert "Nothing was changed" in page
    assert "changed successfully" not in page
    other = opened(admin, budget) | budget_form(amount="1000", note="a word")
    assert (
        "changed successfully" in admin.post(address(budget), other, follow=True).content.decode()
    )


def test_a_mark_that_cannot_be_read_holds_nobody_up(admin: Client, budget: Budget) -> None:
    for wrong in ("[" * 9_000, "[1]", '{"amount": 3, "nothing": "x"}', "no"):
        page = admin.post(
            address(budget), budget_form(as_it_was=wrong), follow=True
        ).content.decode()
        assert (SAID in page) == ("amount" in wrong)


def test_texts_of_several_lines_stay_as_they_are_when_a_browser_sends_them(admin: Client) -> None:
    lines = "args.amount > 5\n&& args.amount < 9"
    gate_forms.add(admin, gate_forms.form(condition=lines))
    policy = ToolPolicy.objects.get(name="probe")
    sent = gate_forms.form(condition=lines.replace("\n", "\r\n"), note="only this")
    gate_forms.change(admin, policy, sent)
    changed = gate_forms.events("toolpolicy.changed")[-1].data["change"]
    assert changed["note"] == ["", "only this"]
    assert "condition" not in changed
    policy.refresh_from_db()
    assert policy.condition == lines


def test_an_amount_stands_in_its_field_as_it_was_written(admin: Client, budget: Budget) -> None:
    assert 'value="1000"' in page_of(admin, budget)
    Budget.objects.update(amount="0.5")
    assert 'value="0.50"' in page_of(admin, budget)


def test_a_forged_mark_is_told_nothing_of_what_the_form_does_not_show(admin: Client) -> None:
    person = User.objects.create_user("nell", password="a long enough one")
    forged = {"as_it_was": '{"password": "0", "last_login": "0"}', "username": "nell"}
    page = admin.post(address(person), forged, follow=True).content.decode()
    assert SAID not in page
    assert "password is" not in page
