"""A person's yes is one condition of several: whatever has come to speak against the call since
then is found out anew.
"""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from pytest_django.fixtures import Settings

from approvals.services import holding
from approvals.services.granting import SessionOffer
from console.json_value import Json
from policies import current
from policies.circuit import admission, breaker_cache
from policies.circuit.models import Breaker
from policies.circuit.rules import BreakerPhase
from policies.decision import DecisionKind
from policies.halts import halt_levers
from policies.halts.models import Halt
from policies.scopes.models import ScopeGrant
from runs import services
from runs.engine.ports import Happened, Lookup, ToolContext
from runs.engine.vocabulary import AnswerAct, Effect, RunStatus
from runs.models import Run
from tests.runtime.conftest import Bench, Probe, answering, calling, now, stored
from tests.runtime.test_takeover import lost
from tests.supervision import answering as people
from tests.supervision.conftest import in_force

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pay(house: Bench) -> Iterator[Probe]:
    breaker_cache.forget()
    yield house.tool("pay", effect=Effect.IRREVERSIBLE, idempotent=True, scope="money:pay")
    admission.stop()


def asked(house: Bench, *, twice: bool = False) -> Run:
    ScopeGrant.objects.update_or_create(name="all", defaults={"scopes": "money:*"})
    current.refresh()
    return house.play(house.start(calling("pay", "{ amount = 5 }") * (1 + twice) + answering()))


def approve(run: Run, by: User, **facts: Any) -> None:
    [request] = people.asked(run)
    people.answer(request, by, **facts)


def refused(run: Run) -> list[str]:
    return [row.record.rule for row in stored(run) if row.record.kind == "call.refused"]


def cut_off(tool: str) -> None:
    Breaker.objects.update_or_create(
        tool=tool,
        defaults={
            "phase": BreakerPhase.OPEN,
            "trips": 1,
            "open_until": now() + timedelta(minutes=5),
            "why": "it failed",
        },
    )
    breaker_cache.refresh()


def test_an_approved_call_is_made_when_nothing_speaks_against_it(
    house: Bench, pay: Probe, approver: User
) -> None:
    run = asked(house)
    approve(run, approver)
    assert (house.play(run).status, len(pay.keys)) == (RunStatus.COMPLETED, 1)


@pytest.mark.parametrize("act", [AnswerAct.APPROVE, AnswerAct.EDIT])
def test_an_approved_call_does_not_pass_a_breaker_that_has_opened_since(
    house: Bench, pay: Probe, approver: User, act: AnswerAct
) -> None:
    run = asked(house)
    cut_off("pay")
    approve(run, approver, act=act, **({"args": {"amount": 4}} if act is AnswerAct.EDIT else {}))
    house.play(run)
    assert pay.keys == []
    assert refused(run)[0].startswith("breaker")


def test_a_session_approval_does_not_pass_an_open_breaker_either(
    house: Bench, pay: Probe, approver: User
) -> None:
    async def paying(args: Mapping[str, Json], context: ToolContext) -> Json:
        await asyncio.to_thread(cut_off, "pay")
        return "paid"

    run = asked(house, twice=True)
    pay.behaviour = paying
    approve(run, approver, standing=SessionOffer(3))
    run = house.play(run)
    assert (run.status, len(pay.keys)) == (RunStatus.COMPLETED, 1)
    assert refused(run)[0].startswith("breaker")


def test_an_approved_call_does_not_pass_a_halt_that_was_pulled_since(
    house: Bench, pay: Probe, approver: User
) -> None:
    run = asked(house)
    Halt.objects.create(
        reach="tool", target="pay", pulled_by="olga", pulled_at=now(), reason="stop"
    )
    current.refresh()
    approve(run, approver)
    assert (house.play(run).status, pay.keys) == (RunStatus.PAUSED, [])


def test_a_halt_while_a_yes_could_still_be_undone_keeps_the_call_back_until_it_is_off(
    house: Bench, pay: Probe, approver: User, settings: Settings
) -> None:
    settings.DECISION_HOLD = 5.0
    run = asked(house)
    [request] = people.asked(run)
    holding.hold(
        request_id=request.pk,
        actor=approver,
        act=AnswerAct.APPROVE,
        digest=request.digest,
        version=request.version,
        at=now(),
    )
    admin = house.user
    lever = halt_levers.pull(reach="tool", target="pay", reason="stop", actor=admin, at=now())
    current.refresh()
    request.refresh_from_db()
    assert request.held_until is not None
    assert holding.sweep(at=request.held_until) == 1
    assert (house.play(run).status, pay.keys) == (RunStatus.PAUSED, [])
    halt_levers.release(halt_id=lever.pk, actor=admin, at=now())
    current.refresh()
    services.resume(run_id=run.pk, actor=admin, at=now())
    assert (house.play(run).status, len(pay.keys)) == (RunStatus.COMPLETED, 1)


