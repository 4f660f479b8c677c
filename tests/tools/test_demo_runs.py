"""The demo's agents through the real runtime under the shipped policies, hurried: each episode ends
the way its story is meant to end.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest
from django.contrib.auth.models import User
from django.db import connection
from pytest_django.fixtures import Settings

from approvals.models import Request
from console.journal import append
from policies import current
from runs import services, snapshots
from runs.demo import cast, company, demo_policies, demo_runs
from runs.demo.models import Charge, Letter, Order, Refund, Report, Reservation, Shipment, Ticket
from runs.demo.seed import seed
from runs.engine.vocabulary import AnswerAct, RunStatus, StopReason
from runs.models import Agent, Run
from runs.runtime import worker_process
from tests.supervision import answering

ENDINGS = {
    "refund-desk refund": StopReason.COMPLETED,
    "refund-desk small_refund": StopReason.COMPLETED,
    "refund-desk photo": StopReason.COMPLETED,
    "refund-desk invented": StopReason.NO_PROGRESS,
    "refund-desk wordy": StopReason.BUDGET_EXCEEDED,
    "refund-desk outage": StopReason.PLANNER_FAILURE,
    "refund-desk insists": StopReason.ACCEPTANCE_FAILED,
    "order-fulfilment forgetful": StopReason.COMPLETED,
    "bug-triage overnight": StopReason.COMPLETED,
    "bug-triage duplicates": StopReason.LOOP_DETECTED,
    "bug-triage clumsy": StopReason.COMPLETED,
    "research-synthesis synthesis": StopReason.COMPLETED,
    "research-synthesis vendors": StopReason.COMPLETED,
    "research-synthesis rabbit_hole": StopReason.LOOP_DETECTED,
    "research-synthesis endless_pages": StopReason.LOOP_DETECTED,
    "order-fulfilment ship": StopReason.COMPLETED,
    "order-fulfilment moved": StopReason.COMPLETED,
    "order-fulfilment out_of_stock": StopReason.COMPLETED,
    "order-fulfilment too_soon": StopReason.COMPLETED,
    "order-fulfilment slow_bay": StopReason.TIMEOUT,
}
SHIPPED = "irreversible-needs-a-person"
PAUSED = {StopReason.NO_PROGRESS, StopReason.LOOP_DETECTED}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _stage(settings: Settings, transactional_db: None) -> Iterator[None]:
    settings.DEMO, settings.DEMO_PACE, settings.DEMO_MISCHIEF = False, 0, 0
    at = datetime.now(UTC)
    seed(at=at)
    demo_policies.fill(at)
    current.forget()
    yield
    worker_process.rest()


def hurried(script: str) -> str:
    """The script without its delays, its waits a hundred times shorter; a provider is busy once
    only, since a second time in a row is waited for at the fleet's pace.
    """
    script = script.replace("times = 2\nretry_after", "times = 1\nretry_after")
    script = re.sub(r"delay = (\[[^\]]*\]|[\d.]+)", "delay = 0", script)
    script = re.sub(r"retry_after = [\d.]+", "retry_after = 0.01", script)
    return re.sub(r"seconds = (\d+)", lambda found: f"seconds = {int(found[1]) / 40}", script)


def begun(agent: str, script: str, order: Order | None = None) -> Run:
    """The episode, started here and now."""
    row, dice, at = Agent.objects.get(name=agent), Random(1), datetime.now(UTC)
    [episode] = [each for each in demo_runs.part_of(row).episodes if each.script == script]
    goal = episode.goals[0].format(
        order=(order or company.order_now(dice, at, episode.order)).number if episode.order else ""
    )
    limits = demo_runs.limits(row, episode)
    if "seconds" in episode.limits:
        limits = replace(limits, seconds=1)
    snapshot = snapshots.of(row) | {"script": hurried(cast.script(agent, script))}
    principal = User.objects.get(username=demo_runs.PRINCIPAL)
    return services.start(
        agent=row, goal=goal, principal=principal, at=at, limits=limits, snapshot=snapshot
    )


def played(
    agent: str, script: str, *, order: Order | None = None, act: AnswerAct = AnswerAct.APPROVE
) -> tuple[Run, list[Request]]:
    """The episode to its end, with the demo's approver at the desk; and what they were asked."""
    return answering.played(begun(agent, script, order), User.objects.get(username="approver"), act)


