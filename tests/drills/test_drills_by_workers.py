"""Fire drills that need real processes: a worker that is killed with a payment in its hands, an
approver who never comes, and runs that race for one budget.
"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestStatus
from approvals.services import expiring
from console.stack.processes import Running
from policies.budgets.models import Budget
from policies.circuit.models import Breaker
from runs.drills import drilling
from runs.drills.drill_scenarios import Scenario
from runs.models import Drill, Run, ToolCrash
from runs.runtime import watchdog
from tests.drills.test_drilling import begun, broken, now
from tests.patience import PATIENCE, until
from tests.supervision import answering
from tests.supervision.conftest import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def question() -> Request:
    open_now = Request.objects.filter(status=RequestStatus.OPEN)
    until(open_now.exists, "the drill asks")
    return open_now.get()


def reported(drill: Drill) -> Drill:
    """The drill with its report, once the clock's rounds, which are gone here, find it over."""

    def over() -> bool:
        watchdog.go_round()
        drilling.tend(at=now())
        return Drill.objects.filter(pk=drill.pk).exclude(ended_at=None).exists()

    until(over, "the drill is over", 4 * PATIENCE)
    return Drill.objects.get(pk=drill.pk)


def test_a_worker_killed_in_a_payment_takes_no_other_run_along_and_nothing_is_paid_twice(
    shop: Shop, worker: Running
) -> None:
    drill = begun(Scenario.WORKER_KILLED)
    answering.answer(question(), User.objects.get(username="alma"))
    drill = reported(drill)
    assert (broken(drill), drill.held) == ([], True)
    assert "SIGKILL" in str(drill.report["lines"])
    assert worker.process.poll() is None
    assert not Breaker.objects.exists()
    assert not ToolCrash.objects.exists()


def test_a_question_that_nobody_answers_is_ended_by_the_clock_and_nothing_is_paid(
    shop: Shop, worker: Running
) -> None:
    drill = begun(Scenario.APPROVER_ABSENT)
    assert question().ttl == 15
    expiring.sweep(at=now() + timedelta(seconds=16))
    drill = reported(drill)
    assert (broken(drill), drill.held) == ([], True)


def test_runs_that_race_for_a_budget_do_not_overspend_it_and_it_is_gone_with_the_drill(
    shop: Shop, worker: Running
) -> None:
    drill = reported(begun(Scenario.BUDGET_RACE))
    assert (broken(drill), drill.held) == ([], True)
    assert Run.objects.filter(drill=True).count() == 4
    assert not Budget.objects.filter(name__startswith="fire-drill").exists()
