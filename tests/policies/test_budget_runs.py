"""Shared budgets on real runs: the wiring of the house, the real runtime, edits while runs are
live.
"""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import User

from approvals.models import Request
from approvals.services import deciding
from console.journal.records import JournalRecord
from console.json_value import Json
from console.refused import Refused
from policies import current
from policies.budgets.models import Budget, Escrow, Grant
from policies.routing.models import RoutingPolicy
from runs import services
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import AnswerAct, Effect, RunStatus, StopReason
from runs.models import Run
from tests.planners.speaking import chat, speaking, turns_of, wants
from tests.policies.treasury import row
from tests.runtime.conftest import Bench, answering, calling, now, stored
from tests.runtime.conftest import bench as bench  # the fixture
from tests.supervision.conftest import approver as approver  # the fixture
from tests.supervision.conftest import house as house  # the fixture

USED = {"prompt_tokens": 50, "completion_tokens": 9}


@pytest.fixture(autouse=True)
def _only_ours(transactional_db: None) -> None:
    Budget.objects.all().delete()
    current.forget()


async def news(args: Mapping[str, Json], context: ToolContext) -> Json:
    """Something else each time, as far as anybody who looks for loops can tell."""
    return {
        "text": " ".join(
            hashlib.sha256(f"{args.get('n')} {word}".encode()).hexdigest()[:8] for word in range(12)
        )
    }


def spending(steps: int, usd: str) -> str:
    """A script of so many calls of `note`, each planned for so much."""
    return (
        "".join(calling("note", f"{{ n = {number} }}", f"usd = {usd}") for number in range(steps))
        + answering()
    )


def ended(run: Run) -> JournalRecord:
    return next(
        each.record
        for each in reversed(stored(run))
        if each.record.kind in {"run.stopped", "run.paused", "run.completed"}
    )


def spent(budget: Budget) -> tuple[Decimal, Decimal]:
    bucket = Escrow.objects.get(budget=budget)
    return bucket.spent, bucket.reserved


def edited(budget: Budget, **facts: object) -> None:
    Budget.objects.filter(pk=budget.pk).update(**facts)
    current.refresh()


def test_a_run_is_stopped_by_the_budget_it_shares_with_an_earlier_one(house: Bench) -> None:
    """Whoever takes the shared budgets out of the wiring hears of it here."""
    house.tool("note", news, effect=Effect.READ)
    day = row("house-day", "1.00")
    first = house.play(house.start(spending(6, "0.10")))
    assert first.status == RunStatus.COMPLETED
    second = house.play(house.start(spending(20, "0.10")))
    assert (second.status, second.stop_reason) == (RunStatus.STOPPED, StopReason.BUDGET_EXCEEDED)
    record = ended(second)
    assert (record.rule, record.data["facts"]["budget"], record.data["facts"]["version"]) == (
        "budget:house-day",
        "house-day",
        1,
    )
    assert (
        record.data["detail"]
        == second.stop_detail
        == "$1.00 of today's $1.00 are spent or reserved; this call could cost $0.10."
    )
    assert spent(day) == (first.usd + second.usd, Decimal(0))
    assert not Grant.objects.filter(amount__gt=0).exists()


def test_what_a_run_did_not_spend_is_there_for_others_when_it_ends(house: Bench) -> None:
    house.tool("note", news, effect=Effect.READ)
    day = row("house-day", "1000")
    run = house.play(house.start(spending(3, "0.25")))
    assert spent(day) == (run.usd, Decimal(0))


def test_a_budget_that_is_lowered_pauses_a_live_run_at_its_next_step_and_raised_lets_it_go_on(
    house: Bench, approver: User
) -> None:
    day = row("house-day", "1000", action="pause")

    async def lowers(args: Mapping[str, Json], context: ToolContext) -> Json:
        if args["n"] == 2:
            await database_sync_to_async(edited)(day, amount="0.35")
        return await news(args, context)

    house.tool("note", lowers, effect=Effect.READ)
    run = house.play(house.start(spending(6, "0.10")))
    assert (run.status, run.stop_reason, run.step) == (
        RunStatus.PAUSED,
        StopReason.BUDGET_EXCEEDED,
        3,
    )
    assert (
        run.stop_detail
        == "$0.30 of today's $0.35 are spent or reserved; this call could cost $0.10."
    )
    assert ended(run).data["facts"]["version"] == 2
    with pytest.raises(Refused, match=r"An approver decides: may it go on\?"):
        services.resume(run_id=run.pk, actor=house.user, at=now())
    with pytest.raises(Refused, match="It can go on once the budget house-day is raised"):
        services.resume(run_id=run.pk, actor=approver, at=now())
    edited(day, amount="5")
    services.resume(run_id=run.pk, actor=approver, at=now())
    assert house.play(run).status == RunStatus.COMPLETED


