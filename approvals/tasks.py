"""Celery's side of approvals: what is due by the clock. The truth is in the database, so a message may be lost or doubled."""

from datetime import UTC, datetime

from celery import shared_task

from approvals.services import announcing, delivering, expiring, guarding
from console.live import rounds


@shared_task(name="approvals.expire", ignore_result=True)
def expire() -> None:
    """Ends what nobody decided in time."""
    rounds.go("expiry", lambda: expiring.sweep(at=datetime.now(UTC)))


@shared_task(name="approvals.guard", ignore_result=True)
def guard() -> None:
    """Pauses what would flood the queue."""
    rounds.go("flood guard", lambda: guarding.guard(at=datetime.now(UTC)))


@shared_task(name="approvals.announce", ignore_result=True)
def announce() -> None:
    """Gathers what is new for whoever is told outside the console; each message is a task of its own."""
    for delivery in announcing.gather(at=datetime.now(UTC)):
        deliver.delay(delivery)


@shared_task(name="approvals.deliver", ignore_result=True)
def deliver(delivery: int) -> None:
    """Sends one message; what fails is due again by its row."""
    delivering.deliver(delivery_id=delivery, at=datetime.now(UTC))
