"""Budgets of people hold whoever they were written for, whatever those are called by now; and
nobody who only has their name.
"""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client

from policies import current
from policies.budgets import named, words
from policies.budgets import rows as budgets
from policies.budgets.budget_form import BudgetForm
from policies.budgets.models import Budget as Row
from policies.budgets.models import Escrow
from runs.engine.vocabulary import Effect, StopReason
from tests.policies.test_budget_admin import add, complaints
from tests.policies.test_budget_admin import admin as admin  # the fixture
from tests.policies.test_budget_runs import house as house  # the fixture
from tests.policies.test_budget_runs import news, spending
from tests.policies.treasury import row
from tests.runtime.conftest import Bench
from tests.runtime.conftest import bench as bench  # the fixture


def renamed(user: User, name: str) -> None:
    user.username = name
    user.save()
    current.refresh()


def test_a_budget_goes_on_holding_whom_it_was_written_for_under_another_name(house: Bench) -> None:
    house.tool("note", news, effect=Effect.READ)
    row("olgas", "0.15", scope="user", who="olga")
    renamed(house.user, "olga-renamed")
    assert house.play(house.start(spending(2, "0.10"))).stop_reason == StopReason.BUDGET_EXCEEDED


def test_whoever_is_given_a_name_anew_has_neither_its_budget_nor_its_bucket(house: Bench) -> None:
    house.tool("note", news, effect=Effect.READ)
    row("olgas", "0.25", scope="user", who="olga")
    each = row("each", "0.25", scope="user", who="*", each=True)
    assert house.play(house.start(spending(3, "0.10"))).stop_reason == StopReason.BUDGET_EXCEEDED
    old = house.user
    renamed(old, "olga-renamed")
    house.user = User.objects.create_user("olga")
    run = house.play(house.start(spending(1, "0.10")))
    assert run.stop_reason == StopReason.COMPLETED
    assert set(Escrow.objects.filter(budget=each).values_list("holder", flat=True)) == {
        str(old.pk),
        str(house.user.pk),
    }


def test_a_bucket_keeps_its_owner_through_a_change_of_name(house: Bench) -> None:
    house.tool("note", news, effect=Effect.READ)
    each = row("each", "0.25", scope="user", who="*", each=True)
    assert house.play(house.start(spending(1, "0.10"))).stop_reason == StopReason.COMPLETED
    renamed(house.user, "olga-renamed")
    run = house.play(house.start(spending(2, "0.10")))
    assert run.stop_reason == StopReason.BUDGET_EXCEEDED
    assert "for olga-renamed" in run.stop_detail
    assert Escrow.objects.filter(budget=each).count() == 1


@pytest.mark.django_db
def test_the_form_takes_and_shows_names_and_keeps_ids(admin: Client) -> None:
    anna = User.objects.create_user("anna")
    add(admin, scope="user", who="bot-* anna")
    kept = Row.objects.get(scope="user")
    assert kept.who == f"bot-* anna#{anna.pk}"
    renamed(anna, "anna-renamed")
    assert BudgetForm(instance=kept).initial["who"] == "bot-* anna-renamed"
    assert words.whose(budgets.budget_of(kept)) == " for bot-*, anna-renamed"


@pytest.mark.django_db
def test_a_budget_for_nobody_there_is_is_refused_by_the_form_and_by_the_row(admin: Client) -> None:
    assert complaints(add(admin, scope="user", who="anna"))["who"] == [
        "There is nobody called anna."
    ]
    with pytest.raises(ValidationError, match="nobody called anna"):
        row("annas", scope="user", who="anna")


def test_of_the_words_of_a_row_only_ids_and_patterns_hold_anybody() -> None:
    assert named.ruled("anna#17 bot-* 18 carla") == "17 bot-*"
