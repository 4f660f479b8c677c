"""A person's answer is held back for some seconds and can be undone in them; then it takes effect
once, whatever became of the page, of the clock and of the worker. What happens to the run meanwhile
comes first.
"""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from pytest_django import Settings

from approvals import request_row
from approvals.models import Request, Vote
from approvals.request_refusals import NotDecided
from approvals.services import ending, expiring, granting, holding
from console.refused import Refused
from console.stack import processes
from policies import current
from policies.halts import halt_levers
from runs import services
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.approvals.desk import Desk, person
from tests.approvals.held_answers import HOLD, after, hold, now, page, post
from tests.markup import read
from tests.patience import PATIENCE, ended, until
from tests.runtime.conftest import kinds, stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _held(settings: Settings) -> None:
    settings.DECISION_HOLD = HOLD.total_seconds()


def test_an_answer_takes_effect_once_its_seconds_are_over(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    held = hold(request, approvals_desk.ada, note="fine")
    assert (held.status, kinds(run)[-1]) == ("open", "approval.held")
    due = after(request)
    assert holding.sweep(at=due - timedelta(milliseconds=1)) == 0
    assert approvals_desk.bench.play(run).status == "waiting"
    assert [holding.sweep(at=due) for _ in range(3)] == [1, 0, 0]
    request.refresh_from_db()
    assert (request.status, request.act, request.decided_by, request.note, request.held) == (
        "decided",
        "approve",
        "user:ada",
        "fine",
        None,
    )
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.paid()) == 1


