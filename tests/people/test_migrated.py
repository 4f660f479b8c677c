"""What was kept by name before ids were: known afterwards by what is certain, and never guessed."""

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.db import connection

from approvals.models import Grant, Request
from approvals.services.granting import SessionOffer
from policies.budgets.models import Budget, Escrow
from runs.models import Run
from tests.approvals.conftest import approvals_desk as approvals_desk  # the fixture
from tests.approvals.desk import Desk
from tests.runtime.conftest import bench as bench  # the fixture

DECIDERS: Any = import_module("approvals.migrations.0009_known_deciders")
BUDGETS: Any = import_module("policies.migrations.0017_people_of_budgets")
RIGHTS: Any = import_module("runs.migrations.0015_by_right")


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for each in statements:
            cursor.execute(each)


def test_who_decided_and_gave_is_known_by_the_vote_it_came_with(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    approvals_desk.decide(approvals_desk.asked(run), standing=SessionOffer(3))
    Request.objects.update(decided_by_id="")
    Grant.objects.update(given_by_id="")
    User.objects.filter(pk=approvals_desk.ada.pk).update(username="ada-renamed")
    User.objects.create_user("ada")
    execute(DECIDERS.DECIDED, DECIDERS.GIVEN)
    ada = str(approvals_desk.ada.pk)
    assert (Request.objects.get().decided_by_id, Grant.objects.get().given_by_id) == (ada, ada)


def test_budgets_and_buckets_of_users_become_those_of_people(approvals_desk: Desk) -> None:
    olga = approvals_desk.bench.user
    budget = Budget.objects.create(name="each", amount=1, scope="user", who="*", each=True)
    Budget.objects.filter(pk=budget.pk).update(who="olga bot-* nobody-there")
    for holder in ("olga", "gone"):
        Escrow.objects.create(
            budget=budget, holder=holder, starts_at=datetime(2026, 3, 1, tzinfo=UTC)
        )
    BUDGETS.by_id(apps, None)
    execute(BUDGETS.BUCKETS)
    assert Budget.objects.get(pk=budget.pk).who == f"olga#{olga.pk} bot-* nobody-there"
    assert set(Escrow.objects.values_list("holder", flat=True)) == {str(olga.pk), "gone"}


def test_a_live_run_counts_as_started_by_right_where_its_person_may_start_runs_now(
    approvals_desk: Desk,
) -> None:
    run, olga = approvals_desk.start(), approvals_desk.bench.user
    olga.user_permissions.clear()
    Run.objects.update(by_right=False)
    execute(RIGHTS.MAY)
    assert not Run.objects.get(pk=run.pk).by_right
    olga.user_permissions.add(Permission.objects.get(codename="operate_run"))
    execute(RIGHTS.MAY)
    assert Run.objects.get(pk=run.pk).by_right
