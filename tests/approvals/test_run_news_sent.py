"""Channels hear of runs: signed, each once, together when many come at once, tried again; and never
what a run was about.
"""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from approvals.models import Channel, Delivery, RunNotice
from approvals.services import announcing
from runs import services
from runs.models import Run
from tests.approvals.desk import Desk
from tests.approvals.test_channel_admin import admin as admin  # the fixture
from tests.approvals.test_notifications import KEY, NOW, Heard, told, webhook
from tests.approvals.test_notifications import other_side as other_side  # the fixture
from tests.runtime.conftest import answering

ENDS, WAITS, BOTH = ["run.ended"], ["run.waiting"], ["run.ended", "run.waiting"]


def heard(other_side: Heard) -> list[Any]:
    return [json.loads(body)["signalbox"] for _, body in other_side.posts]


def done(desk: Desk, **facts: Any) -> Run:
    return desk.bench.play(desk.bench.start(answering("canary result"), **facts))


def test_the_end_of_a_run_is_told_signed_and_once(
    approvals_desk: Desk, other_side: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_KEY", KEY)
    monkeypatch.setenv("SIGNALBOX_HANDS_ON", "HOOK_KEY")
    webhook(other_side, secret_variable="HOOK_KEY", events=ENDS)
    run = done(approvals_desk)
    assert [told(NOW), told(NOW + timedelta(minutes=5))] == [1, 0]
    [(headers, body)] = other_side.posts
    assert headers["X-Signalbox-Signature"].startswith("v0=")
    assert headers["X-Signalbox-Delivery"] == f"delivery-{Delivery.objects.get().pk}"
    [facts] = heard(other_side)
    assert facts["kind"] == "run.ended"
    assert [(each["id"], each["reason"]) for each in facts["runs"]] == [(str(run.pk), "COMPLETED")]
    assert b"canary" not in body
    assert b"probe the runtime" not in body
    assert not RunNotice.objects.exists()


def test_a_run_that_waits_for_a_person_is_told_without_its_call(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side, events=WAITS)
    run = approvals_desk.start()
    assert told(NOW) == 1
    [facts] = heard(other_side)
    assert (facts["kind"], facts["runs"][0]["id"]) == ("run.waiting", str(run.pk))
    assert facts["runs"][0]["reason"] == "approval"
    assert b"180" not in other_side.posts[0][1]


def test_a_channel_is_told_what_it_wants_and_nothing_else(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side)
    assert Channel.objects.get().events == ["approval.requested"]
    done(approvals_desk)
    assert told(NOW) == 0
    assert not RunNotice.objects.exists(), "nothing is written that nobody wants"
    Channel.objects.update(events=ENDS)
    approvals_desk.start()
    assert told(NOW) == 0


def test_many_ends_share_one_message(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side, events=BOTH)
    for _ in range(3):
        done(approvals_desk)
    approvals_desk.start()
    assert told(NOW) == 2
    assert {each["kind"]: len(each["runs"]) for each in heard(other_side)} == {
        "run.ended": 3,
        "run.waiting": 1,
    }


def test_what_ends_within_the_gap_waits_for_the_next_message(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side, events=ENDS, gap_seconds=30)
    sent = []
    for second in (0, 5, 31):
        done(approvals_desk)
        sent.append(told(NOW + timedelta(seconds=second)))
    assert sent == [1, 0, 1]
    assert len(heard(other_side)[1]["runs"]) == 2


def test_a_message_that_is_not_taken_is_tried_again(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side, events=ENDS)
    other_side.answers = [500]
    done(approvals_desk)
    assert [told(NOW + timedelta(seconds=second)) for second in (0, 1, 3)] == [0, 0, 1]
    delivery = Delivery.objects.get()
    assert (delivery.attempts, delivery.count, delivery.news) == (2, 1, "run.ended")


def test_a_killed_run_is_told_by_its_reason(approvals_desk: Desk, other_side: Heard) -> None:
    webhook(other_side, events=ENDS)
    run = approvals_desk.start()
    services.kill(run_id=run.pk, actor=approvals_desk.bench.user, at=NOW, note="canary note")
    approvals_desk.bench.play(run)
    told(NOW)
    assert heard(other_side)[0]["runs"][0]["reason"] == "USER_KILLED"
    assert b"canary" not in other_side.posts[0][1]


def test_a_channel_that_is_switched_off_gathers_nothing(
    approvals_desk: Desk, other_side: Heard
) -> None:
    webhook(other_side, events=ENDS, enabled=False)
    done(approvals_desk)
    assert announcing.gather(at=NOW) == []
    assert not RunNotice.objects.exists()


@pytest.mark.django_db
def test_an_admin_chooses_what_a_channel_is_told(admin: Client) -> None:
    form = {
        "name": "ci",
        "enabled": "on",
        "kind": "webhook",
        "target": "https://ci.example/hook",
        "events": BOTH,
        "gap_seconds": "1",
    }
    page = admin.get(reverse("admin:approvals_channel_add")).content.decode()
    assert "never its goal" in page
    assert page.count("checked") == 2, "enabled, and told of requests"
    admin.post(reverse("admin:approvals_channel_add"), form)
    assert Channel.objects.get().events == BOTH
    admin.post(reverse("admin:approvals_channel_add"), {**form, "name": "ci2", "events": ["x"]})
    assert Channel.objects.count() == 1
    admin.post(reverse("admin:approvals_channel_add"), {**form, "name": "ci3", "events": []})
    assert Channel.objects.get(name="ci3").events == ["approval.requested"]
