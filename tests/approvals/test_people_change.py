"""People are renamed and switched off while runs wait: who they are and what they may is asked of
them as they are now.
"""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection

from approvals.models import Grant
from approvals.request_refusals import NotDecided
from approvals.rules.refusal_sentences import Reason
from approvals.selectors import card_details
from approvals.services import granting
from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from console.people import offboarding
from console.people.offboarding import Leaving, RunsLeft
from runs.engine.vocabulary import AnswerAct
from runs.runtime.lease import Lease
from runs.supervision import assembly
from tests.approvals.desk import Desk, person
from tests.runtime.conftest import answering, calling, kinds


def test_whoever_started_a_run_does_not_approve_it_under_another_name(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    olga = approvals_desk.bench.user
    olga.groups.add(*approvals_desk.ada.groups.all())
    olga.username = "olga-renamed"
    olga.save()
    with pytest.raises(NotDecided) as no:
        approvals_desk.decide(request, by=olga)
    assert no.value.refusal.reason is Reason.OWN_RUN


def test_a_yes_of_somebody_who_was_switched_off_counts_no_more(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    request = approvals_desk.asked(approvals_desk.start())
    approvals_desk.decide(request)
    approvals_desk.ada.is_active = False
    approvals_desk.ada.save()
    assert approvals_desk.decide(request, by=person("bert", "approver")).status == "open"
    assert approvals_desk.decide(request, by=person("cleo", "approver")).status == "decided"


def test_whoever_was_switched_off_lends_a_run_neither_groups_nor_an_owners_rights(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    ada = approvals_desk.ada
    ada.is_superuser, ada.is_active = True, False
    ada.save()
    policy_guard = assembly.policy_guard(
        Lease(run.pk, "", 1, run.snapshot, run.correlation_id, "ada", ada.pk)
    )
    assert (policy_guard.groups, policy_guard.unbounded) == (frozenset(), False)


def test_nothing_is_approved_for_somebody_who_was_switched_off(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    switched_off(approvals_desk.bench.user)
    with pytest.raises(NotDecided) as no:
        approvals_desk.decide(request)
    assert no.value.refusal.reason is Reason.ORPHANED
    assert "was deactivated" in no.value.refusal.sentence
    assert approvals_desk.paid() == []
    assert approvals_desk.decide(request, AnswerAct.STOP).status == "decided"


def test_a_yes_of_somebody_who_left_the_group_that_is_asked_counts_no_more(
    approvals_desk: Desk,
) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    request = approvals_desk.asked(approvals_desk.start())
    approvals_desk.decide(request)
    ada = approvals_desk.ada
    ada.user_permissions.add(Permission.objects.get(codename="decide_request"))
    ada.groups.clear()
    bert = person("bert", "approver")
    assert approvals_desk.decide(request, by=bert).status == "open"
    said = [
        cast_vote.said
        for cast_vote in card_details.shown(request, bert, datetime.now(UTC)).cast_votes
    ]
    assert said == ["approved it; counts no more, they may not decide now", "approved it"]


def test_a_session_approval_of_somebody_who_was_switched_off_lets_nothing_through(
    approvals_desk: Desk,
) -> None:
    pay = calling("pay", "{ order_id = 1042, amount = 180.0, recipient = 'anna@example.com' }")
    run = approvals_desk.start(script=pay + pay + answering())
    request = approvals_desk.asked(run)
    approvals_desk.decide(request, standing=granting.SessionOffer(5, ()))
    ada = approvals_desk.ada
    ada.username = "ada-renamed"
    ada.save()
    switched_off(ada)
    assert kinds(run)[-1] == "grant.revoked"
    assert Grant.objects.get(run=run).revoked_at
    run = approvals_desk.bench.play(run)
    assert (run.status, len(approvals_desk.paid())) == ("waiting", 1)


def test_offboarding_takes_back_the_session_approvals_of_whoever_leaves(
    approvals_desk: Desk,
) -> None:
    pay = calling("pay", "{ order_id = 1042, amount = 180.0, recipient = 'anna@example.com' }")
    run = approvals_desk.start(script=pay + pay + answering())
    request = approvals_desk.asked(run)
    approvals_desk.decide(request, standing=granting.SessionOffer(5, ()))
    leaving = Leaving(approvals_desk.ada, RunsLeft.PAUSE, note="the contract ended")
    owner = User.objects.create_superuser("olivia")
    offboarding.offboard(leaving, editor=owner, at=datetime.now(UTC))
    assert kinds(run)[-1] == "grant.revoked"
    assert Grant.objects.get(run=run).revoked_at


def test_switching_off_somebody_with_live_runs_is_on_the_record_by_their_id(
    approvals_desk: Desk,
) -> None:
    approvals_desk.start()
    olga = approvals_desk.bench.user
    switched_off(olga)
    last = [
        each.record
        for each in journal.read(connection, HOUSE_KEY)
        if each.record.kind == "user.left_runs"
    ][-1]
    assert last.data == {"user": olga.username, "id": olga.pk, "live_runs": 1}


def switched_off(who: User) -> None:
    who.is_active = False
    who.save()
