"""What stands still until a person acts, at the top of the fleet: each row leads to where it is answered, and no row is lost unsaid."""

import pytest
from django.contrib.auth.models import User

from approvals.models import Request
from console.pages import attention
from runs.engine import events as e
from runs.engine.vocabulary import Waiting
from runs.models import Run
from tests.approvals.test_queue import asking
from tests.pages.lives import life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


def waiting_run(who: User, goal: str = "charge the card") -> Run:
    one = life(who, goal)
    one.lease()
    one.plan(("charge_card", {"amount": 45}))
    one.happen(e.RunWaiting(at=one.after(0.1), waiting_for=Waiting.APPROVAL, why="charge_card cannot be undone, so a person decides."))
    return one.written()


def test_who_may_see_requests_is_led_to_the_oldest_card_of_the_run() -> None:
    run = waiting_run(person("operator", "otto"))
    Request.objects.bulk_create([asking(run, 1), asking(run, 2)])
    oldest = Request.objects.order_by("asked_at").first()
    assert oldest
    text = signed_in("approver").get("/").content.decode()
    assert f'href="/approvals/{oldest.pk}/">Review</a>' in text


def test_a_viewer_is_led_to_the_run() -> None:
    run = waiting_run(person("operator", "otto"))
    Request.objects.bulk_create([asking(run, 1)])
    text = signed_in("viewer").get("/").content.decode()
    assert f'href="/runs/{run.pk}/">Look</a>' in text
    assert "/approvals/" not in text


def test_when_there_are_more_than_fit_that_is_said_with_the_way_to_all() -> None:
    who, client = person("operator", "otto"), signed_in("operator")
    for number in range(attention.MOST):
        waiting_run(who, f"run {number}")
    assert "everything that needs a person" not in client.get("/").content.decode()
    waiting_run(who, "one more")
    text = client.get("/").content.decode()
    assert text.count(">Look</a>") == attention.MOST
    assert '<a href="/?view=person">everything that needs a person</a>' in text
