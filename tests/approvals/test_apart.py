"""One request, run, channel or grant that fails keeps none of the others back; and no dead server
holds up the clock.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from django.core import mail

from approvals import tasks
from approvals.models import Channel, Delivery, Guard, Request
from approvals.services import announcing, carrying, delivering, expiring, guarding, request_lock
from console.live import rounds
from runs import run_rows
from runs.runtime import nudge, watchdog
from tests.approvals.desk import Desk
from tests.approvals.test_load import asking, statuses
from tests.patience import until

LATER = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def failing(act: Callable[..., Any], when: Callable[..., bool]) -> Callable[..., Any]:
    """A service that raises a bug where `when` says so."""

    def does(*args: Any, **facts: Any) -> Any:
        if when(*args, **facts):
            raise LookupError("written by a newer version")
        return act(*args, **facts)

    return does


def test_a_request_that_cannot_be_ended_keeps_no_other_open(
    approvals_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = asking(approvals_desk, 2)
    poison = approvals_desk.asked(first).pk
    # the most overdue, so the first of each round
    Request.objects.filter(pk=poison).update(due=now() - LATER)
    monkeypatch.setattr(
        request_lock, "locked", failing(request_lock.locked, lambda request: request == poison)
    )
    assert rounds.go("expiry", lambda: expiring.sweep(at=now() + LATER)) == 1
    assert list(Request.objects.order_by("pk").values_list("status", flat=True)) == [
        "open",
        "expired",
    ]
    assert [each.trouble for each in rounds.last() if each.name == "expiry"] == [
        f"1 left out, first an overdue request {poison}: LookupError: written by a newer version"
    ]


def test_more_requests_that_cannot_be_ended_than_one_look_finds_keep_no_other_open(
    approvals_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = asking(approvals_desk, 3)
    well = approvals_desk.asked(runs[2]).pk
    monkeypatch.setattr(
        request_lock, "locked", failing(request_lock.locked, lambda request: request != well)
    )
    monkeypatch.setattr(expiring.due, "__defaults__", ((), 1))
    assert expiring.sweep(at=now() + LATER) == 1


def test_a_run_that_cannot_be_paused_or_let_go_keeps_no_other(
    approvals_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Guard.objects.create(agent="probe", most=1)
    runs = asking(approvals_desk, 4)
    with monkeypatch.context() as poisoned:
        poisoned.setattr(
            run_rows, "locked", failing(run_rows.locked, lambda run: run == runs[1].id)
        )
        assert guarding.guard(at=now()) == 2
        assert statuses(approvals_desk, runs) == ["waiting", "waiting", "paused", "paused"]
    guarding.guard(at=now())
    limit.delete()
    monkeypatch.setattr(run_rows, "locked", failing(run_rows.locked, lambda run: run == runs[1].id))
    guarding.guard(at=now())
    assert statuses(approvals_desk, runs) == ["waiting", "paused", "queued", "queued"]


def test_a_run_that_cannot_be_nudged_keeps_no_other_waiting(
    approvals_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = [approvals_desk.bench.start('[[step]]\nfinal = "done"\n') for _ in range(3)]
    nudged: list[object] = []

    def noted(run: object) -> bool:
        nudged.append(run)
        return True

    monkeypatch.setattr(nudge, "advance", failing(noted, lambda run: run == started[0].id))
    monkeypatch.setattr(nudge, "queued", lambda: 0)
    assert watchdog.watch() == 2
    assert set(nudged) == {started[1].id, started[2].id}


def test_a_channel_that_cannot_be_told_keeps_no_other_silent(
    approvals_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bad", "good"):
        Channel.objects.create(name=name, kind="email", target=f"{name}@example.com")
    monkeypatch.setattr(
        announcing,
        "dispatch",
        failing(announcing.dispatch, lambda channel, *_: channel.name == "bad"),
    )
    approvals_desk.start()
    announcing.gather(at=now())
    assert list(Delivery.objects.values_list("channel__name", flat=True)) == ["good"]


def test_a_message_that_cannot_be_made_counts_as_an_attempt(
    approvals_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    Channel.objects.create(name="mail", kind="email", target="a@example.com")
    approvals_desk.start()
    [delivery] = announcing.gather(at=now())
    monkeypatch.setattr(delivering, "send", failing(delivering.send, lambda *_: True))
    assert delivering.deliver(delivery_id=delivery, at=now()) is False
    assert Delivery.objects.values_list("attempts", "error").get() == (
        1,
        "LookupError: written by a newer version",
    )


@pytest.fixture
def swallowing() -> Iterator[str]:
    """The address of a server that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"


def test_dead_webhooks_hold_up_neither_the_clock_nor_those_who_can_be_told(
    approvals_desk: Desk, swallowing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "TIMEOUT", 3.0)
    for number in range(4):
        Channel.objects.create(name=f"dead {number}", kind="webhook", target=swallowing)
    Channel.objects.create(name="mail", kind="email", target="ada@example.com")
    approvals_desk.start()
    began = monotonic()
    tasks.announce()
    tasks.announce()
    assert monotonic() - began < 2.0
    until(lambda: mail.outbox, "the mail waited for dead webhooks", seconds=2.5)
    until(lambda: not carrying._carried, "a message never came to an end")
    assert Delivery.objects.filter(attempts=1, channel__kind="webhook").count() == 4


def test_a_channel_has_one_message_under_way_and_all_of_them_so_many(approvals_desk: Desk) -> None:
    gate, carried = threading.Event(), threading.Semaphore(0)

    def waits(_delivery: int) -> None:
        carried.release()
        gate.wait(30)

    started = [carrying._start(number, number, waits) for number in range(carrying.AT_ONCE + 2)]
    again = carrying._start(99, 0, waits)
    gate.set()
    until(lambda: not carrying._carried, "a message never came to an end")
    assert started == [True] * carrying.AT_ONCE + [False, False]
    assert again is False
