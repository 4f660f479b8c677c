"""A session approval through the services and the page:
given with a decision, counted, shown, taken back.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from approvals.models import Grant, Request
from approvals.request_refusals import NotDecided
from approvals.services import granting
from approvals.services.granting import SessionOffer
from console.refused import Refused
from runs.models import Run
from tests.approvals.desk import Desk, person
from tests.approvals.test_refusals import form, post
from tests.runtime.conftest import answering, calling, kinds

SAME = calling("pay", "{ order_id = 1, amount = 20.0 }")


def three_times(desk: Desk) -> Run:
    return desk.start(script=SAME * 3 + answering())


def test_the_same_call_is_made_without_asking_again_and_each_is_on_record(
    approvals_desk: Desk,
) -> None:
    run = three_times(approvals_desk)
    approvals_desk.decide(approvals_desk.asked(run), standing=SessionOffer(5))
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.paid()) == 3
    grant = Grant.objects.get(run=run)
    assert (grant.tool, grant.used, grant.limit, grant.given_by) == ("pay", 2, 5, "user:ada")
    notes = list(
        Request.objects.filter(run=run)
        .order_by("id")
        .values_list("status", "act", "decided_by", "note")
    )
    assert notes[1:] == [
        ("decided", "approve", "user:ada", f"Session approval, {number} of 5.") for number in (1, 2)
    ]


def test_it_is_used_up_and_then_asked_again(approvals_desk: Desk) -> None:
    run = three_times(approvals_desk)
    approvals_desk.decide(approvals_desk.asked(run), standing=SessionOffer(1))
    assert approvals_desk.bench.play(run).status == "waiting"
    assert len(approvals_desk.paid()) == 2


@pytest.mark.parametrize("terms", [{"quorum": 2}, {"group": "finance"}])
def test_it_lets_nothing_through_that_other_people_decide(
    approvals_desk: Desk, terms: dict[str, Any]
) -> None:
    approvals_desk.gated.large = terms
    more = calling("pay", "{ order_id = 1, amount = 900.0 }")
    run = approvals_desk.start(script=SAME + more + answering())
    approvals_desk.decide(approvals_desk.asked(run), standing=SessionOffer(5, ("amount",)))
    assert approvals_desk.bench.play(run).status == "waiting"
    assert len(approvals_desk.paid()) == 1


def test_it_ends_when_whoever_gave_it_leaves_the_group_that_was_asked(
    approvals_desk: Desk,
) -> None:
    approvals_desk.gated.terms = {"group": "finance"}
    run, bea = three_times(approvals_desk), person("bea", "approver", "finance")
    approvals_desk.decide(approvals_desk.asked(run), by=bea, standing=SessionOffer(5))
    bea.groups.remove(Group.objects.get(name="finance"))
    assert kinds(run)[-1] == "grant.revoked"
    assert approvals_desk.bench.play(run).status == "waiting"
    assert len(approvals_desk.paid()) == 1


def test_it_can_be_taken_back_while_the_run_is_live(approvals_desk: Desk) -> None:
    run = three_times(approvals_desk)
    approvals_desk.decide(approvals_desk.asked(run), standing=SessionOffer(5))
    grant = Grant.objects.get(run=run)
    granting.revoke(run_id=run.pk, grant=grant.name, actor=approvals_desk.ada, at=datetime.now(UTC))
    assert approvals_desk.bench.play(run).status == "waiting"
    assert "grant.revoked" in kinds(run)
    with pytest.raises(Refused, match="over already"):
        granting.revoke(
            run_id=run.pk, grant=grant.name, actor=approvals_desk.ada, at=datetime.now(UTC)
        )


def test_only_approvers_take_it_back(approvals_desk: Desk) -> None:
    run = three_times(approvals_desk)
    approvals_desk.decide(approvals_desk.asked(run), standing=SessionOffer(5))
    with pytest.raises(Refused, match="Only approvers"):
        granting.revoke(
            run_id=run.pk,
            grant=Grant.objects.get().name,
            actor=person("vera", "viewer"),
            at=datetime.now(UTC),
        )


def test_what_two_people_must_agree_to_one_person_does_not_let_through_for_good(
    approvals_desk: Desk,
) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    run = three_times(approvals_desk)
    asked = approvals_desk.decide(approvals_desk.asked(run))
    with pytest.raises(NotDecided, match="one person decides"):
        approvals_desk.decide(asked, by=person("bob", "approver"), standing=SessionOffer(5))


@pytest.mark.parametrize(
    "wanted",
    [
        SessionOffer(0),
        SessionOffer(1_000),
        SessionOffer(1, ("nothing",)),
        SessionOffer(1, ("order_id", "amount")),
    ],
)
def test_what_means_nothing_or_everything_is_refused(
    approvals_desk: Desk, wanted: SessionOffer
) -> None:
    run = three_times(approvals_desk)
    with pytest.raises(NotDecided):
        approvals_desk.decide(approvals_desk.asked(run), standing=wanted)
    assert approvals_desk.asked(run).status == "open"


def test_the_form_gives_it_the_page_shows_it_and_takes_it_back(approvals_desk: Desk) -> None:
    run = three_times(approvals_desk)
    request = approvals_desk.asked(run)
    sent = form(request, standing_limit="1", standing_free="amount")
    assert post(approvals_desk.ada, request, sent).status_code == 302
    approvals_desk.bench.play(run)
    client = Client()
    client.force_login(approvals_desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    grant = Grant.objects.get()
    assert (grant.free, grant.used) == (["amount"], 1)
    Grant.objects.update(limit=9)
    assert "order_id: 1" in client.get("/approvals/standing/").content.decode()
    answer = client.post(f"/approvals/standing/{run.pk}/{grant.name}/revoke/")
    assert (answer.status_code, Grant.objects.get().revoked_by) == (302, "user:ada")
