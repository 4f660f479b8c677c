"""Budgets in Django admin: what would hold nobody is refused, what is left is shown, edits are
journalled and reach live runs.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.journal import pool
from policies import current
from policies.budgets import periods
from policies.budgets import rows as budgets
from policies.budgets.models import Budget, Escrow
from policies.budgets.rules import BudgetWindow
from policies.current.looked_up import ASKED
from policies.decision import StopReason
from runs.models import Run
from tests.markup import read
from tests.pages.lives import running
from tests.pages.people import person
from tests.policies.treasury import life, noted, row

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "admin:policies_budget_changelist"


@pytest.fixture(autouse=True)
def _fresh(transactional_db: None) -> Iterator[None]:
    Budget.objects.all().delete()  # the shipped ones
    current.forget()
    yield
    pool.close()


def signed_in(group: str) -> Client:
    user = User.objects.create_user(f"some-{group}", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def admin() -> Client:
    return signed_in("admin")


def form(**changed: Any) -> dict[str, Any]:
    budget = {
        "name": "day-usd",
        "enabled": "on",
        "scope": "global",
        "window": "day",
        "measure": "usd",
        "amount": "10",
        "action": "pause",
        "downgrade_at": 80,
        "lines": "50 80 95",
        "unpriced": "refuse",
    }
    return budget | changed


def add(client: Client, **changed: Any) -> Any:
    return client.post(reverse("admin:policies_budget_add"), form(**changed))


def change(client: Client, budget: Budget, **changed: Any) -> Any:
    return client.post(reverse("admin:policies_budget_change", args=[budget.pk]), form(**changed))


def complaints(answer: Any) -> dict[str, list[str]]:
    return {name: list(found) for name, found in answer.context["adminform"].form.errors.items()}


def spent(budget: Budget, amount: str, reserved: str = "0", holder: str = "", **facts: Any) -> None:
    begun = periods.begin(BudgetWindow(budget.window), timezone.now())
    Escrow.objects.create(
        budget=budget, holder=holder, starts_at=begun, spent=amount, reserved=reserved, **facts
    )


def test_a_budget_that_is_added_is_in_force_and_in_the_journal(admin: Client) -> None:
    assert add(admin).status_code == 302
    current.refresh()
    assert [budget.name for budget in budgets.in_force()] == ["day-usd"]
    (event,) = noted("budget.added")
    assert (event.actor, event.data["change"]["amount"]) == ("user:some-admin", [None, "10.000000"])


def test_a_lowered_budget_holds_up_the_next_call_of_a_live_run(admin: Client) -> None:
    day = row(amount="1000", action="pause")
    run = life()
    run.ask("0.25", budgets.in_force(), timezone.now())
    run.pay("0.25")
    answer = admin.post(
        reverse("admin:policies_budget_change", args=[day.pk]), form(amount="0.40"), follow=True
    )
    assert (
        "In force from now on; no live run is held by it at this moment." in answer.content.decode()
    )
    current.refresh()
    drawn = run.ask("0.25", budgets.in_force(), timezone.now())
    assert (drawn.allowed, drawn.rule, drawn.version) == (False, "budget:day-usd", 2)
    (event,) = noted("budget.changed")
    assert event.data["change"] == {"amount": ["1000.000000", "0.400000"], "version": [1, 2]}


def test_a_saved_budget_says_how_many_live_runs_it_holds_and_what_else_they_must_fit(
    admin: Client,
) -> None:
    row(name="house-day")
    row(name="others", scope="agent", who="bug-*")
    running(person("operator", "otto"))
    sent = form(scope="agent", who="refund-*", name="desk")
    said = admin.post(reverse("admin:policies_budget_add"), sent, follow=True).content.decode()
    assert "In force from now on, for 1 live run at their next step." in said
    assert "They must fit house-day as well." in said
    sent |= {"name": "nobody", "who": "no-such-*", "meant": "yes"}
    said = admin.post(reverse("admin:policies_budget_add"), sent, follow=True).content.decode()
    assert "no live run is held by it" in said


def test_a_saved_budget_leads_to_the_runs_that_a_budget_paused(admin: Client) -> None:
    running(person("operator", "otto"))
    Run.objects.update(status="paused", stop_reason=StopReason.BUDGET_EXCEEDED)
    day = row(amount="0.05")
    page = reverse("admin:policies_budget_change", args=[day.pk])
    said = read(admin.post(page, form(amount="50"), follow=True).content.decode())
    assert "A budget has paused 1 run of them, which waits until resumed: show it." in said.words
    (way,) = (each for each in said.all("a") if each.words == "show it")
    found = admin.get(way.attrs["href"]).content.decode()
    assert 'data-run="' in found


def test_lowering_below_what_is_spent_says_what_becomes_of_runs(admin: Client) -> None:
    day = row(amount="1000")
    spent(day, "5")
    answer = admin.post(
        reverse("admin:policies_budget_change", args=[day.pk]), form(amount="4"), follow=True
    )
    assert "It is used up already: a run that draws on it pauses." in answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"scope": "agent"}, "who", "Which agents?"),
        ({"scope": "user", "who": "  "}, "who", "Which users?"),
        (
            {"action": "downgrade", "model": "m", "downgrade_at": 0},
            "downgrade_at",
            "A percentage from 1 to 100.",
        ),
        ({"unpriced": "fallback"}, "fallback", "Which price?"),
        ({"lines": "50 eighty"}, "lines", "Percentages from 1 to 100"),
        ({"lines": "0"}, "lines", "Percentages from 1 to 100"),
        ({"window": "call", "measure": "steps"}, "window", "One call is one step"),
        ({"measure": "tokens", "amount": "10.5"}, "amount", "There are only whole tokens."),
        ({"amount": "-1"}, "__all__", "zero lets no call through"),
    ],
)
def test_what_cannot_be_kept_is_refused_beside_its_field(
    admin: Client, changed: dict[str, Any], field: str, sentence: str
) -> None:
    found = complaints(add(admin, **changed))
    assert list(found) == [field]
    assert sentence in found[field][0]
    assert not Budget.objects.exists()


def test_warning_lines_are_kept_in_order_and_once(admin: Client) -> None:
    add(admin, lines="95%, 50, 80 50")
    assert Budget.objects.get().lines == "50 80 95"


def test_what_a_budget_counts_stays_as_it_was_made(admin: Client) -> None:
    day = row()
    assert change(admin, day, measure="tokens", window="month", amount="12").status_code == 302
    day.refresh_from_db()
    assert (day.measure, day.window, str(day.amount)) == ("usd", "day", "12.000000")


def test_a_budget_for_all_names_nobody(admin: Client) -> None:
    add(admin, scope="global", who="refund-desk", each="on")
    budget = Budget.objects.get()
    assert (budget.who, budget.each) == ("", False)


def test_the_list_shows_what_each_budget_leaves_now(admin: Client) -> None:
    day = row("house-day", "100", action="stop")
    spent(day, "61.20", "5.90")
    each = row(
        "own-tokens", "20000", scope="user", who="*", each=True, window="hour", measure="tokens"
    )
    spent(each, "100", holder="bert")
    spent(each, "15000", "1000", holder="anna")
    row("of-a-run", "2", window="run")
    row(
        "unspent",
        "5",
        scope="agent",
        who="bug-*",
        action="downgrade",
        model="openai:small",
        window="month",
    )
    page = admin.get(reverse(LIST)).content.decode()
    assert "$61.20 spent · $5.90 reserved · $32.90 left" in page
    assert "2 buckets; the fullest, anna: 15,000 spent · 1,000 reserved · 4,000 left" in page
    assert "counted by each run itself" in page
    assert "$0.00 spent · $0.00 reserved · $5.00 left" in page
    assert "20,000 tokens within an hour (UTC) for each user" in page
    assert "goes on with openai:small, then stops" in page


def test_yesterdays_bucket_is_not_todays(admin: Client) -> None:
    day = row("house-day", "100")
    spent(day, "61.20")
    Escrow.objects.update(
        starts_at=periods.begin(BudgetWindow.DAY, timezone.now()) - timedelta(days=1)
    )
    assert (
        "$0.00 spent · $0.00 reserved · $100.00 left" in admin.get(reverse(LIST)).content.decode()
    )


def test_calls_that_count_as_nothing_are_said_to(admin: Client) -> None:
    day = row("house-day", "100", unpriced="zero")
    spent(day, "1", unpriced=12)
    assert (
        "12 calls without a known price count as nothing"
        in admin.get(reverse(LIST)).content.decode()
    )


def test_more_budgets_cost_the_list_no_more_queries(
    admin: Client, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    for number in range(12):
        spent(row(f"budget-{number}", "10"), "1")
    with django_assert_max_num_queries(12):
        admin.get(reverse(LIST))


def test_the_form_shows_what_is_left(admin: Client) -> None:
    day = row("house-day", "100")
    spent(day, "61.20", "5.90")
    page = admin.get(reverse("admin:policies_budget_change", args=[day.pk])).content.decode()
    assert "$61.20 spent · $5.90 reserved · $32.90 left" in page
    assert (
        "Nothing is spent of it yet."
        in admin.get(reverse("admin:policies_budget_add")).content.decode()
    )


def test_a_deleted_budget_is_in_the_journal_with_what_it_was(admin: Client) -> None:
    day = row("house-day", "100")
    spent(day, "1")
    admin.post(reverse("admin:policies_budget_delete", args=[day.pk]), {"post": "yes"})
    (event,) = noted("budget.deleted")
    assert Decimal(event.data["change"]["amount"][0]) == 100
    assert not Escrow.objects.exists()


def test_an_auditor_may_look_and_an_operator_may_not() -> None:
    day = row("house-day", "100")
    auditor = signed_in("auditor")
    assert auditor.get(reverse(LIST)).status_code == 200
    assert change(auditor, day, amount="1").status_code == 403
    assert signed_in("operator").get(reverse(LIST)).status_code == 403


def test_a_budget_of_nothing_is_asked_back(admin: Client) -> None:
    asked = complaints(add(admin, amount="0"))
    assert asked == {
        "amount": [f"Nothing fits a budget of 0: no run that it is for makes another call. {ASKED}"]
    }
    assert add(admin, amount="0", meant="yes").status_code == 302


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Day USD!", "without a space: “day-usd” would do."),
        ("预算", "hyphens and underscores alone, without a space."),
    ],
)
def test_a_name_that_is_not_in_one_piece_is_answered_with_one_that_would_do(
    admin: Client, typed: str, said: str
) -> None:
    answer = admin.post(reverse("admin:policies_budget_add"), form(name=typed))
    assert said in read(answer.content).words
    assert not Budget.objects.exists()
