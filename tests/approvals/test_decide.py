"""From the question to the call: a run asks, a person answers,
the run goes on at that very call."""

import pytest

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules.refusal_sentences import Reason
from runs.engine.vocabulary import AnswerAct
from tests.approvals.desk import Desk
from tests.markup import read
from tests.pages.people import signed_in
from tests.runtime.conftest import kinds, stored


def test_a_gated_call_opens_a_request_and_frees_the_slot(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    assert (run.status, run.waiting_for, run.lease_owner, run.lease_expires_at) == (
        "waiting",
        "approval",
        "",
        None,
    )
    assert (request.tool, request.call, request.args["amount"], request.group, request.rule) == (
        "pay",
        "1.1",
        180.0,
        "approver",
        "money",
    )
    assert (request.agent, request.starter, request.line) == (
        "probe",
        "olga",
        "180.00 for order 1042 to anna@example.com",
    )
    assert not approvals_desk.paid()


def test_the_approved_call_is_made_once_and_the_run_completes(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    decided = approvals_desk.decide(approvals_desk.asked(run), note="fine")
    assert (decided.status, decided.act, decided.decided_by, decided.note) == (
        "decided",
        "approve",
        "user:ada",
        "fine",
    )
    assert approvals_desk.bench.play(run).status == "completed"
    assert approvals_desk.paid() == [f"{run.id}:1.1"]


def test_an_edited_call_is_made_as_edited(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    decided = approvals_desk.decide(request, args={**request.args, "amount": 150.0})
    edited = {**request.args, "amount": 150.0}
    assert (decided.act, decided.proposed, decided.decided_args) == ("edit", request.args, edited)
    approvals_desk.bench.play(run)
    intents = [
        row.record.data["args"]["amount"]
        for row in stored(run)
        if row.record.kind == "call.intended"
    ]
    assert intents == [150.0]


@pytest.mark.parametrize("act", [AnswerAct.DENY, AnswerAct.RESPOND])
def test_the_planner_hears_a_no_or_an_answer_and_the_run_goes_on(
    approvals_desk: Desk, act: AnswerAct
) -> None:
    run = approvals_desk.start()
    approvals_desk.decide(approvals_desk.asked(run), act, note="ask for a photo first")
    assert approvals_desk.bench.play(run).status == "completed"
    assert not approvals_desk.paid()
    refused = next(row.record for row in stored(run) if row.record.kind == "call.refused")
    assert "ask for a photo first" in f"{refused.data['sentence']} {refused.data['answer']}"


def test_deny_and_stop_ends_the_run(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    approvals_desk.decide(approvals_desk.asked(run), AnswerAct.STOP, note="fraud")
    assert approvals_desk.bench.play(run).stop_reason == "APPROVAL_DENIED"
    assert not approvals_desk.paid()


def test_two_requests_of_one_run_decided_in_reverse_order_reach_the_right_calls(
    approvals_desk: Desk,
) -> None:
    both = "{ order_id = 1, amount = 11.0 }", "{ order_id = 2, amount = 22.0 }"
    calls = ", ".join(f'{{ tool = "pay", args = {args} }}' for args in both)
    run = approvals_desk.start(script=f'[[step]]\ncall = [{calls}]\n[[step]]\nfinal = "done"\n')
    first, second = Request.objects.filter(run=run).order_by("id")
    approvals_desk.decide(second, args={"order_id": 2, "amount": 20.0})
    assert approvals_desk.bench.play(run).status == "waiting"
    assert not approvals_desk.paid()
    approvals_desk.decide(first)
    assert approvals_desk.bench.play(run).status == "completed"
    made = [
        (row.record.data["call"], row.record.data["args"]["amount"])
        for row in stored(run)
        if row.record.kind == "call.intended"
    ]
    assert made == [("1.1", 11.0), ("1.2", 20.0)]


def test_the_audit_says_what_was_denied_and_what_was_changed(approvals_desk: Desk) -> None:
    denied, edited = approvals_desk.start(), approvals_desk.start()
    approvals_desk.decide(approvals_desk.asked(denied), AnswerAct.DENY, note="no invoice")
    request = approvals_desk.asked(edited)
    approvals_desk.decide(request, args={**request.args, "amount": 150.0})
    auditor = signed_in("auditor")
    text = read(auditor.get("/audit/").content.decode()).words
    whom = "for order 1042 to anna@example.com"
    assert f"denied: Pay 180.00 {whom} — no invoice" in text
    assert f"approved with changes: Pay 150.00 {whom}; amount 180.00 → 150.00" in text


def test_a_refused_decision_is_journalled_on_the_run_and_does_not_move_it(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    with pytest.raises(NotDecided) as refused:
        approvals_desk.decide(request, digest="0" * 64)
    assert refused.value.refusal.reason is Reason.STALE
    assert kinds(run)[-1] == "approval.refused"
    assert approvals_desk.bench.look(run).status == "waiting"
    assert approvals_desk.bench.play(run).status == "waiting"
