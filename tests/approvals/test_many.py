"""Many requests on real services: deciders at random, the clock, kills, a worker killed.

Each ends once, each yes is done once.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from pytest_django import Settings

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules.request_vocabulary import RequestKind
from approvals.services import deciding, expiring
from console.refused import Refused
from console.stack import processes
from runs import services, snapshots
from runs.demo import company
from runs.demo.models import Refund
from runs.demo.seed import seed
from runs.engine.vocabulary import AnswerAct
from runs.models import Agent, Run
from tests.approvals.desk import person
from tests.patience import ended, until
from tests.runtime.conftest import stored

RUNS = 24
LONG = 120.0
QUICK = {"SIGNALBOX_DEMO_PACE": "0.3", "SIGNALBOX_DEMO_MISCHIEF": "0"}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _stage(settings: Settings, transactional_db: None) -> None:
    settings.DEMO = False
    seed(at=datetime.now(UTC))


def paying(number: int, order: int) -> Run:
    """A run that wants to pay twice for one order."""
    agent = Agent.objects.get(name="refund-desk")
    args = [
        f'{{ order_id = {order}, amount = {amount}, recipient = "a@example.com", reason = "r" }}'
        for amount in ("60.0", "61.0")
    ]
    calls = ", ".join(f'{{ tool = "issue_refund", args = {each} }}' for each in args)
    script = f'[[step]]\ncall = [{calls}]\n[[step]]\nfinal = "done"\n'
    principal = User.objects.get(username="operator")
    snapshot = snapshots.of(agent) | {"script": script, "acceptance": []}
    return services.start(
        agent=agent,
        goal=f"pay {number}",
        principal=principal,
        at=datetime.now(UTC),
        snapshot=snapshot,
    )


def answered(request: Request, who: User, dice: random.Random) -> None:
    act = dice.choice(
        (
            AnswerAct.APPROVE,
            AnswerAct.APPROVE,
            AnswerAct.APPROVE,
            AnswerAct.EDIT,
            AnswerAct.DENY,
            AnswerAct.RESPOND,
            AnswerAct.STOP,
        )
    )
    args: dict[str, Any] | None = {**request.args, "amount": 5.5} if act is AnswerAct.EDIT else None
    if request.kind == RequestKind.IN_DOUBT:
        act, args = (
            AnswerAct.HAPPENED
            if Refund.objects.filter(run=str(request.run_id)).exists()
            else AnswerAct.DID_NOT,
            None,
        )
    at = datetime.now(UTC)
    try:
        deciding.decide_at_once(
            request_id=request.pk,
            actor=who,
            at=at,
            act=act,
            digest=request.digest,
            version=request.version,
            args=args,
            note="n",
        )
    except NotDecided:
        return


def decider(who: User, dice: random.Random, stop: threading.Event) -> None:
    while not stop.wait(0.02):
        found = list(Request.objects.filter(status="open").order_by("?")[:1])
        for request in found:
            if dice.random() < 0.15 and request.expires_at:
                expiring.expire(request_id=request.pk, at=request.expires_at)
            elif dice.random() < 0.08:
                kill(request.run_id, who)
            else:
                answered(request, who, dice)
    connections.close_all()


def kill(run: Any, who: User) -> None:
    try:
        services.kill(run_id=run, actor=who, at=datetime.now(UTC))
    except Refused:
        return


@pytest.fixture
def deciders() -> Iterator[Callable[[], None]]:
    """Three people deciding at once; they stop with the test."""
    stop, threads = threading.Event(), list[threading.Thread]()

    def begin() -> None:
        for number in range(3):
            who = person(f"decider-{number}", "approver")
            thread = threading.Thread(target=decider, args=(who, random.Random(number), stop))
            threads.append(thread)
            thread.start()

    yield begin
    stop.set()
    ended(*threads)


def test_every_request_ends_once_and_every_yes_is_done_once(deciders: Callable[[], None]) -> None:
    at = datetime.now(UTC)
    orders = [
        company.order_now(random.Random(number), at, "delivered").number for number in range(RUNS)
    ]
    with processes.clock():
        with processes.worker(environment=QUICK) as first:
            runs = [paying(number, order) for number, order in enumerate(orders)]
            until(
                lambda: Request.objects.filter(status="open").count() == 2 * RUNS,
                "not every run asked",
                LONG,
            )
            assert not Run.objects.filter(status="waiting").exclude(lease_owner="").exists()
            deciders()
            until(
                lambda: Request.objects.exclude(status="open").count() >= RUNS // 2,
                "too few were decided",
                LONG,
            )
            first.process.kill()
        with processes.worker(environment=QUICK, number=2):
            until(
                lambda: not Request.objects.filter(status="open").exists() and not unfinished(runs),
                "not every run ended",
                LONG,
            )
    assert not Request.objects.filter(status="open").exists()
    for run in runs:
        check(run)


def unfinished(runs: list[Run]) -> bool:
    return (
        Run.objects.filter(pk__in=[run.pk for run in runs])
        .exclude(status__in=("completed", "stopped"))
        .exists()
    )


def check(run: Run) -> None:
    """Against the journal and the tables of the company."""
    records = [row.record for row in stored(run)]
    decided = Counter(record.data["call"] for record in records if record.kind == "call.decided")
    assert all(count == 1 for count in decided.values()), decided
    paid = Counter(float(refund.amount) for refund in Refund.objects.filter(run=str(run.pk)))
    for request in Request.objects.filter(run=run, kind="call"):
        intents = [
            record
            for record in records
            if record.kind == "call.intended" and record.data["call"] == request.call
        ]
        assert len(intents) <= 1
        if request.act in ("approve", "edit"):
            assert [intent.data["args"] for intent in intents] in ([], [request.decided_args])
            returned = [
                record
                for record in records
                if record.kind == "call.returned" and record.data["call"] == request.call
            ]
            ended = Run.objects.get(pk=run.pk).status == "stopped"
            assert returned or ended, (run.pk, request.call)
            if returned and returned[-1].verdict == "succeeded":
                paid.subtract([float((request.decided_args or {})["amount"])])
        else:
            assert intents == []
    assert all(left in (0, 1) for left in paid.values()), paid
    unknown = [
        record
        for record in records
        if record.kind == "call.returned" and record.verdict == "unknown"
    ]
    assert sum(paid.values()) <= len(unknown), "paid without a yes that says so"