def test_an_undone_answer_never_takes_effect_and_both_stand_in_the_journal(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    hold(request, approvals_desk.ada, AnswerAct.DENY)
    due = after(request)
    holding.withdraw(request_id=request.pk, actor=approvals_desk.ada, at=now())
    assert holding.sweep(at=due + HOLD) == 0
    approvals_desk.asked(run)
    assert [(row.record.kind, row.record.data["act"]) for row in stored(run)[-2:]] == [
        ("approval.held", "deny"),
        ("approval.withdrawn", "deny"),
    ]
    assert not Vote.objects.exists()
    approvals_desk.decide(request)
    assert approvals_desk.bench.play(run).status == "completed"


def test_only_whoever_answered_may_undo_it_and_only_until_it_took_effect(
    approvals_desk: Desk,
) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    hold(request, approvals_desk.ada)
    bob = person("bob", "approver")
    with pytest.raises(Refused, match="Only whoever gave an answer"):
        holding.withdraw(request_id=request.pk, actor=bob, at=now())
    holding.sweep(at=after(request))
    with pytest.raises(Refused, match="Too late to undo it: you approved it"):
        holding.withdraw(request_id=request.pk, actor=approvals_desk.ada, at=now())
    assert Request.objects.get().status == "decided"


def test_nothing_is_undone_that_was_never_answered(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    with pytest.raises(Refused, match="nothing to undo"):
        holding.withdraw(request_id=request.pk, actor=approvals_desk.ada, at=now())


def test_the_first_of_two_approvers_holds_it_and_the_second_is_told(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    people = [person(name, "approver") for name in ("bob", "cid", "dan")]
    barrier, told = threading.Barrier(len(people), timeout=PATIENCE), list[str]()

    def answer(who: User) -> None:
        barrier.wait()
        try:
            hold(request, who)
        except NotDecided as refused:
            told.append(refused.refusal.reason)
        connections.close_all()

    threads = [threading.Thread(target=answer, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    ended(*threads)
    assert told == ["held"] * 2
    assert kinds(run).count("approval.held") == 1


def test_the_second_reads_who_was_first_on_the_card_itself(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    hold(request, approvals_desk.ada, AnswerAct.DENY)
    answer = post(person("bob", "approver"), request)
    assert answer.status_code == 409
    words = read(answer.content).words
    assert "Too late: ada denied it at " in words
    assert "unless they undo it. Your answer changed nothing." in words


def test_ones_own_answer_sent_again_counts_once(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    post(approvals_desk.ada, request)
    assert post(approvals_desk.ada, request).status_code == 409
    assert stored(run)[-1].record.data["reason"] == "replayed"
    holding.sweep(at=after(request))
    assert Vote.objects.count() == 1


def test_sweeps_at_the_same_instant_let_it_take_effect_once(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    hold(request, approvals_desk.ada)
    due, barrier, done = after(request), threading.Barrier(4, timeout=PATIENCE), list[int]()

    def sweep() -> None:
        barrier.wait()
        done.append(holding.sweep(at=due))
        connections.close_all()

    def undo() -> None:
        barrier.wait()
        try:
            holding.withdraw(request_id=request.pk, actor=approvals_desk.ada, at=due)
            done.append(1)
        except Refused:
            done.append(0)
        connections.close_all()

    threads = [threading.Thread(target=each) for each in (sweep, sweep, sweep, undo)]
    for thread in threads:
        thread.start()
    ended(*threads)
    decided = kinds(run).count("call.decided")
    assert (sum(done), decided + kinds(run).count("approval.withdrawn")) == (1, 1)
    assert Vote.objects.count() == decided


def test_an_answer_that_the_clock_died_with_takes_effect_when_the_next_one_comes(
    approvals_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is lost at the very end of it, before anything is committed."""
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    hold(request, approvals_desk.ada)
    due = after(request)

    class Lost(BaseException):
        pass

    def lost(*_args: object, **_facts: object) -> None:
        raise Lost

    with monkeypatch.context() as patch:
        patch.setattr(ending, "finish", lost)
        with pytest.raises(Lost):
            holding.take_effect(request_id=request.pk, at=due)
    assert (Vote.objects.count(), after(request)) == (0, due)
    with processes.clock():
        until(lambda: Request.objects.get().status == "decided", "nobody let it take effect")
    assert kinds(run).count("call.decided") == 1


def test_a_kill_meanwhile_comes_first_and_that_is_said(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    hold(request, approvals_desk.ada)
    services.kill(run_id=run.pk, actor=approvals_desk.bench.user, at=now())
    assert approvals_desk.bench.play(run).status == "stopped"
    words = page(approvals_desk.ada, f"/approvals/{request.pk}/").words
    assert "The run was killed. You approved it at " in words
    assert "that did not take effect." in words
    assert holding.sweep(at=after(request)) == 0
    record = stored(run)[-1].record
    assert (record.kind, record.actor, record.data["reason"]) == (
        "approval.refused",
        "user:ada",
        "closed",
    )
    assert not approvals_desk.paid()
    assert not Vote.objects.exists()


def test_a_kill_that_is_only_requested_comes_first_as_well(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    hold(request, approvals_desk.ada)
    services.kill(run_id=run.pk, actor=approvals_desk.bench.user, at=now())
    assert holding.sweep(at=after(request)) == 0
    assert stored(run)[-1].record.data["reason"] == "killed"
    assert approvals_desk.bench.play(run).status == "stopped"
    assert not approvals_desk.paid()


def test_a_request_expires_or_not_by_the_moment_it_was_answered(approvals_desk: Desk) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    over = request.expires_at
    assert over is not None
    hold(request, approvals_desk.ada, at=over - timedelta(seconds=1))
    assert expiring.sweep(at=over + timedelta(seconds=1)) == 0
    assert holding.sweep(at=over + HOLD) == 1
    request.refresh_from_db()
    assert (request.status, request.act) == ("decided", "approve")
    assert Vote.objects.get().at == over - timedelta(seconds=1)


def test_an_answer_that_is_undone_after_the_requests_time_leaves_it_to_the_clock(
    approvals_desk: Desk,
) -> None:
    request = approvals_desk.asked(approvals_desk.start())
    over = request.expires_at
    assert over is not None
    hold(request, approvals_desk.ada, at=over - timedelta(seconds=1))
    holding.withdraw(request_id=request.pk, actor=approvals_desk.ada, at=over)
    assert expiring.sweep(at=over + HOLD) == 1
    request.refresh_from_db()
    assert (request.status, request.act) == ("expired", "expire")


def test_whoever_may_decide_no_more_has_decided_nothing(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    hold(request, approvals_desk.ada)
    approvals_desk.ada.groups.clear()
    assert holding.sweep(at=after(request)) == 0
    assert stored(run)[-1].record.data["reason"] == "not_an_approver"
    words = page(person("bob", "approver"), f"/approvals/{request.pk}/").words
    assert "ada approved it at " in words
    assert "that did not take effect." in words
    approvals_desk.decide(request, by=User.objects.get(username="bob"))
    assert approvals_desk.bench.play(run).status == "completed"


def test_each_of_four_eyes_can_be_undone(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    run = approvals_desk.start()
    request, bob = approvals_desk.asked(run), person("bob", "approver")
    hold(request, approvals_desk.ada)
    holding.withdraw(request_id=request.pk, actor=approvals_desk.ada, at=now())
    hold(request, bob)
    holding.sweep(at=after(request))
    assert (kinds(run)[-1], approvals_desk.asked(run).held) == ("approval.voted", None)
    hold(request, approvals_desk.ada)
    assert not approvals_desk.bench.play(run).ended_at
    holding.sweep(at=after(request))
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.paid()) == 1


def test_what_could_not_take_effect_is_refused_while_the_person_is_there(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    before = kinds(run)
    with pytest.raises(NotDecided, match="1 to 100 calls"):
        hold(request, approvals_desk.ada, standing=granting.SessionOffer(1_000))
    assert kinds(run)[len(before) :] == ["approval.refused"]
    request.refresh_from_db()
    assert (request.held, request.status) == (None, "open")


def test_edited_arguments_and_a_session_approval_are_kept_through_it(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    args = {**request.args, "amount": 150.0}
    hold(request, approvals_desk.ada, args=args, standing=granting.SessionOffer(2, ("amount",)))
    holding.sweep(at=after(request))
    request.refresh_from_db()
    assert (request.act, request.decided_args) == ("edit", args)
    assert kinds(run).count("grant.given") == 1


def test_an_escalation_names_whom_it_goes_to(approvals_desk: Desk) -> None:
    person("alba", "admin")
    request = approvals_desk.asked(approvals_desk.start())
    answered = read(post(approvals_desk.ada, request, "escalate").content)
    assert answered.one(id="toasts").words.startswith(
        "You escalated it to admin: Pay 180.00 for order 1042"
    )
    holding.sweep(at=after(request))
    request.refresh_from_db()
    assert (request.status, request.group) == ("open", "admin")


def test_erased_content_leaves_no_answer_behind(approvals_desk: Desk) -> None:
    run: Run = approvals_desk.start()
    hold(approvals_desk.asked(run), approvals_desk.ada, note="anna@example.com")
    request_row.blanked(run.pk)
    assert Request.objects.values_list("held", "held_until").get() == (None, None)


def test_a_halt_meanwhile_keeps_the_answer_and_the_card_says_that_the_call_waits(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    admin = approvals_desk.bench.user
    lever = halt_levers.pull(
        reach="tool", target="pay", reason="The bank is away.", actor=admin, at=now()
    )
    current.refresh()
    waits = "Approved calls wait until the halt is off."
    card = page(approvals_desk.ada, f"/approvals/{request.pk}/").words
    assert waits in card
    assert "The bank is away." in card
    hold(request, approvals_desk.ada)
    assert holding.sweep(at=after(request)) == 1
    request.refresh_from_db()
    assert (request.status, request.act) == ("decided", "approve")
    halt_levers.release(halt_id=lever.pk, actor=admin, at=now())
    current.refresh()
    other = approvals_desk.asked(approvals_desk.start())
    assert waits not in page(approvals_desk.ada, f"/approvals/{other.pk}/").words
