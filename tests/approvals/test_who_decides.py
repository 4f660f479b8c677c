"""Each kind of person before a run that stands still: the button, its sentence, what pressing it
does and the record agree.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals.models import Request
from approvals.selectors import crowding
from approvals.services import guarding
from console.journal.records import Actor
from runs import run_rows, services
from runs.engine import events as e
from runs.engine.vocabulary import AnswerAct, StopReason
from runs.models import Run
from tests.approvals.desk import Desk
from tests.approvals.test_stops import in_doubt, paused
from tests.markup import read
from tests.pages.people import person
from tests.runtime.conftest import answering, calling, stored
from tests.runtime.test_takeover import lost

GROUPS = ("viewer", "operator", "approver", "admin", "auditor")
SETTLED = {"happened": "yes", "sure": "yes", "note": "the bank's own list"}
SENTENCE = "An approver decides: may it go on?"


def client_of(who: User) -> Client:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, run: Run) -> str:
    return client.get(f"/runs/{run.pk}/").content.decode()


@pytest.fixture(params=GROUPS)
def who(request: Any, transactional_db: None) -> User:
    return person(request.param)


def test_the_resume_button_its_sentence_and_its_effect_agree(
    approvals_desk: Desk, who: User
) -> None:
    run = paused(
        approvals_desk,
        StopReason.NO_PROGRESS,
        rule="loop-exact",
        detail="The same call four times.",
    )
    client, may = client_of(who), who.groups.get().name == "approver"
    text = page(client, run)
    assert (f'hx-post="/runs/{run.pk}/resume/"' in text) is may
    assert (SENTENCE in text) is not may
    answer = client.post(f"/runs/{run.pk}/resume/")
    expected = {"approver": 302, "operator": 409, "admin": 409}.get(who.groups.get().name, 403)
    assert answer.status_code == expected
    assert approvals_desk.bench.look(run).status == ("queued" if may else "paused")
    if expected == 409:
        assert SENTENCE in answer.content.decode()


def test_the_record_says_who_resumed_it_and_never_that_they_approved(approvals_desk: Desk) -> None:
    run = paused(
        approvals_desk,
        StopReason.NO_PROGRESS,
        rule="loop-exact",
        detail="The same call four times.",
    )
    request = approvals_desk.asked(run)
    client = client_of(approvals_desk.ada)
    client.post(f"/runs/{run.pk}/resume/")
    request.refresh_from_db()
    assert (request.act, request.decided_by) == (AnswerAct.RESUME, "user:ada")
    assert "ada resumed the run at" in client.get(f"/approvals/{request.pk}/").content.decode()


def test_a_pause_by_a_person_is_the_operators_to_end(approvals_desk: Desk, who: User) -> None:
    run = paused(approvals_desk, StopReason.USER_PAUSED)
    client, may = client_of(who), who.groups.get().name in ("operator", "admin")
    assert (f'hx-post="/runs/{run.pk}/resume/"' in page(client, run)) is may
    assert client.post(f"/runs/{run.pk}/resume/").status_code == (302 if may else 403)


def test_the_settle_form_its_sentence_and_its_effect_agree(approvals_desk: Desk, who: User) -> None:
    run = in_doubt(approvals_desk)
    client, group = client_of(who), who.groups.get().name
    text, may = page(client, run), group == "approver"
    assert (f'action="/runs/{run.pk}/settle/"' in text) is may
    assert ("An approver decides: did the call happen?" in text) is not may
    expected = {"approver": 302, "operator": 409, "admin": 409}.get(group, 403)
    assert client.post(f"/runs/{run.pk}/settle/", SETTLED).status_code == expected
    assert approvals_desk.bench.look(run).status == ("queued" if may else "waiting")


def test_the_page_says_what_to_look_up_and_what_each_word_does(approvals_desk: Desk) -> None:
    run = in_doubt(approvals_desk)
    request = approvals_desk.asked(run)
    client = client_of(approvals_desk.ada)
    for text in (page(client, run), client.get(f"/approvals/{request.pk}/").content.decode()):
        assert f"{run.pk}:1.1" in text
        assert '<code>pay</code> <span class="doubt-how">was begun at' in text
        assert "go on after it" in text
        assert "make it again" in text
        assert "Nobody can tell" in text


@pytest.mark.parametrize("lacking", ["sure", "note"])
def test_a_word_on_a_call_in_doubt_takes_a_look_and_a_reason(
    approvals_desk: Desk, lacking: str
) -> None:
    run = in_doubt(approvals_desk)
    request, client = approvals_desk.asked(run), client_of(approvals_desk.ada)
    sent = {name: value for name, value in SETTLED.items() if name != lacking}
    assert client.post(f"/runs/{run.pk}/settle/", sent).status_code == 409
    form = {
        "act": "happened",
        "digest": request.digest,
        "version": str(request.version),
        "sure": "yes",
        "note": "the bank's own list",
    }
    answer = client.post(
        f"/approvals/{request.pk}/decide/",
        {name: value for name, value in form.items() if name != lacking},
    )
    assert answer.status_code == 422
    assert approvals_desk.bench.look(run).status == "waiting"


def test_what_came_back_is_the_calls_result(approvals_desk: Desk) -> None:
    run = in_doubt(approvals_desk)
    request = approvals_desk.asked(run)
    form = {
        "act": "happened",
        "digest": request.digest,
        "version": str(request.version),
        "sure": "yes",
        "note": "their list",
    }
    client_of(approvals_desk.ada).post(
        f"/approvals/{request.pk}/decide/", {**form, "came_back": '{"charge_id": "ch_7"}'}
    )
    back = next(row.record for row in stored(run) if row.record.kind == "call.returned")
    assert back.data["result"]["charge_id"] == "ch_7"
    assert approvals_desk.bench.play(run).status == "completed"


def test_when_nobody_can_tell_nothing_is_made_again_and_nothing_built_on_it(
    approvals_desk: Desk,
) -> None:
    run = in_doubt(approvals_desk)
    client_of(approvals_desk.ada).post(
        f"/runs/{run.pk}/settle/", {**SETTLED, "happened": "unknown", "note": "their log is gone"}
    )
    ended = approvals_desk.bench.play(run)
    assert (ended.status, ended.stop_reason) == ("stopped", "IN_DOUBT")
    assert ended.stop_detail == "Nobody can tell whether pay happened. their log is gone"
    assert approvals_desk.bench.tools["pay"].keys == []
    assert Request.objects.get(run=run).act == "unknown"


def test_an_escalated_request_names_who_decides_now(approvals_desk: Desk) -> None:
    person("admin")
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    approvals_desk.decide(request, AnswerAct.ESCALATE)
    card = read(client_of(person("operator")).get(f"/approvals/{request.pk}/").content)
    assert "An admin decides: may this call be made?" in card.words
    assert "escalated, one admin" in card.one("header", data_cell="head").words
    assert "stage 2" not in card.words
    assert [each for each in card.all("bdi") if each.words.endswith("escalated it")]


def again_paused(desk: Desk, run: Run) -> None:
    """A person lets it go on and pauses it once more, while somebody else still believes in the
    pause before.
    """
    at = datetime.now(UTC)
    wake_and_pause = [
        e.RunResumed(at=at, actor="user:olga"),
        e.RunPaused(at=at, actor="user:olga", detail="wait"),
    ]
    run_rows.appended(run, run_rows.state_of(run), wake_and_pause)


def test_the_flood_guard_does_not_end_a_persons_pause(approvals_desk: Desk) -> None:
    run = paused(approvals_desk, StopReason.USER_PAUSED, rule=crowding.RULE)
    assert [held for _, held in crowding.held()] == [run.pk]
    again_paused(approvals_desk, run)
    guarding.let_go(run.pk, datetime.now(UTC))
    assert approvals_desk.bench.look(run).status == "paused"


def test_a_lever_that_is_released_ends_only_its_own_pauses(approvals_desk: Desk) -> None:
    run = paused(approvals_desk, StopReason.USER_PAUSED, rule="halt:all", facts={"lever": 7})
    again_paused(approvals_desk, run)
    gone_on: Any = {
        "run_id": run.pk,
        "rule": "halt:",
        "lever": "7",
        "actor": Actor("user:olga"),
        "at": datetime.now(UTC),
    }
    assert not services.go_on_if_held_by(**gone_on)
    run_rows.appended(run, run_rows.state_of(run), [e.RunResumed(at=datetime.now(UTC))])
    halted = e.RunPaused(at=datetime.now(UTC), rule="halt:all", facts={"lever": 8})
    run_rows.appended(run, run_rows.state_of(run), [halted])
    assert not services.go_on_if_held_by(**gone_on)
    assert services.go_on_if_held_by(**{**gone_on, "lever": "8"})


def test_a_doubt_that_a_kill_left_behind_is_the_approvers_as_well(
    approvals_desk: Desk, who: User
) -> None:
    approvals_desk.gated.asks.clear()
    run = approvals_desk.bench.start(calling("pay", "{ order_id = 7, amount = 5.0 }") + answering())
    approvals_desk.pay.spec = replace(approvals_desk.pay.spec, idempotent=False)
    lost(approvals_desk.bench, run)
    approvals_desk.bench.play(run)
    services.kill(run_id=run.pk, actor=approvals_desk.bench.user, at=datetime.now(UTC))
    assert approvals_desk.bench.play(run).stop_reason == "KILLED_IN_DOUBT"
    client, group = client_of(who), who.groups.get().name
    text, may = page(client, run), group == "approver"
    assert (f'action="/runs/{run.pk}/settle/"' in text) is may
    assert "go on after it" not in text
    expected = {"approver": 302, "operator": 409, "admin": 409}.get(group, 403)
    assert client.post(f"/runs/{run.pk}/settle/", SETTLED).status_code == expected
