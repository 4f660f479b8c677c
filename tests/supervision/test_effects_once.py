"""An effect that a tool's or a policy's key names is had once, however a planner words it, by
whatever run, and whoever is lost in between.
"""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from approvals.selectors import alike
from policies.gate import effect_keys
from runs import services
from runs.engine.engine_errors import ToolError
from runs.engine.vocabulary import Effect, RunStatus
from runs.models import EffectClaim, Run
from tests.runtime.conftest import Bench, answering, calling, stored
from tests.supervision import answering as people
from tests.supervision.conftest import in_force

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = '{ order = 1042, amount = 12.5, note = "postage" }'
AGAIN = '{ note = "the postage, once more", amount = "12.50", order = " 1042" }'


def refused(run: Run) -> list[tuple[str, str]]:
    rows = (row.record for row in stored(run) if row.record.kind == "call.refused")
    return [(row.rule, row.data["repeats"]) for row in rows]


@pytest.fixture
def refunds_allowed(house: Bench) -> None:
    in_force("refunds", priority=1, tool="refund", verdict="allow")


@pytest.mark.usefixtures("refunds_allowed")
def test_a_reworded_repeat_within_a_run_is_answered_with_the_recorded_result(house: Bench) -> None:
    async def pay(args: object, context: object) -> object:
        return {"refund": 77}

    refund = house.tool("refund", pay, effect=Effect.IRREVERSIBLE, effect_key=("order", "amount"))
    script = calling("refund", FIRST) + calling("refund", AGAIN) + answering()
    run = house.play(house.start(script))
    assert (run.status, len(refund.keys)) == (RunStatus.COMPLETED, 1)
    assert refused(run) == [("effect-key", "1.1")]


@pytest.mark.usefixtures("refunds_allowed")
def test_another_amount_is_another_refund(house: Bench) -> None:
    refund = house.tool("refund", effect=Effect.IRREVERSIBLE, effect_key=("order", "amount"))
    other = FIRST.replace("12.5", "13")
    script = calling("refund", FIRST) + calling("refund", other) + answering()
    assert house.play(house.start(script)).status == RunStatus.COMPLETED
    assert len(refund.keys) == 2


def both_allowed(**facts: object) -> None:
    in_force("refunds", priority=1, tool="refund", verdict="allow", effect_hours=24, **facts)


def test_another_run_that_would_do_the_same_within_the_hours_asks_a_person(
    house: Bench, approver: User
) -> None:
    both_allowed(effect_key="order amount")
    refund = house.tool("refund", effect=Effect.IRREVERSIBLE)
    first = house.play(house.start(calling("refund", FIRST) + answering()))
    second = house.play(house.start(calling("refund", AGAIN) + answering()))
    assert (first.status, second.status) == (RunStatus.COMPLETED, RunStatus.WAITING)
    [request] = people.asked(second)
    assert request.sentence == f"refund has done the same at step 1 of run {str(first.pk)[:8]}."
    assert request.facts["repeats"]["run"] == str(first.pk)
    card = Client()
    card.force_login(approver, backend="django.contrib.auth.backends.ModelBackend")
    shown = card.get(reverse("approvals:card", args=[request.pk])).content.decode()
    assert f'<a href="{reverse("runs:run", args=[first.pk])}">The run that did it before' in shown
    people.answer(request, approver)
    assert house.play(second).status == RunStatus.COMPLETED
    assert len(refund.keys) == 2
    claim = EffectClaim.objects.get(holds=True)
    assert (claim.run, claim.done) == (second.pk, True)


def test_a_key_without_hours_claims_nothing_of_other_runs(house: Bench) -> None:
    in_force("refunds", priority=1, tool="refund", verdict="allow")
    house.tool("refund", effect=Effect.IRREVERSIBLE, effect_key=("order",))
    house.play(house.start(calling("refund", FIRST) + answering()))
    assert EffectClaim.objects.count() == 0


