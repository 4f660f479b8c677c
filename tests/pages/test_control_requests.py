"""Whose word a run stands still by: the head of its page names who, when and why."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from runs import services
from runs.engine import events as e
from runs.engine.vocabulary import StopReason
from runs.models import Run
from runs.reading.control_requests import ControlRequest
from tests.pages.lives import Life, running
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


def head(one: Life, group: str = "operator") -> str:
    text = signed_in(group).get(f"/runs/{one.run.pk}/").content.decode()
    return re.sub(
        r"<[^>]+>|\s+",
        " ",
        text[text.index('id="head"') : text.index("run-verbs")]
        + text[text.index('data-cell="now"') :][:3000],
    )


def asked(verb: str, note: str) -> Life:
    """A run of which anna wants something, and that has not been told to a worker."""
    one = running(person("operator", "otto"))
    anna = person("operator", "anna")
    getattr(services, verb)(run_id=one.run.pk, actor=anna, at=datetime.now(UTC), note=note)
    request = e.PauseRequested if verb == "pause" else e.KillRequested
    one.happen(request(at=one.after(1), actor="user:anna", note=note))
    one.events.clear()
    return one


def test_a_request_names_who_made_it_and_why_before_any_worker_confirms() -> None:
    said = head(asked("kill", "wrong customer"))
    assert "kill requested by anna" in said
    assert "(wrong customer), not confirmed yet" in said


def test_a_paused_run_names_who_paused_it_when_and_why() -> None:
    one = asked("pause", "let me look")
    one.happen(e.RunPaused(at=one.after(1)))
    one.written()
    assert re.search(r"Paused by anna.*At \d\d:\d\d UTC: let me look", head(one))


def test_a_killed_run_names_who_killed_it_to_everybody_who_may_see_it() -> None:
    one = asked("kill", "wrong customer")
    one.happen(
        e.KillAcknowledged(at=one.after(1)),
        e.RunStopped(at=one.after(1), reason=StopReason.USER_KILLED),
    )
    one.written()
    for group in ("operator", "viewer"):
        said = head(one, group)
        assert re.search(r"by anna.*At \d\d:\d\d UTC: wrong customer", said), said


def test_a_run_that_a_rule_paused_is_nobodys_control_request() -> None:
    one = asked("pause", "let me look")
    one.happen(e.RunPaused(at=one.after(1)), e.RunResumed(at=one.after(1), actor="user:anna"))
    one.lease(epoch=2)
    one.happen(
        e.RunPaused(
            at=one.after(1),
            rule="halt:all",
            detail="Halted by bert at 10:00 UTC: drill. Every run is halted.",
        )
    )
    one.written()
    assert Run.objects.get(pk=one.run.pk).status == "paused"
    said = head(one)
    assert "Paused by anna" not in said
    assert "Halted by bert at 10:00 UTC: drill." in said


def test_of_another_day_the_day_is_told_too() -> None:
    now = datetime(2026, 1, 2, 9, 0, tzinfo=UTC)
    assert ControlRequest("anna", now - timedelta(hours=1)).sentence(now) == "At 08:00 UTC"
    assert (
        ControlRequest("anna", now - timedelta(days=1), "late").sentence(now)
        == "At 2026-01-01 09:00:00 UTC: late"
    )
