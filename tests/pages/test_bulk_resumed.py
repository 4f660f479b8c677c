"""Many paused runs are resumed by the rule of the single act."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from runs import services
from runs.engine.vocabulary import StopReason
from runs.models import Run
from tests.approvals.conftest import approvals_desk as approvals_desk  # the fixture
from tests.approvals.desk import Desk
from tests.approvals.test_stops import paused
from tests.pages.bulk import asked, fresh, inside, queued, statuses, worked
from tests.pages.bulk import operator as operator  # the fixture
from tests.pages.bulk import otto as otto  # the fixture
from tests.pages.lives import life
from tests.pages.people import person
from tests.pages.supervised import budget, drawn, out_of_budget
from tests.runtime.conftest import bench as bench  # the fixture

pytestmark = pytest.mark.django_db


def test_paused_runs_are_resumed_together(operator: Client, otto: User) -> None:
    for run in queued(otto, 3):
        services.pause(run_id=run.pk, actor=otto, at=timezone.now())
    act = asked(operator, "resume", "status:paused", 3)
    worked()
    assert statuses() == {"queued": 3}
    assert fresh(act).done == 3


def broke(who: User, goal: str, rule: str) -> Run:
    one = life(who, goal)
    one.lease()
    return out_of_budget(one, rule)


def test_what_a_budget_paused_is_resumed_as_on_its_own_page_or_left_with_the_reason(
    operator: Client, otto: User
) -> None:
    budget("raised", "100")
    drawn(budget("full"), "9.9")
    broke(otto, "There is room again", "raised")
    stays = broke(otto, "There is none yet", "full")
    page = operator.get("/bulk/ask/?verb=resume&q=status:paused").content.decode()
    assert "Resume 1 run?" in page
    assert f'href="/runs/{stays.pk}/"' in page
    assert "It can go on once the budget full is raised" in page
    act = asked(operator, "resume", "status:paused", 1)
    worked()
    assert statuses() == {"queued": 1, "paused": 1}
    assert fresh(act).done == 1


def test_who_may_not_answer_for_a_paused_run_reads_so_before_it_would_be_resumed(
    approvals_desk: Desk,
) -> None:
    run = paused(approvals_desk, StopReason.LOOP_DETECTED, rule="loop-exact", detail="In a loop.")
    mira, address = person("operator", "mira"), "/bulk/ask/?verb=resume&q=status:paused"
    shown = inside(mira).get(address).content.decode()
    assert "Resume 0 runs?" in shown
    assert f'href="/runs/{run.pk}/"' in shown
    assert "An approver decides: may it go on? You may look." in shown
    mira.groups.add(Group.objects.get(name="approver"))
    assert "Resume 1 run?" in inside(mira).get(address).content.decode()
