"""Health says of each part of the house what was seen, and what to do where it is not well."""

import json
import time
from collections import namedtuple
from datetime import timedelta

import pytest
from django.utils import timezone

from console.pages import house_parts, parts
from policies.outages.models import ProviderStanding
from runs.models import Run
from tests.pages.lives import life, running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


def test_a_queue_that_stands_says_since_when_and_what_to_do() -> None:
    now = timezone.now()
    assert house_parts.queue(now).pill.word == "Well"
    one = life(person("operator"), ago=180)
    found = house_parts.queue(one.run.created_at + timedelta(minutes=3))
    assert (found.pill.word, found.seen) == ("Watch", "1 run waiting, the oldest for 3 min")
    assert "worker" in found.remedy


def test_a_lease_that_ran_out_is_said() -> None:
    one = running(person("operator"))
    now = timezone.now()
    late = now - timedelta(seconds=42)
    Run.objects.filter(pk=one.run.pk).update(lease_owner="vm:1", lease_expires_at=late)
    found = house_parts.slots(now)
    assert found.pill.word == "Trying again"
    assert found.seen == "1 run in the hands of 1 worker; one ran out 42 s ago"


def test_a_provider_that_turns_runs_away_is_named_until_it_is_back() -> None:
    now = timezone.now()
    away = ProviderStanding.objects.create(place="openai:gpt-5-mini", since=now, trouble="503")
    assert "openai:gpt-5-mini" in house_parts.providers(now).seen
    away.back_at = now - timedelta(hours=1)
    away.save()
    assert house_parts.providers(now).pill.word == "Well"


@pytest.mark.parametrize(("free", "word"), [(50, "Well"), (5, "Watch"), (1, "Not well")])
def test_a_disk_that_fills_up_is_said_before_it_is_full(
    monkeypatch: pytest.MonkeyPatch, free: int, word: str
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: Usage(100, 0, free))
    found = house_parts.disk(timezone.now())
    assert found.pill.word == word
    assert bool(found.remedy) == (word != "Well")


@pytest.mark.parametrize(
    ("old", "up", "word"),
    [(60, 900, "Well"), (600, 30, "Trying again"), (600, 900, "Not well")],
)
def test_a_record_that_is_late_is_not_well_unless_the_house_has_just_started(
    monkeypatch: pytest.MonkeyPatch, old: int, up: int, word: str
) -> None:
    now = timezone.now()
    told = {"number": 8, "at": (now - timedelta(seconds=old)).isoformat()}
    line = namedtuple("Line", "text")(json.dumps(told))
    monkeypatch.setattr("console.journal.sealing.last_line", lambda: line)
    monkeypatch.setattr(house_parts, "BEGAN", time.monotonic() - up)
    found = house_parts.record(now)
    assert (found.pill.word, found.seen[:6]) == (word, "seal 8")


def test_every_part_that_is_not_well_says_what_to_do() -> None:
    for name in parts.REMEDIES:
        assert parts.HealthPart(name, well=False, words="gone").remedy
        assert not parts.HealthPart(name, well=True).remedy


def test_the_page_shows_them_and_viewers_hear_nothing_of_tools() -> None:
    whole = signed_in("operator").get("/health/").content.decode()
    for name in ("Queue", "Leases", "Providers", "MCP servers", "Disk", "Record", "Versions"):
        assert f'<th scope="row">{name}</th>' in whole
    spared = signed_in("viewer").get("/health/").content.decode()
    assert '<th scope="row">MCP servers</th>' not in spared
