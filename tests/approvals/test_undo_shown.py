"""Where a person reads that their answer is held back, and undoes it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from approvals.models import Request
from approvals.services import bulk, holding
from approvals.services.bulk import Pick
from runs.engine.vocabulary import AnswerAct
from tests.approvals.desk import Desk, person
from tests.approvals.held_answers import HOLD, after, client_of, hold, now, page, post
from tests.markup import Element, read
from tests.runtime.conftest import kinds

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _held(settings: Settings) -> None:
    settings.DECISION_HOLD = HOLD.total_seconds()


def undo(who: User, on: Element) -> Any:
    """Press Undo, as a browser without scripts would."""
    form = next(one for one in on.all("form") if one.attrs["action"] == "/approvals/withdraw/")
    sent = {"request": [field.attrs["value"] for field in form.all("input", name="request")]}
    return client_of(who).post(form.attrs["action"], sent, follow=True)


def test_the_next_page_offers_undo_beside_what_was_answered(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    answered = read(post(approvals_desk.ada, request, "deny").content)
    toast = answered.one(id="toasts").one("div", "toast")
    assert toast.words.startswith(
        "You denied it: Pay 180.00 for order 1042 to anna@example.com (Probe). Undo 0:0"
    )
    back = undo(approvals_desk.ada, toast)
    assert back.redirect_chain == [(f"/approvals/{request.pk}/", 302)]
    assert "it waits for an answer again" in read(back.content).one(id="toasts").words
    approvals_desk.asked(run)
    assert kinds(run)[-1] == "approval.withdrawn"


def test_the_card_and_the_run_offer_undo_to_whoever_answered_and_nobody_else(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    hold(request, approvals_desk.ada, AnswerAct.DENY, note="no photo")
    bob = person("bob", "approver")
    for address in (f"/approvals/{request.pk}/", f"/runs/{run.pk}/"):
        theirs, others = page(approvals_desk.ada, address), page(bob, address)
        assert len(theirs.all("form", "undo")) == 1
        assert "You denied it at " in theirs.words
        assert others.all("form", "undo") == []
        assert "ada denied it at " in others.words
    card = page(approvals_desk.ada, f"/approvals/{request.pk}/")
    assert "Takes effect in 0:0" in card.words
    assert "“no photo”" in card.words
    assert card.all("button", name="act") == []
    assert undo(approvals_desk.ada, card).status_code == 200
    assert (
        len(page(approvals_desk.ada, f"/approvals/{request.pk}/").all("button", value="deny")) == 1
    )


def test_undo_that_comes_too_late_says_so(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    toast = read(post(approvals_desk.ada, request, "deny").content).one(id="toasts")
    holding.sweep(at=after(request))
    late = undo(approvals_desk.ada, toast)
    assert late.status_code == 409
    assert "Too late to undo it: you denied it at " in late.content.decode()


def test_the_next_card_is_none_that_was_answered_already(approvals_desk: Desk) -> None:
    first, second = (approvals_desk.asked(approvals_desk.start()) for _ in range(2))
    answer = post(approvals_desk.ada, first)
    assert answer.redirect_chain == [(f"/approvals/{second.pk}/", 302)]
    answer = post(approvals_desk.ada, second)
    assert answer.redirect_chain == [("/approvals/", 302)]
    assert "approved it, 0:0" in read(answer.content).one(id="asks").words


def test_many_answered_at_once_are_held_back_and_undone_together(approvals_desk: Desk) -> None:
    asked = [
        approvals_desk.asked(approvals_desk.start(f"{{ order_id = {number}, amount = 20.0 }}"))
        for number in (1, 2, 3)
    ]
    picks = [f"{each.pk}:{each.version}:{each.digest}" for each in asked]
    told = client_of(approvals_desk.ada).post(
        f"/approvals/bulk/?like={asked[0].pk}", {"act": "deny", "pick": picks}, follow=True
    )
    toast = read(told.content).one(id="toasts")
    assert toast.words.startswith("You denied 3 requests, 60.00 in all. Undo 0:0")
    assert set(Request.objects.values_list("status", flat=True)) == {"open"}
    back = undo(approvals_desk.ada, toast)
    assert "3 requests wait for an answer again." in read(back.content).one(id="toasts").words
    bulk.decide(
        picks=[Pick(each.pk, each.version, each.digest) for each in asked],
        actor=approvals_desk.ada, at=now(), act=AnswerAct.DENY,
    )  # fmt: skip
    assert holding.sweep(at=after(asked[-1])) == 3
    assert set(Request.objects.values_list("status", "act")) == {("decided", "deny")}