def test_a_model_without_a_price_does_not_get_past_a_budget_of_money(house: Bench) -> None:
    house.tool("note", news, effect=Effect.READ)
    row("house-day", "10")
    script = 'price_in = "unknown"\nprice_out = "unknown"\n' + calling("note") + answering()
    run = house.play(house.start(script))
    assert (run.stop_reason, run.step) == (StopReason.BUDGET_EXCEEDED, 0)
    assert "on the agent's page (price in, price out)" in run.stop_detail


@pytest.mark.parametrize("fault", ["rate_limited", "transient"])
def test_a_request_that_was_turned_away_costs_nothing(house: Bench, fault: str) -> None:
    house.tool("note", news, effect=Effect.READ)
    day = row("house-day", "1000")
    script = spending(2, "0.10") + f'usd = 0\nfault = "{fault}"\nretry_after = 0.01\n'
    run = house.play(house.start(script))
    assert run.status == RunStatus.COMPLETED
    assert spent(day) == (run.usd, Decimal(0))


def test_a_budget_of_somebody_else_is_no_concern_of_this_run(house: Bench) -> None:
    house.tool("note", news, effect=Effect.READ)
    User.objects.create_user("anna")
    row("annas", "0", scope="user", who="anna")
    row("desks", "0", scope="agent", who="refund-*")
    assert house.play(house.start(spending(2, "0.10"))).status == RunStatus.COMPLETED
    row("olgas", "0.15", scope="user", who="olga")
    current.refresh()
    assert house.play(house.start(spending(2, "0.10"))).stop_reason == StopReason.BUDGET_EXCEEDED


def test_a_budget_for_one_run_binds_runs_that_were_started_with_more(house: Bench) -> None:
    house.tool("note", news, effect=Effect.READ)
    row("each-run", "2", window="run", measure="steps")
    run = house.play(house.start(spending(6, "0.10")))
    assert (run.step, run.stop_detail) == (2, "2 of this run's 2 steps are taken.")


@pytest.mark.parametrize(
    ("action", "status"), [("stop", RunStatus.STOPPED), ("pause", RunStatus.PAUSED)]
)
def test_what_was_approved_is_not_done_once_the_budget_is_used_up(
    house: Bench, approver: User, action: str, status: RunStatus
) -> None:
    day = row("house-day", "1000", action=action)
    pay = house.tool("pay", effect=Effect.IRREVERSIBLE, idempotent=True)
    run = house.play(house.start(calling("pay", extra="usd = 0.10") + answering()))
    assert run.waiting_for == "approval"
    edited(day, amount="0.05")
    request = Request.objects.get(run=run)
    facts: Any = {"digest": request.digest, "version": request.version, "at": now()}
    deciding.decide_at_once(request_id=request.pk, actor=approver, act=AnswerAct.APPROVE, **facts)
    run = house.play(run)
    assert (run.status, run.stop_reason, pay.keys) == (status, StopReason.BUDGET_EXCEEDED, [])
    if action == "pause":
        edited(day, amount="1000")
        services.resume(run_id=run.pk, actor=approver, at=now())
        assert house.play(run).status == RunStatus.COMPLETED
        assert len(pay.keys) == 1


def test_a_budget_takes_the_better_model_away_and_gives_it_back_when_it_is_raised(
    house: Bench,
) -> None:
    steps = row("day-steps", "10", measure="steps", action="downgrade", downgrade_at=20)
    RoutingPolicy.objects.all().delete()
    RoutingPolicy.objects.create(name="always", condition="", tier="plan", hold=1)
    current.refresh()

    async def note(args: Mapping[str, Json], context: ToolContext) -> Json:
        if args.get("n") == 4:
            await database_sync_to_async(edited)(steps, amount="100")
        return await news(args, context)

    def seven_steps(body: dict[str, Any]) -> tuple[int, Any]:
        said = len(turns_of(body))
        return chat(wants("note", {"n": said}) if said < 6 else {"content": "Done."}, USED)

    house.tool("note", note, effect=Effect.READ, idempotent=True)
    with speaking(seven_steps) as speaker:
        agent = {"base_url": speaker.base_url, "tiers": {"plan": "openai:large"}}
        run = house.play(house.start("", planner="openai:small", **agent))
    assert run.status == RunStatus.COMPLETED
    asked = [str(body["model"]) for body in speaker.asked]
    assert asked[0] == asked[-1] == "large"
    assert "small" in asked
    changes = [
        (record.kind, record.rule, record.data["planner"])
        for each in stored(run)
        if (record := each.record).kind in ("run.routed", "run.downgraded")
    ]
    assert changes == [
        ("run.routed", "routing:always", "openai:large"),
        ("run.downgraded", "budget:day-steps", "openai:small"),
        ("run.routed", "budget:day-steps", "openai:small"),
        ("run.routed", "routing:always", "openai:large"),
    ]