def test_an_approved_call_does_not_pass_once_its_person_has_lost_the_scope(
    house: Bench, pay: Probe, approver: User
) -> None:
    run = asked(house)
    ScopeGrant.objects.all().delete()
    current.refresh()
    approve(run, approver)
    house.play(run)
    assert (refused(run), pay.keys) == (["scope:money:pay"], [])


def test_an_approved_call_does_not_pass_for_somebody_who_was_deactivated_since(
    house: Bench, pay: Probe, approver: User
) -> None:
    ScopeGrant.objects.all().delete()
    ScopeGrant.objects.create(name="payers", group="operator", scopes="money:*")
    house.user.groups.add(Group.objects.get(name="operator"))
    current.refresh()
    run = house.play(house.start(calling("pay", "{ amount = 5 }") + answering()))
    approve(run, approver)
    User.objects.filter(pk=house.user.pk).update(is_active=False)
    house.play(run)
    assert (refused(run), pay.keys) == (["scope:money:pay"], [])


def test_an_approved_call_does_not_pass_a_schema_that_it_no_longer_fits(
    house: Bench, pay: Probe, approver: User
) -> None:
    run = asked(house)
    house.tool("pay", effect=Effect.IRREVERSIBLE, scope="money:pay")
    strict = {"type": "object", "properties": {"amount": {"type": "integer", "maximum": 4}}}
    object.__setattr__(house.tools["pay"].spec, "schema", strict)
    approve(run, approver)
    house.play(run)
    assert (refused(run), house.tools["pay"].keys) == (["arguments"], [])


def test_an_approved_call_does_not_pass_a_policy_that_denies_it_since(
    house: Bench, pay: Probe, approver: User
) -> None:
    run = asked(house)
    in_force("never", tool="pay", verdict="deny", priority=1)
    approve(run, approver)
    house.play(run)
    assert (refused(run), pay.keys) == (["never"], [])


def test_an_approved_call_does_not_pass_an_hour_that_is_used_up_where_that_denies(
    house: Bench, pay: Probe, approver: User
) -> None:
    run = asked(house)
    in_force("a-few", tool="pay", verdict="allow", cap_per_hour=1, over_cap="deny", priority=1)
    other = house.play(house.start(calling("pay", "{ amount = 1 }") + answering()))
    assert (other.status, len(pay.keys)) == (RunStatus.COMPLETED, 1)
    approve(run, approver)
    house.play(run)
    assert (refused(run), len(pay.keys)) == (["a-few"], 1)


def test_the_call_after_a_looked_up_one_does_not_pass_an_open_breaker(
    house: Bench, pay: Probe
) -> None:
    """Whoever takes over from a lost worker looks its call up, and goes on to the next call in the
    same commit.
    """
    ScopeGrant.objects.create(name="all", scopes="money:*")
    current.refresh()
    house.tool("pay", has_lookup=True).found = Lookup(Happened.YES, "done")
    second = house.tool("second")
    run = house.start(
        '[[step]]\ncall = [{ tool = "pay", args = {} }, { tool = "second", args = {} }]\n'
        + answering()
    )
    lost(house, run)
    cut_off("second")
    house.play(run)
    assert (second.keys, refused(run)[0].startswith("breaker")) == ([], True)


def many(tool: str, count: int) -> str:
    """One decision with so many calls of the tool."""
    calls = [f'{{ tool = "{tool}", args = {{ n = {n} }} }}' for n in range(count)]
    return f"[[step]]\ncall = [{', '.join(calls)}]\n" + answering()


def test_sixty_five_calls_of_one_decision_that_need_a_person_are_asked_for_and_made(
    house: Bench, approver: User
) -> None:
    sign = house.tool("sign", None, effect=Effect.IRREVERSIBLE, idempotent=True)
    run, answered = people.played(house.start(many("sign", 65)), approver)
    assert (run.status, run.calls, len(answered)) == (RunStatus.COMPLETED, 65, 65)
    assert sign.keys == [f"{run.id}:1.{place}" for place in range(1, 66)]


def test_reads_that_a_person_let_through_are_side_by_side_like_others(
    house: Bench, approver: User
) -> None:
    in_force("peeking", tool="peek", verdict=DecisionKind.ASK, priority=1)
    current.refresh()
    house.tool("peek", None, effect=Effect.READ, idempotent=True)
    run, answered = people.played(house.start(many("peek", 3)), approver)
    assert (run.status, len(answered)) == (RunStatus.COMPLETED, 3)
    intended = [row.record.at for row in stored(run) if row.record.kind == "call.intended"]
    assert (len(intended), len(set(intended))) == (3, 1)
