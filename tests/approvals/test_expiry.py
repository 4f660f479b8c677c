"""The clock: what nobody decided in time ends as its terms say, once, and whoever decides at the
same instant is told who was first.
"""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.services import expiring
from console.stack import processes
from runs import run_rows
from runs.engine.events import RunStopped
from runs.engine.vocabulary import AnswerAct, StopReason
from runs.models import Run
from runs.reading import meters
from tests.approvals.desk import Desk, person
from tests.patience import PATIENCE, ended, until
from tests.runtime.conftest import stored

LATER = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def test_deny_and_continue_tells_the_planner_and_the_run_goes_on(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    assert expiring.sweep(at=now() + LATER) == 1
    assert approvals_desk.bench.play(run).status == "completed"
    assert not approvals_desk.paid()
    request = Request.objects.get(run=run)
    assert (request.status, request.act, request.decided_by) == ("expired", "expire", "clock")


def test_stop_ends_the_run_as_expired(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"ttl": 60, "on_expiry": "stop"}
    run = approvals_desk.start()
    expiring.sweep(at=now() + LATER)
    assert approvals_desk.bench.play(run).stop_reason == "APPROVAL_EXPIRED"


def test_escalate_asks_another_group_with_the_whole_time_anew_and_only_once(
    approvals_desk: Desk,
) -> None:
    approvals_desk.gated.terms = {"ttl": 60, "on_expiry": "escalate", "escalate_to": "admin"}
    run = approvals_desk.start()
    at = now() + LATER
    expiring.sweep(at=at)
    request = approvals_desk.asked(run)
    assert (request.group, request.expires_at, request.escalated) == (
        "admin",
        at + timedelta(seconds=60),
        True,
    )
    with pytest.raises(NotDecided):
        approvals_desk.decide(request)
    expiring.sweep(at=at + LATER)
    request.refresh_from_db()
    assert (request.status, request.act) == ("expired", "expire")


def test_what_is_not_due_stays(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"ttl": 0}
    run = approvals_desk.start()
    assert expiring.sweep(at=now() + LATER) == 0
    assert approvals_desk.asked(run).expires_at is None


def test_an_answer_after_the_time_is_refused_even_before_the_clock_came_by(
    approvals_desk: Desk,
) -> None:
    run = approvals_desk.start()
    with pytest.raises(NotDecided, match="came too late"):
        approvals_desk.decide(approvals_desk.asked(run), at=now() + LATER)


@pytest.mark.parametrize("attempt", range(6))
def test_approve_and_expire_at_the_same_instant_exactly_one_wins(
    approvals_desk: Desk, attempt: int
) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    at = request.expires_at
    assert at is not None
    barrier, told, expired = threading.Barrier(2, timeout=PATIENCE), list[str](), list[bool]()

    def approve() -> None:
        barrier.wait()
        try:
            approvals_desk.decide(request, at=at - timedelta(microseconds=1))
        except NotDecided as refused:
            told.append(refused.refusal.reason)
        connections.close_all()

    def expire() -> None:
        barrier.wait()
        expired.append(expiring.expire(request_id=request.pk, at=at))
        connections.close_all()

    race(approve, expire)
    decisions = [
        row.record.data["word"] for row in stored(run) if row.record.kind == "call.decided"
    ]
    assert decisions == (["expire"] if expired == [True] else ["approve"])
    assert told == (["expired"] if expired == [True] else [])
    approvals_desk.bench.play(run)
    assert len(approvals_desk.paid()) == (decisions == ["approve"])


def race(*work: object) -> None:
    threads = [threading.Thread(target=each) for each in work]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    ended(*threads)


def test_two_approvers_at_once_count_once(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    request = approvals_desk.asked(run)
    barrier, told = threading.Barrier(3, timeout=PATIENCE), list[str]()

    def approve(who: User) -> None:
        barrier.wait()
        try:
            approvals_desk.decide(request, by=who)
        except NotDecided as refused:
            told.append(refused.refusal.reason)
        connections.close_all()

    # made here: whoever waits at the barrier holds none of the few connections
    people = [person(name, "approver") for name in ("bob", "cid", "dan")]
    race(*[lambda who=who: approve(who) for who in people])
    assert told == ["decided"] * 2
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.paid()) == 1


def test_the_clock_process_ends_what_is_due_within_two_seconds(approvals_desk: Desk) -> None:
    """The best of a few: what else keeps the machine busy is not the clock's."""
    approvals_desk.gated.terms = {"ttl": 1}
    late: list[timedelta] = []
    with processes.clock():
        while len(late) < 5 and (not late or min(late) > timedelta(seconds=2)):
            late.append(lateness(approvals_desk))
    assert timedelta() <= min(late) <= timedelta(seconds=2), late


def lateness(desk: Desk) -> timedelta:
    """How long after its time a request was ended."""
    run = desk.start()
    due = Request.objects.get(run=run).expires_at
    ended_at = until(lambda: Request.objects.get(run=run).ended_at, "nobody ended the request")
    assert ended_at is not None
    assert due is not None
    return ended_at - due


def test_a_denial_by_the_clock_is_no_vote(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    expiring.sweep(at=now() + LATER)
    assert not Request.objects.get(run=run).votes.exists()
    assert Request.objects.get(run=run).act == AnswerAct.EXPIRE


def card(desk: Desk, request: Request) -> str:
    client = Client()
    client.force_login(desk.ada, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/approvals/{request.pk}/").content.decode()


def expired(desk: Desk) -> tuple[Run, Request]:
    run = desk.start()
    expiring.sweep(at=now() + LATER)
    return run, Request.objects.get(run=run)


def test_an_expired_card_says_that_the_run_went_on_once_it_did(approvals_desk: Desk) -> None:
    run, request = expired(approvals_desk)
    assert "it counts as denied; the run has not gone on yet." in card(approvals_desk, request)
    approvals_desk.bench.play(run)
    assert "it counts as denied, and the run went on." in card(approvals_desk, request)


def test_an_expired_card_says_that_the_run_was_stopped_for_another_reason(
    approvals_desk: Desk,
) -> None:
    run, request = expired(approvals_desk)
    stopped = RunStopped(
        at=now() + LATER, reason=StopReason.TIMEOUT, detail="15 min limit reached after step 1."
    )
    run_rows.appended(run, run_rows.state_of(run), [stopped])
    text = card(approvals_desk, request)
    assert "the run was stopped: out of time." in text
    assert "went on" not in text


def test_a_night_in_which_nobody_answered_costs_the_run_nothing(approvals_desk: Desk) -> None:
    run = approvals_desk.start()
    Run.objects.filter(pk=run.pk).update(max_seconds=900)
    run.refresh_from_db()
    assert run.clock_since is None
    assert meters.deadline(run, now() + timedelta(hours=15)).figure == "0:00"
    assert "of 15:00 running time left, which stands still meanwhile" in card(
        approvals_desk, approvals_desk.asked(run)
    )
    assert approvals_desk.decide(approvals_desk.asked(run)).act == "approve"
    assert approvals_desk.bench.play(run).status == "completed"
