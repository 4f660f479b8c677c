"""What else runs ask: did this happen, may it have more, may it go on.

Opened by the pause itself, answered like any request.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client

from approvals import answered_words
from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules.refusal_sentences import Reason
from console.journal import append as journal
from console.journal import database_clock
from console.journal.records import HOUSE_KEY
from policies.budgets.models import Budget, Escrow
from policies.current.four_eyes import proposals
from policies.current.four_eyes.taking_two import Held
from runs import run_rows, services
from runs.engine import events as e
from runs.engine.vocabulary import AnswerAct, StopReason
from runs.models import Run
from tests.approvals.desk import Desk
from tests.markup import read
from tests.policies import second_people
from tests.runtime.conftest import Bench, answering, calling, kinds
from tests.runtime.test_takeover import lost
from tests.supervision.conftest import approver as approver
from tests.supervision.conftest import house as house
from tests.supervision.test_loops import ASKING, thresholds
from tests.supervision.test_loops import searcher as searcher


def in_doubt(desk: Desk) -> Run:
    desk.gated.asks.clear()
    desk.bench.tool("pay")
    run = desk.bench.start(calling("pay") + answering())
    lost(desk.bench, run)
    return desk.bench.play(run)


@pytest.mark.parametrize(("act", "made"), [(AnswerAct.HAPPENED, 0), (AnswerAct.DID_NOT, 1)])
def test_did_this_happen_is_asked_and_the_answer_is_the_settlement(
    approvals_desk: Desk, act: AnswerAct, made: int
) -> None:
    run = in_doubt(approvals_desk)
    request = approvals_desk.asked(run)
    assert (request.kind, request.tool, request.expires_at, request.line) == (
        "in_doubt",
        "pay",
        None,
        "did it happen?",
    )
    decided = approvals_desk.decide(request, act, note="I rang them")
    assert (decided.status, decided.act, decided.decided_by) == ("decided", act.value, "user:ada")
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.bench.tools["pay"].keys) == made


def test_what_an_approver_settles_on_the_runs_page_ends_the_request_as_well(
    approvals_desk: Desk,
) -> None:
    run = in_doubt(approvals_desk)
    services.settle(
        run_id=run.pk,
        actor=approvals_desk.ada,
        at=datetime.now(UTC),
        happened=True,
        note="I rang them",
    )
    assert Request.objects.get(run=run).status == "decided"


def test_stop_is_an_answer_to_any_stop_context(approvals_desk: Desk) -> None:
    run = in_doubt(approvals_desk)
    decided = approvals_desk.decide(approvals_desk.asked(run), AnswerAct.STOP)
    assert (decided.status, decided.act) == ("decided", "stop")
    assert approvals_desk.bench.play(run).stop_reason == "USER_KILLED"


def paused(desk: Desk, reason: StopReason, **facts: Any) -> Run:
    """A run that the supervisor paused."""
    run = desk.bench.start(calling("pay") + answering())
    at = datetime.now(UTC)
    run_rows.appended(run, run_rows.state_of(run), [e.RunPaused(at=at, reason=reason, **facts)])
    return desk.bench.look(run)


@pytest.mark.parametrize(
    "reason", [StopReason.LOOP_DETECTED, StopReason.NO_PROGRESS, StopReason.DRIFTED]
)
def test_a_run_that_gets_nowhere_asks_whether_it_may_go_on(
    approvals_desk: Desk, reason: StopReason
) -> None:
    approvals_desk.gated.asks.clear()
    run = paused(
        approvals_desk,
        reason,
        rule="loop-exact",
        detail="The same call four times.",
        facts={"score": 0.9},
    )
    request = approvals_desk.asked(run)
    assert (request.kind, request.sentence, request.line) == (
        "loop",
        "The same call four times.",
        "The same call four times.",
    )
    assert approvals_desk.decide(request).act == "approve"
    assert approvals_desk.bench.play(run).status == "completed"


def test_a_pause_by_a_person_asks_nobody(approvals_desk: Desk) -> None:
    run = paused(approvals_desk, StopReason.USER_PAUSED)
    assert not Request.objects.filter(run=run).exists()


def test_a_second_stop_context_is_another_request_that_no_old_form_fits(
    approvals_desk: Desk,
) -> None:
    run = paused(approvals_desk, StopReason.NO_PROGRESS)
    first = approvals_desk.asked(run)
    services.resume(run_id=run.pk, actor=approvals_desk.ada, at=datetime.now(UTC))
    first.refresh_from_db()
    assert (first.status, first.act, first.decided_by) == ("decided", "resume", "user:ada")
    run_rows.appended(
        run,
        run_rows.state_of(run),
        [e.RunPaused(at=datetime.now(UTC), reason=StopReason.NO_PROGRESS)],
    )
    second = approvals_desk.asked(run)
    with pytest.raises(NotDecided) as refused:
        approvals_desk.decide(second, digest=first.digest)
    assert refused.value.refusal.reason is Reason.STALE


SPENT = {
    "budget": "a-day",
    "holder": "",
    "spent": "9.8",
    "reserved": "0",
    "need": "0.5",
    "amount": "10",
    "measure": "usd",
}


def out_of_budget(desk: Desk) -> Run:
    Budget.objects.create(name="a-day", amount=Decimal(10), window="run")
    return paused(
        desk,
        StopReason.BUDGET_EXCEEDED,
        rule="budget:a-day",
        detail="It would not fit.",
        facts=SPENT,
    )


def may_edit_budgets(user: User) -> User:
    user.user_permissions.add(
        Permission.objects.get(content_type__app_label="policies", codename="change_budget")
    )
    return User.objects.get(pk=user.pk)


def test_a_budget_must_be_raised_before_the_run_may_go_on(approvals_desk: Desk) -> None:
    run = out_of_budget(approvals_desk)
    with pytest.raises(NotDecided, match="once the budget a-day is raised"):
        approvals_desk.decide(approvals_desk.asked(run))
    assert approvals_desk.bench.look(run).status == "paused"
    assert kinds(run)[-1] == "approval.refused"


def test_whoever_may_edit_budgets_raises_it_with_the_answer(approvals_desk: Desk) -> None:
    run, request = out_of_budget(approvals_desk), Request.objects.get()
    ada = may_edit_budgets(approvals_desk.ada)
    decided = approvals_desk.decide(request, by=ada, args={"raise_by": "0.50"})
    assert (decided.status, Budget.objects.get(name="a-day").amount) == ("decided", Decimal("10.5"))
    assert approvals_desk.bench.look(run).status == "queued"
    note = journal.read(connection, HOUSE_KEY)[-1].record
    assert (note.kind, note.actor, note.data["change"]["amount"]) == (
        "budget.changed",
        "user:ada",
        ["10.000000", "10.500000"],
    )


def test_a_raise_that_takes_two_is_proposed_and_the_run_waits_on(approvals_desk: Desk) -> None:
    second_people.switch_on("budget", alone_usd=10)
    run, request = out_of_budget(approvals_desk), Request.objects.get()
    ada, carla = may_edit_budgets(approvals_desk.ada), second_people.staff("carla")
    with pytest.raises(Held, match="takes a second person") as held:
        approvals_desk.decide(request, by=ada, args={"raise_by": "0.50"})
    change = proposals.kept(held.value, actor=ada, at=database_clock.now())
    assert Budget.objects.get(name="a-day").amount == 10
    assert (approvals_desk.bench.look(run).status, Request.objects.get().status) == (
        "paused",
        "open",
    )
    second_people.answer(carla, change, "confirm")
    assert Budget.objects.get(name="a-day").amount == Decimal("10.5")


def test_an_approver_who_may_not_edit_budgets_does_not_raise_them(approvals_desk: Desk) -> None:
    run = out_of_budget(approvals_desk)
    with pytest.raises(NotDecided, match="takes somebody who may edit budgets"):
        approvals_desk.decide(approvals_desk.asked(run), args={"raise_by": "0.50"})
    assert Budget.objects.get(name="a-day").amount == 10


@pytest.mark.parametrize(
    "text", ["lots", "-1", "0", "NaN", "1e99", "0.0000001", "0.1234567", "999999999999.5"]
)
def test_a_budget_is_raised_by_an_amount_only(approvals_desk: Desk, text: str) -> None:
    run = out_of_budget(approvals_desk)
    with pytest.raises(NotDecided) as refused:
        approvals_desk.decide(
            approvals_desk.asked(run),
            by=may_edit_budgets(approvals_desk.ada),
            args={"raise_by": text},
        )
    assert list(refused.value.refusal.fields) == ["raise_by"]


def page(request: Request, who: User) -> str:
    client = Client()
    client.force_login(who, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(f"/approvals/{request.pk}/").content.decode()


def test_a_budget_that_has_room_again_needs_no_raise(approvals_desk: Desk) -> None:
    request = Request.objects.get(run=used_up(approvals_desk))
    Escrow.objects.update(spent=Decimal(5))
    said = page(request, may_edit_budgets(approvals_desk.ada))
    assert "$5.00 left · today-only" in said
    assert (
        "There is room again, $5.00 left: the run goes on at once, and no budget is changed."
        in said
    )
    assert 'name="raise_by"' not in said


def test_a_budget_that_is_used_up_is_raised_by_at_least_what_is_lacking(
    approvals_desk: Desk,
) -> None:
    request = Request.objects.get(run=used_up(approvals_desk))
    refused = page(request, approvals_desk.ada)
    assert (
        "Refused until today-only is raised to $10.30 or more by whoever may edit budgets, or when"
        " the next day begins" in refused
    )
    assert 'name="raise_by"' not in refused
    offered = page(request, may_edit_budgets(approvals_desk.ada))
    assert (
        "Raises today-only from $10.00 by what you write below, at least $0.30, for every run that"
        " draws on it" in offered
    )
    assert 'name="raise_by" inputmode="decimal" value="0.30"' in offered


def test_less_than_a_cent_is_rounded_up_or_it_would_still_not_fit(approvals_desk: Desk) -> None:
    request = Request.objects.get(run=used_up(approvals_desk))
    Escrow.objects.update(spent=Decimal("9.5007"))
    refused = page(request, approvals_desk.ada)
    assert "raised to $10.01 or more" in refused
    assert 'value="0.01"' in page(request, may_edit_budgets(approvals_desk.ada))


def used_up(desk: Desk) -> Run:
    """A run that stands still over a budget which everybody has drawn from today."""
    budget = Budget.objects.create(name="today-only", amount=Decimal(10), window="day")
    at = datetime.now(UTC)
    begun = at.replace(hour=0, minute=0, second=0, microsecond=0)
    Escrow.objects.create(
        budget_id=budget.pk, holder="", starts_at=begun, spent=Decimal("9.8"), reserved=0
    )
    facts = {**SPENT, "budget": "today-only"}
    return paused(
        desk,
        StopReason.BUDGET_EXCEEDED,
        rule="budget:today-only",
        detail="It would not fit.",
        facts=facts,
    )


def test_the_repeated_calls_stand_side_by_side_with_their_differences_marked(
    searcher: Bench, approver: User
) -> None:
    thresholds(stop=1.0)
    run = searcher.play(searcher.start(ASKING))
    request = Request.objects.get(run=run, kind="loop")
    said = page(request, approver)
    assert "Nearly the same call, side by side" in said
    assert said.count("<mark>") >= 2 * len(set(request.facts["calls"][-6:])) - 6
    assert f"{request.facts['score']:.0%} confidence" in said
    assert "the loop counter starts again" in said


def test_whoever_lets_a_loop_go_on_reads_that_and_stop_stands_beside_it(
    searcher: Bench, approver: User
) -> None:
    thresholds(stop=1.0)
    request = Request.objects.get(run=searcher.play(searcher.start(ASKING)), kind="loop")
    answers = read(page(request, approver)).one("footer", "answers")
    [stop] = answers.all("button", value="stop")
    assert (stop.words, stop.attrs["data-key"]) == ("Stop d", "d")
    request.held = None
    request.status, request.act = "decided", "approve"
    assert answered_words.told(request).startswith("You let it continue: ")
