"""Somebody who acts on many runs at once, and the rounds in which it is done."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from console.journal.models import Event
from runs import bulk_acts
from runs.models import BulkAct, Run
from tests.pages.lives import life
from tests.pages.people import person


def inside(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def otto() -> User:
    return person("operator", "otto")


@pytest.fixture
def operator(otto: User) -> Client:
    return inside(otto)


def queued(who: User, count: int, goal: str = "Refund order") -> list[Run]:
    """Runs that no worker holds."""
    return [life(who, f"{goal} {number}").run for number in range(count)]


def asked(client: Client, verb: str, text: str, count: int, **facts: Any) -> BulkAct:
    answer = client.post("/bulk/ask/", {"verb": verb, "q": text, "count": count, **facts})
    assert answer.status_code == 302, answer.content.decode()
    return BulkAct.objects.get(pk=int(answer["Location"].strip("/").rpartition("/")[2]))


def worked() -> None:
    bulk_acts.go_round(60.0, timezone.now())


def fresh(act: BulkAct) -> BulkAct:
    act.refresh_from_db()
    return act


def statuses() -> dict[str, int]:
    found = list(Run.objects.values_list("status", flat=True))
    return {status: found.count(status) for status in set(found)}


def ends() -> list[Any]:
    return list(Event.objects.filter(kind="bulk.ended").order_by("id"))


def told(event: Any) -> Any:
    return json.loads(event.data)