def test_an_effect_that_failed_for_certain_may_be_had_by_another_run(house: Bench) -> None:
    both_allowed(effect_key="order")

    async def refuse(args: object, context: object) -> object:
        raise ToolError("The bank says no.", answered=True)

    refund = house.tool("refund", refuse, effect=Effect.IRREVERSIBLE)
    for _ in range(2):
        run = house.play(house.start(calling("refund", FIRST) + answering()))
        assert run.status == RunStatus.COMPLETED
    assert len(refund.keys) == 2
    assert EffectClaim.objects.count() == 0


def test_an_effect_that_was_undone_by_a_kill_may_be_had_again(house: Bench) -> None:
    both_allowed(effect_key="order")
    refund = house.tool("refund", effect=Effect.REVERSIBLE, has_undo=True)
    asks = house.tool("ask", effect=Effect.IRREVERSIBLE)
    first = house.play(house.start(calling("refund", FIRST) + calling("ask") + answering()))
    assert first.status == RunStatus.WAITING
    assert EffectClaim.objects.count() == 1
    services.kill(run_id=first.pk, actor=house.user, at=datetime.now(UTC))
    house.play(first)
    assert (len(refund.undone), EffectClaim.objects.count(), asks.keys) == (1, 0, [])
    second = house.play(house.start(calling("refund", AGAIN) + answering()))
    assert (second.status, len(refund.keys)) == (RunStatus.COMPLETED, 2)


def test_of_two_runs_with_one_effect_at_the_same_time_one_gets_it(house: Bench) -> None:
    both_allowed(effect_key="order")
    both_ready = threading.Barrier(2, timeout=20)
    look = house.tool("look")

    async def meet(args: object, context: object) -> object:
        await asyncio.to_thread(both_ready.wait)
        return 1

    look.behaviour = meet
    refund = house.tool("refund", effect=Effect.IRREVERSIBLE)
    script = calling("look") + calling("refund", FIRST) + answering()
    runs = [house.start(script) for _ in range(2)]
    playing = [house.playing(run) for run in runs]
    for each in playing:
        each.join(30)
    assert len(refund.keys) == 1
    assert sorted(house.look(run).status for run in runs) == [
        RunStatus.COMPLETED,
        RunStatus.WAITING,
    ]


def test_a_person_who_did_not_know_of_another_run_lets_nothing_through(
    house: Bench, approver: User
) -> None:
    in_force(
        "refunds", priority=1, tool="refund", verdict="require_approval", effect_hours=24,
        effect_key="order",
    )  # fmt: skip
    refund = house.tool("refund", effect=Effect.IRREVERSIBLE)
    runs = [house.play(house.start(calling("refund", FIRST) + answering())) for _ in range(2)]
    for run in runs:
        [request] = people.asked(run)
        assert "repeats" not in request.facts
        people.answer(request, approver)
    for run in runs:
        assert house.play(run).status == RunStatus.COMPLETED
    assert len(refund.keys) == 1
    assert refused(runs[1]) == [("effect-key", "")]


def test_a_repeat_is_not_of_one_shape_with_questions_that_are_none(house: Bench) -> None:
    in_force(
        "refunds", priority=1, tool="refund", verdict="require_approval", effect_key="order",
        effect_hours=24,
    )  # fmt: skip
    house.tool("refund", effect=Effect.IRREVERSIBLE)
    EffectClaim.objects.create(
        key=effect_keys.proposed("refund", ["order"], {"order": 1042}).key, run=uuid4(),
        call="1.1", step=1, done=True, at=datetime.now(UTC),
        until=datetime.now(UTC) + timedelta(hours=1),
    )  # fmt: skip
    repeat, other = (
        people.asked(house.play(house.start(calling("refund", args) + answering())))[0]
        for args in (FIRST, FIRST.replace("1042", "1043"))
    )
    assert alike.alike(other) == [other]
    assert alike.alike(repeat) == [repeat]
    assert repeat.group == other.group


def test_a_call_that_does_not_say_what_its_key_needs_is_asked_about(house: Bench) -> None:
    both_allowed(effect_key="order invoice")
    refund = house.tool("refund", effect=Effect.IRREVERSIBLE)
    run = house.play(house.start(calling("refund", FIRST) + answering()))
    [request] = people.asked(run)
    assert request.sentence == (
        "Whether refund was done before is told by invoice, which this call does not say."
    )
    assert refund.keys == []
