"""A request is escalated only to people who could answer it: the card says so beforehand, the act
asks again.
"""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from approvals.models import Request
from approvals.request_refusals import NotDecided
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.approvals.desk import Desk, person
from tests.markup import Element, read

NOBODY = "It cannot be escalated to “admin”: nobody who may decide is in that group."
STARTER = "It cannot be escalated to “admin”: the only one there who may decide started this run."


def more(desk: Desk, request: Request) -> Element:
    client = Client()
    client.force_login(desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    page = read(client.get(f"/approvals/{request.pk}/").content)
    return page.one("div", "more-list")


def started_by(run: Run, who: User) -> None:
    Run.objects.filter(pk=run.pk).update(principal=who)


def test_it_is_offered_while_somebody_there_could_answer(approvals_desk: Desk) -> None:
    person("alba", "admin")
    request = approvals_desk.asked(approvals_desk.start())
    offered = more(approvals_desk, request)
    assert offered.one("button", value="escalate").words == "Escalate to admin E"
    assert "cannot be escalated" not in offered.words


@pytest.mark.parametrize(("starts", "said"), [(True, STARTER), (False, NOBODY)])
def test_where_nobody_could_answer_it_is_not_offered_and_the_card_says_why(
    approvals_desk: Desk, starts: bool, said: str
) -> None:
    run = approvals_desk.start()
    if starts:
        started_by(run, person("alba", "admin"))
    offered = more(approvals_desk, approvals_desk.asked(run))
    assert not offered.all("button", value="escalate")
    assert said in offered.words


def test_the_act_asks_again_and_whoever_was_asked_keeps_their_word(approvals_desk: Desk) -> None:
    run, alba = approvals_desk.start(), person("alba", "admin")
    request = approvals_desk.asked(run)
    started_by(run, alba)
    with pytest.raises(NotDecided) as refused:
        approvals_desk.decide(request, AnswerAct.ESCALATE)
    assert refused.value.sentence == STARTER
    request.refresh_from_db()
    assert (request.group, request.escalated) == ("approver", False)
    assert approvals_desk.decide(request).act == AnswerAct.APPROVE


def test_whoever_was_switched_off_or_owns_the_house_counts_as_they_do_elsewhere(
    approvals_desk: Desk,
) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    alba = person("alba", "admin")
    User.objects.filter(pk=alba.pk).update(is_active=False)
    assert NOBODY in more(approvals_desk, request).words
    User.objects.create_superuser("root")
    assert len(more(approvals_desk, request).all("button", value="escalate")) == 1


def test_the_starter_may_be_the_one_where_nobody_else_has_to_decide(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"four_eyes": False}
    run, alba = approvals_desk.start(), person("alba", "admin")
    started_by(run, alba)
    request = approvals_desk.decide(approvals_desk.asked(run), AnswerAct.ESCALATE)
    assert approvals_desk.decide(request, by=alba).act == AnswerAct.APPROVE


def test_whoever_passes_on_what_two_decide_does_not_then_decide_it_alone(
    approvals_desk: Desk,
) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    both, alba = person("bea", "approver", "admin"), person("alba", "admin")
    request = approvals_desk.asked(approvals_desk.start())
    request = approvals_desk.decide(request, AnswerAct.ESCALATE, by=both)
    with pytest.raises(NotDecided, match="somebody else of them has to agree"):
        approvals_desk.decide(request, by=both)
    assert approvals_desk.decide(request, by=alba).status == "decided"


def test_it_is_not_passed_on_to_oneself(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    ada, request = approvals_desk.ada, approvals_desk.asked(approvals_desk.start())
    person("alba", "admin")
    assert more(approvals_desk, request).all("button", value="escalate")
    User.objects.get(username="alba").delete()
    ada.groups.add(Group.objects.get(name="admin"))
    assert "you are the only one there who may decide" in more(approvals_desk, request).words
    with pytest.raises(NotDecided, match="you are the only one there"):
        approvals_desk.decide(request, AnswerAct.ESCALATE, by=User.objects.get(pk=ada.pk))
