"""Webhooks that never answer leave the rounds of a real clock within two seconds of their time."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from approvals.models import Channel, Delivery, Request
from approvals.services import carrying
from console.live import telling
from console.stack import processes
from tests.approvals.desk import Desk
from tests.approvals.test_load import asking
from tests.patience import until

DEAD = carrying.AT_ONCE + 4
LATE = 2.0


@pytest.fixture
def silent() -> Iterator[list[str]]:
    """Addresses of servers that never answer: some take a connection, some not even that."""
    with ExitStack() as servers:
        found = []
        for number in range(2):
            server = servers.enter_context(
                socket.create_server(("127.0.0.1", 0), backlog=0 if number else 64)
            )
            found.append(f"http://127.0.0.1:{server.getsockname()[1]}/hook")
        yield found


def test_expiry_and_watchdog_keep_their_time_beside_dead_webhooks(
    approvals_desk: Desk, silent: list[str]
) -> None:
    for number in range(DEAD):
        Channel.objects.create(name=f"dead {number}", kind="webhook", target=silent[number % 2])
    first, second = asking(approvals_desk, 2)
    with processes.clock():
        until(
            lambda: Delivery.objects.filter(claims=1).count() >= carrying.AT_ONCE,
            "messages to be under way",
        )
        request = approvals_desk.asked(first)
        due = datetime.now(UTC) + timedelta(seconds=1)
        Request.objects.filter(pk=request.pk).update(due=due, expires_at=due)
        until(lambda: Request.objects.get(pk=request.pk).status == "expired", "the expiry")
        closed = Request.objects.get(pk=request.pk).ended_at
        assert closed is not None
        assert (closed - due).total_seconds() < LATE
        age = telling.age("watchdog")
        assert age is not None
        assert age < 2.0 + LATE, "its own two seconds, and no more than two late"
        assert approvals_desk.asked(second).status == "open"
        assert not Delivery.objects.exclude(delivered_at=None).exists()
