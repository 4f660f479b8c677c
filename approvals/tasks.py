"""Celery's side of approvals: what is due by the clock. The truth is in the database, so a message may be lost or doubled."""

from datetime import UTC, datetime

from celery import shared_task

from approvals.services import expiring


@shared_task(name="approvals.expire", ignore_result=True)
def expire() -> None:
    """Ends what nobody decided in time."""
    expiring.sweep(at=datetime.now(UTC))