def stands(agent: str, script: str) -> bool:
    """Whether the cast says that the episode comes to need a person."""
    return any(
        each.stands
        for part in cast.parts()
        for each in part.episodes
        if (part.name, each.script) == (agent, script)
    )


def order_of(total: int) -> Order:
    order = company.order_now(Random(1), datetime.now(UTC), "new")
    order.total = Decimal(total)
    order.save()
    return order


def test_every_episode_is_expected_to_end_somehow() -> None:
    assert set(ENDINGS) == {
        f"{part.name} {episode.script}" for part in cast.parts() for episode in part.episodes
    }


@pytest.mark.parametrize("episode", ENDINGS)
def test_an_episode_ends_as_its_story_is_meant_to(episode: str) -> None:
    run, asked = played(*episode.split())
    assert run.stop_reason == ENDINGS[episode], (run.status, run.waiting_for, run.stop_detail)
    assert (run.status == RunStatus.PAUSED) == (run.stop_reason in PAUSED)
    assert bool(asked or run.status == RunStatus.PAUSED) == stands(*episode.split())
    assert run.usd > 0
    assert not run.usd_unknown


def test_a_refund_is_paid_once_and_the_customer_told_once_and_a_person_said_yes_to_both() -> None:
    _, answered = played("refund-desk", "refund")
    assert [(each.tool, each.rule) for each in answered] == [
        ("issue_refund", SHIPPED),
        ("send_email", SHIPPED),
    ]
    [refund], [letter] = Refund.objects.all(), Letter.objects.all()
    assert refund.amount == refund.order.lines.earliest("pk").price
    assert letter.to == refund.order.customer.email == refund.recipient


def test_nothing_is_paid_or_written_when_a_person_says_no() -> None:
    run, answered = played("refund-desk", "refund", act=AnswerAct.DENY)
    assert [each.tool for each in answered] == ["issue_refund"]
    assert (run.status, Refund.objects.count(), Letter.objects.count()) == (
        RunStatus.COMPLETED,
        0,
        0,
    )


@pytest.mark.parametrize("script", ["ship", "moved", "forgetful"])
def test_order_fulfilment_asks_nobody_within_its_caps(script: str) -> None:
    run, answered = played("order-fulfilment", script, order=order_of(300))
    assert (run.status, answered) == (RunStatus.COMPLETED, [])
    assert (Charge.objects.count(), Shipment.objects.count(), Letter.objects.count()) == (1, 1, 1)


def test_a_larger_charge_waits_for_a_person() -> None:
    _, [asked] = played("order-fulfilment", "ship", order=order_of(301))
    assert (asked.tool, asked.rule) == ("charge_card", "demo-charge-for-the-order")
    assert (
        asked.sentence == "$301.00 is over the $300.00 that a card may be charged without a person."
    )


def test_who_pretends_to_be_done_is_sent_back_with_what_is_missing() -> None:
    run, _ = played("order-fulfilment", "forgetful")
    [told] = answering.hints(run)
    assert (told.rule, "the customer has not been told" in told.text) == ("acceptance", True)
    assert Letter.objects.get().to == Shipment.objects.get().order.customer.email


def test_a_shipped_order_is_reserved_charged_and_on_its_way() -> None:
    run, _ = played("order-fulfilment", "ship")
    [shipment] = Shipment.objects.all()
    assert shipment.order.status == Order.Status.SHIPPED
    assert shipment.tracking in run.stop_detail or run.status == RunStatus.COMPLETED
    assert Reservation.objects.get().order == shipment.order


@pytest.mark.parametrize(
    ("agent", "script"), [("refund-desk", "refund"), ("order-fulfilment", "ship")]
)
def test_an_order_that_there_is_not_is_said_to_be_not_there(agent: str, script: str) -> None:
    run, asked = played(agent, script, order=Order(number=999_999))
    assert (run.status, asked) == (RunStatus.COMPLETED, [])
    said = append.read(connection, run.pk)[-1].record.data["final"]
    assert "could not look that order up" in str(said)


def test_the_nights_reports_are_sorted() -> None:
    played("bug-triage", "overnight")
    newest = Ticket.objects.order_by("-number")[: company.NEW_TICKETS]
    assert {ticket.status for ticket in newest} == {"triaged", "duplicate"}


def test_research_makes_hundreds_of_calls_and_hands_in_a_report() -> None:
    run, _ = played("research-synthesis", "synthesis")
    assert 200 <= run.calls <= 300
    assert answering.hints(run) == []
    assert len(Report.objects.get().sources) == 12
