"""Whoever may not decide, or comes too late, is told why in a sentence of its own; it is written
down, and the run does not move.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from approvals.models import Request
from approvals.services import expiring
from runs import services
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.approvals.desk import Desk, person
from tests.runtime.conftest import stored


def form(request: Request, act: str = "approve", **changes: str) -> dict[str, str]:
    """What the card's form holds."""
    return {"act": act, "digest": request.digest, "version": str(request.version), **changes}


def post(who: User, request: Request, sent: dict[str, str]) -> Any:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client.post(f"/approvals/{request.pk}/decide/", sent)


def refused(run: Run, answer: Any) -> tuple[str, str, str]:
    """Who was refused why, from the journal; the very sentence was on their page."""
    record = stored(run)[-1].record
    assert (answer.status_code, record.kind) == (409, "approval.refused")
    sentence = record.data["sentence"]
    assert sentence.replace("“", "").replace("”", "") in answer.content.decode().replace(
        "“", ""
    ).replace("”", "")
    return record.actor, record.data["reason"], sentence


def moved(desk: Desk, run: Run) -> bool:
    return desk.bench.play(run).status != "waiting" or bool(desk.paid())


def test_whoever_may_only_look_may_not_decide(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    answer = post(person("otto", "operator"), request, form(request))
    assert refused(run, answer)[:2] == ("user:otto", "not_an_approver")
    assert not moved(approvals_desk, run)


@pytest.mark.parametrize(
    "sent", [{"arg-amount": "x{"}, {"standing_limit": "x"}, {"act": "respond"}, {}]
)
def test_a_viewer_is_shown_nothing_of_a_card_whatever_they_send(
    approvals_desk: Desk, sent: dict[str, str]
) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    answer = post(person("vera", "viewer"), request, {**form(request), **sent})
    assert answer.status_code == 403
    assert "anna@example.com" not in answer.content.decode()
    assert not moved(approvals_desk, run)


def test_an_approver_of_another_group_may_not_decide(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"group": "refunds"}
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    answer = post(approvals_desk.ada, request, form(request))
    assert refused(run, answer) == (
        "user:ada",
        "other_group",
        "Somebody of “refunds” decides: may this call be made? You are not in the group “refunds”.",
    )
    assert not moved(approvals_desk, run)


def test_whoever_started_the_run_may_not_decide(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    olga = approvals_desk.bench.user
    olga.groups.add(*approvals_desk.ada.groups.all())
    assert refused(run, post(olga, request, form(request)))[:2] == ("user:olga", "own_run")
    assert not moved(approvals_desk, run)


def test_a_replayed_form_counts_once(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    assert post(approvals_desk.ada, request, form(request)).status_code == 302
    assert refused(run, post(approvals_desk.ada, request, form(request)))[1] == "replayed"
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.paid()) == 1


def test_whoever_comes_second_is_told_who_was_first(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    post(approvals_desk.ada, request, form(request, "deny"))
    _, reason, sentence = refused(run, post(person("bob", "approver"), request, form(request)))
    assert (reason, "ada denied it" in sentence) == ("decided", True)


def test_a_card_that_has_changed_must_be_looked_at_again(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request, alba = approvals_desk.asked(run), person("alba", "admin")
    approvals_desk.decide(request, AnswerAct.ESCALATE)
    assert refused(run, post(alba, request, form(request)))[1] == "stale"
    assert not moved(approvals_desk, run)


def test_a_form_of_another_action_fits_no_card(approvals_desk: Desk) -> None:
    run, other = approvals_desk.start(), approvals_desk.start("{ order_id = 7, amount = 900.0 }")
    request = approvals_desk.asked(run)
    forged = form(request, digest=approvals_desk.asked(other).digest)
    assert refused(run, post(approvals_desk.ada, request, forged))[1] == "stale"
    assert not moved(approvals_desk, run)


def test_nothing_is_decided_on_a_run_that_is_being_killed(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    services.kill(run_id=run.pk, actor=approvals_desk.bench.user, at=datetime.now(UTC))
    assert refused(run, post(approvals_desk.ada, request, form(request)))[1] == "killed"
    assert approvals_desk.bench.play(run).status == "stopped"
    assert not approvals_desk.paid()


def test_a_killed_run_has_closed_its_requests(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    services.kill(run_id=run.pk, actor=approvals_desk.bench.user, at=datetime.now(UTC))
    approvals_desk.bench.play(run)
    _, reason, sentence = refused(run, post(approvals_desk.ada, request, form(request)))
    assert (reason, "The run was killed." in sentence) == ("closed", True)
    request.refresh_from_db()
    assert request.status == "closed"


def test_an_expired_request_cannot_be_granted(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    expiring.sweep(at=datetime.now(UTC) + timedelta(hours=1))
    assert refused(run, post(approvals_desk.ada, request, form(request)))[1] == "expired"
    assert approvals_desk.bench.play(run).status == "completed"
    assert not approvals_desk.paid()


def test_nothing_is_decided_by_get(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    client = Client()
    client.force_login(approvals_desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/approvals/{request.pk}/decide/", form(request)).status_code == 405
    assert client.get(f"/approvals/{request.pk}/?act=approve").status_code == 200
    assert not moved(approvals_desk, run)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"arg-amount": "lots"}, "amount", "amount must be a number"),
        ({"arg-amount": "-3"}, "amount", "amount must be more than 0"),
        ({"arg-order_id": ""}, "order_id", "order_id must be a whole number"),
        ({"arg-amount": "5000"}, "amount", "More than $1000.00 is never paid. (never-that-much)"),
    ],
)
def test_what_is_wrong_with_edited_arguments_is_said_next_to_the_field(
    approvals_desk: Desk, changes: dict[str, str], field: str, said: str
) -> None:
    """By the form, by the tool's schema, by the policy: before the decision is taken."""
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    answer = post(approvals_desk.ada, request, form(request, **changes))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="arg-{field}-error"' in page
    assert said in page.replace("&#x27;", "'")
    request.refresh_from_db()
    assert request.status == "open"
    assert not moved(approvals_desk, run)
