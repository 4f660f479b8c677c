"""The demo's agents through the real runtime, hurried: each episode ends the way its story is meant to end."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from runs import services, snapshots
from runs.demo import cast, company, play
from runs.demo.models import Letter, Order, Refund, Report, Reservation, Shipment, Ticket
from runs.demo.seed import seed
from runs.engine.vocabulary import Status, StopReason
from runs.models import Agent, Run
from runs.runtime import work

ENDINGS = {
    "refund-desk refund": StopReason.COMPLETED,
    "refund-desk small_refund": StopReason.COMPLETED,
    "refund-desk photo": StopReason.COMPLETED,
    "refund-desk invented": StopReason.BUDGET_EXCEEDED,
    "refund-desk wordy": StopReason.BUDGET_EXCEEDED,
    "refund-desk outage": StopReason.PLANNER_FAILURE,
    "bug-triage overnight": StopReason.COMPLETED,
    "bug-triage duplicates": StopReason.BUDGET_EXCEEDED,
    "bug-triage clumsy": StopReason.COMPLETED,
    "research-synthesis synthesis": StopReason.COMPLETED,
    "research-synthesis vendors": StopReason.COMPLETED,
    "research-synthesis rabbit_hole": StopReason.BUDGET_EXCEEDED,
    "research-synthesis endless_pages": StopReason.BUDGET_EXCEEDED,
    "order-fulfilment ship": StopReason.COMPLETED,
    "order-fulfilment moved": StopReason.COMPLETED,
    "order-fulfilment out_of_stock": StopReason.COMPLETED,
    "order-fulfilment too_soon": StopReason.COMPLETED,
    "order-fulfilment slow_bay": StopReason.BUDGET_EXCEEDED,
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _stage(settings: Settings, transactional_db: None) -> Iterator[None]:
    settings.DEMO, settings.DEMO_PACE, settings.DEMO_MISCHIEF = False, 0, 0
    seed(at=datetime.now(UTC))
    yield
    work.rest()


def hurried(script: str) -> str:
    """The script without its delays, its waits a hundred times shorter."""
    script = re.sub(r"delay = (\[[^\]]*\]|[\d.]+)", "delay = 0", script)
    script = re.sub(r"retry_after = [\d.]+", "retry_after = 0.01", script)
    return re.sub(r"seconds = (\d+)", lambda found: f"seconds = {int(found[1]) / 100}", script)


def played(agent: str, script: str) -> Run:
    """The episode played to its end, here and now."""
    row, dice, at = Agent.objects.get(name=agent), Random(1), datetime.now(UTC)
    [episode] = [each for each in play.part_of(row).episodes if each.script == script]
    goal = episode.goals[0].format(order=company.order_now(dice, at, episode.order).number) if episode.order else episode.goals[0]
    limits = play.limits(row, episode)
    if "seconds" in episode.limits:
        limits = replace(limits, seconds=1)
    snapshot = snapshots.of(row) | {"script": hurried(cast.script(agent, script))}
    principal = User.objects.get(username=play.PRINCIPAL)
    run = services.start(agent=row, goal=goal, principal=principal, at=at, limits=limits, snapshot=snapshot)
    work.advance(run.pk)
    return Run.objects.get(pk=run.pk)


def test_every_episode_is_expected_to_end_somehow() -> None:
    assert set(ENDINGS) == {f"{part.name} {episode.script}" for part in cast.parts() for episode in part.episodes}


@pytest.mark.parametrize("episode", ENDINGS)
def test_an_episode_ends_as_its_story_is_meant_to(episode: str) -> None:
    run = played(*episode.split())
    assert run.status in {Status.COMPLETED, Status.STOPPED}, (run.status, run.waiting_for, run.stop_detail)
    assert run.stop_reason == ENDINGS[episode], run.stop_detail
    assert run.usd > 0
    assert not run.usd_unknown


def test_a_refund_is_paid_once_and_the_customer_told_once() -> None:
    played("refund-desk", "refund")
    [refund], [letter] = Refund.objects.all(), Letter.objects.all()
    assert refund.amount == refund.order.lines.earliest("pk").price
    assert letter.to == refund.order.customer.email == refund.recipient


def test_a_shipped_order_is_reserved_charged_and_on_its_way() -> None:
    run = played("order-fulfilment", "ship")
    [shipment] = Shipment.objects.all()
    assert shipment.order.status == Order.Status.SHIPPED
    assert shipment.tracking in run.stop_detail or run.status == Status.COMPLETED
    assert Reservation.objects.get().order == shipment.order


def test_the_nights_reports_are_sorted() -> None:
    played("bug-triage", "overnight")
    newest = Ticket.objects.order_by("-number")[: company.NEW_TICKETS]
    assert {ticket.status for ticket in newest} == {"triaged", "duplicate"}


def test_research_makes_hundreds_of_calls_and_hands_in_a_report() -> None:
    run = played("research-synthesis", "synthesis")
    assert 200 <= run.calls <= 300
    assert len(Report.objects.get().sources) == 12
