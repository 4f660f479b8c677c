"""Celery's tasks of approvals: what is due by the clock. The truth is in the database, so a message
may be lost or doubled.
"""

from celery import shared_task

from approvals.services import announcing, carrying, expiring, guarding, holding, leaving
from console.journal import database_clock
from console.live import rounds
from policies.current.four_eyes import proposals
from runs import handing_over, principals


@shared_task(name="approvals.expire", ignore_result=True)
def expire() -> None:
    """Let answers take effect whose seconds are over, and end requests that nobody decided and
    proposed changes that nobody confirmed in time.
    """
    rounds.go("expiry", overdue)


def overdue() -> None:
    at = database_clock.now()
    holding.sweep(at=at)
    expiring.sweep(at=at)
    proposals.expire(at=at)


@shared_task(name="approvals.leave", ignore_result=True)
def leave() -> None:
    """Pause runs that work for people who were switched off, and take back session approvals of
    those who may not decide any more.
    """
    rounds.go("leavers", left)


def left() -> None:
    at = database_clock.now()
    principals.sweep(at=at)
    handing_over.sweep(at=at)
    leaving.sweep(at=at)


@shared_task(name="approvals.guard", ignore_result=True)
def guard() -> None:
    """Pause runs that would flood the queue."""
    rounds.go("flood guard", lambda: guarding.guard(at=database_clock.now()))


@shared_task(name="approvals.announce", ignore_result=True)
def announce() -> None:
    """Gather new requests for those who are notified outside the console, and hand over messages
    that are due, without waiting for any server.
    """
    rounds.go("notices", lambda: carrying.hand_over(announcing.gather(at=database_clock.now())))
