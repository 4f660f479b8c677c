"""Many requests of one shape with one answer: each for itself, bound to what was shown; what cannot
be taken is said.
"""

from datetime import UTC, datetime

import pytest
from django.test import Client

from approvals.models import Request
from approvals.services import bulk
from approvals.services.bulk import Pick
from console.refused import Refused
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.approvals.desk import Desk, person
from tests.markup import read
from tests.runtime.conftest import kinds


def three(desk: Desk) -> list[Request]:
    return [
        desk.asked(desk.start(f"{{ order_id = {number}, amount = 20.0 }}")) for number in (1, 2, 3)
    ]


def picks(requests: list[Request]) -> list[Pick]:
    return [Pick(each.pk, each.version, each.digest) for each in requests]


def decide(desk: Desk, chosen: list[Pick], act: AnswerAct = AnswerAct.APPROVE) -> bulk.BulkOutcome:
    return bulk.decide(
        picks=chosen, actor=desk.ada, at=datetime.now(UTC), act=act, note="all the same storm"
    )


def test_all_are_decided_with_the_reason_they_share(approvals_desk: Desk) -> None:
    requests = three(approvals_desk)
    done = decide(approvals_desk, picks(requests))
    assert (done.taken, done.refused) == (3, [])
    assert set(Request.objects.values_list("status", "act", "note")) == {
        ("decided", "approve", "all the same storm")
    }


def test_one_that_was_decided_meanwhile_is_told_and_the_others_are_taken(
    approvals_desk: Desk,
) -> None:
    requests = three(approvals_desk)
    approvals_desk.decide(requests[1], AnswerAct.DENY, by=person("bob", "approver"))
    done = decide(approvals_desk, picks(requests))
    assert (done.taken, [number for number, _ in done.refused]) == (2, [requests[1].pk])
    assert "bob denied it" in done.refused[0][1]


def test_what_is_not_of_one_shape_is_not_decided_at_once(approvals_desk: Desk) -> None:
    requests = three(approvals_desk)
    approvals_desk.gated.terms = {"group": "finance"}
    other = approvals_desk.asked(approvals_desk.start("{ order_id = 9, amount = 20.0 }"))
    with pytest.raises(Refused, match="same shape"):
        decide(approvals_desk, picks([*requests, other]))
    assert not Request.objects.exclude(status="open").exists()


@pytest.mark.parametrize("act", [AnswerAct.STOP, AnswerAct.RESPOND, AnswerAct.EDIT])
def test_only_yes_and_no_are_for_many(approvals_desk: Desk, act: AnswerAct) -> None:
    with pytest.raises(Refused):
        decide(approvals_desk, picks(three(approvals_desk)), act)


def test_the_page_lists_them_and_decides_those_still_picked(approvals_desk: Desk) -> None:
    first, second, third = three(approvals_desk)
    client = Client()
    client.force_login(approvals_desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    assert "2 more like this" in client.get(f"/approvals/{first.pk}/").content.decode()
    page = client.get(f"/approvals/bulk/?like={first.pk}").content.decode()
    assert page.count('name="pick"') == 3
    assert "Approve <span data-count>what is ticked</span>" in page
    chosen = [f"{each.pk}:{each.version}:{each.digest}" for each in (first, third)]
    assert (
        client.post("/approvals/bulk/", {"pick": chosen, "act": "deny", "note": "no"}).status_code
        == 302
    )
    assert dict(Request.objects.values_list("pk", "status")) == {
        first.pk: "decided",
        second.pk: "open",
        third.pk: "decided",
    }


def test_a_viewer_is_turned_away_from_many_as_well(approvals_desk: Desk) -> None:
    requests = three(approvals_desk)
    client = Client()
    client.force_login(
        person("vera", "viewer"), backend="django.contrib.auth.backends.ModelBackend"
    )
    chosen = [f"{each.pk}:{each.version}:{each.digest}" for each in requests]
    assert client.post("/approvals/bulk/", {"pick": chosen, "act": "approve"}).status_code == 403
    assert not Request.objects.exclude(status="open").exists()


def test_whoever_may_only_look_cannot_decide_many_either(approvals_desk: Desk) -> None:
    requests = three(approvals_desk)
    client = Client()
    client.force_login(
        person("otto", "operator"), backend="django.contrib.auth.backends.ModelBackend"
    )
    chosen = [f"{each.pk}:{each.version}:{each.digest}" for each in requests]
    answer = client.post("/approvals/bulk/", {"pick": chosen, "act": "approve"})
    assert answer.status_code == 302
    assert (
        "An approver decides: may this call be made? You may look."
        in client.get("/approvals/").content.decode()
    )
    assert [kinds(each.run)[-1] for each in requests] == ["approval.refused"] * 3
    assert not Request.objects.exclude(status="open").exists()


def test_what_one_may_not_answer_says_so_is_not_ticked_and_not_in_the_sum(
    approvals_desk: Desk,
) -> None:
    first, second, own = three(approvals_desk)
    Run.objects.filter(pk=own.run_id).update(principal=approvals_desk.ada)
    client = Client()
    client.force_login(approvals_desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    assert "1 more like this" in client.get(f"/approvals/{first.pk}/").content.decode()
    page = read(client.get(f"/approvals/bulk/?like={first.pk}").content)
    assert {box.attrs["value"].split(":")[0] for box in page.all("input", name="pick")} == {
        str(first.pk),
        str(second.pk),
    }
    [barred] = [row for row in page.all("tr") if "somebody else has to decide" in row.words]
    assert "You started this run, so somebody else has to decide." in barred.words
    assert "40.00 in all" in page.words
    assert barred.one("a", href=f"/approvals/{own.pk}/").words == "Its card"


def test_whoever_may_answer_none_of_them_is_offered_no_answer(approvals_desk: Desk) -> None:
    first, *_ = three(approvals_desk)
    client = Client()
    client.force_login(
        person("otto", "operator"), backend="django.contrib.auth.backends.ModelBackend"
    )
    page = read(client.get(f"/approvals/bulk/?like={first.pk}").content)
    assert page.words.count("An approver decides: may this call be made? You may look.") == 3
    assert not [*page.all("input", name="pick"), *page.all("button", name="act")]


def test_the_message_names_what_was_left_and_why(approvals_desk: Desk) -> None:
    first, _, own = three(approvals_desk)
    client = Client()
    client.force_login(approvals_desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    Run.objects.filter(pk=own.run_id).update(principal=approvals_desk.ada)
    chosen = [f"{each.pk}:{each.version}:{each.digest}" for each in (first, own)]
    client.post("/approvals/bulk/", {"pick": chosen, "act": "approve"})
    told = client.get("/approvals/").content.decode()
    assert "You approved 1 request." in told
    assert f"Left: “{own.line}”. You started this run, so somebody else has to decide." in told
