"""A worker that is killed in the middle of a bulk act: the next one goes on, no run is acted on
twice and none is left out.
"""

import subprocess
import sys

import pytest
from django.db import transaction
from django.utils import timezone

from console.journal.models import Event
from runs import bulk_acts
from runs.bulk_acts import BulkOrder, BulkVerb
from runs.models import BulkAct, Run
from tests.pages.lives import life
from tests.pages.people import person
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)
DIES_AT_THE_THIRD = """
import sys, django
django.setup()
from django.utils import timezone
from runs import bulk_acts, services
pause, done = services.pause, []
def third(**facts):
    run = pause(**facts)
    done.append(run)
    if len(done) == 3:
        print("the third is paused, and not committed", flush=True)
        sys.stdin.read()
    return run
services.pause = third
bulk_acts.go_round(600.0, timezone.now())
"""


@pytest.fixture
def act() -> BulkAct:
    otto = person("operator", "otto")
    runs = [life(otto, f"Refund order {number}").run.pk for number in range(5)]
    return bulk_acts.begin(
        user=otto, wanted=BulkOrder(BulkVerb.PAUSE), runs=runs, zone="UTC", at=timezone.now()
    )


def worked(act: BulkAct) -> bool:
    bulk_acts.go_round(600.0, timezone.now())
    act.refresh_from_db()
    return act.ended_at is not None


def test_a_worker_that_is_killed_half_way_leaves_the_rest_to_the_next(act: BulkAct) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DIES_AT_THE_THIRD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == b"the third is paused, and not committed\n"
        act.refresh_from_db()
        assert (act.done, act.left) == (2, 3)
        assert not worked(act), "another worker is at it"
        worker.kill()
    until(lambda: worked(act), "the act is over")
    assert (act.done, act.refused) == (5, 0)
    assert Run.objects.filter(status="paused").count() == 5
    assert Event.objects.filter(kind="run.paused").count() == 5
    assert Event.objects.filter(kind="bulk.ended").count() == 1


def test_two_workers_at_once_do_no_run_twice(act: BulkAct) -> None:
    with transaction.atomic():
        assert bulk_acts.step(act.pk, timezone.now())
        taken = subprocess.run(
            [sys.executable, "-c", DIES_AT_THE_THIRD], capture_output=True, check=True, input=b""
        )
        assert taken.stdout == b"", "it found nothing that was not taken"
    assert worked(act)
    assert Event.objects.filter(kind="run.paused").count() == 5
