"""The heartbeat keeps a process's leases: no failure of one beat ends it, and when its thread has
died another begins.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from console.journal.pool import pool
from console.live.poller import revive
from runs.models import Run
from runs.runtime import handles, heartbeat, lease
from runs.runtime.heartbeat import Heartbeat
from tests.patience import ended, until
from tests.runtime.conftest import Bench, answering

pytestmark = pytest.mark.django_db(transaction=True)
OWNER = "test:1"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT", 0.05)


@pytest.fixture
def run(bench: Bench) -> Iterator[Run]:
    """A run that this process holds."""
    started = bench.start(answering())
    with pool().connection() as connection:
        held = lease.acquire(connection, started.id, OWNER)
    assert held is not None
    handle = handles.Handle(started.id, held.epoch)
    handles.hold(handle)
    yield started
    handles.drop(handle)


@pytest.fixture
def beating(run: Run) -> Iterator[Heartbeat]:
    beating = Heartbeat(OWNER)
    yield beating
    beating.stop()


def runs_out_at(run: Run) -> float:
    with pool().connection() as connection:
        found = connection.execute(
            "SELECT extract(epoch FROM lease_expires_at) FROM runs_run WHERE id = %s", (run.id,)
        ).fetchone()
    return float(found[0]) if found and found[0] else 0.0


def is_renewed(run: Run) -> None:
    before = runs_out_at(run)
    until(lambda: runs_out_at(run) > before, "its lease was not renewed")


@pytest.mark.parametrize("failure", [ValueError("a bug"), SystemExit(1)])
def test_a_beat_that_meets_an_unexpected_error_is_not_the_last(
    beating: Heartbeat, run: Run, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    renew = lease.renew
    failed: list[bool] = []

    def fails_twice(*args: Any) -> Any:
        if len(failed) < 2:
            failed.append(True)
            raise failure
        return renew(*args)

    monkeypatch.setattr(lease, "renew", fails_twice)
    until(lambda: len(failed) == 2, "never failed")
    is_renewed(run)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_heartbeat_whose_thread_died_is_begun_anew_by_the_processs_other_rounds(
    beating: Heartbeat, run: Run
) -> None:
    def end() -> None:
        raise SystemExit

    poller = beating._poller
    thread, poller._round = poller._thread, end  # type: ignore[method-assign]
    assert thread is not None
    ended(thread)
    del poller._round
    revive()
    is_renewed(run)


def test_a_held_run_that_cannot_be_told_keeps_the_news_from_no_other(
    bench: Bench, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[handles.Handle] = []
    other = handles.Handle(bench.start(answering()).id, 1)

    def attend(handle: handles.Handle, beat: lease.Beat | None, sent: float) -> None:
        told.append(handle)
        if len(told) == 1:
            raise RuntimeError("its loop is closed")

    monkeypatch.setattr(heartbeat, "attend", attend)
    handles.hold(other)
    beating = Heartbeat(OWNER)
    try:
        until(
            lambda: {handle.run for handle in told} == {run.id, other.run},
            "the second was not told",
        )
    finally:
        beating.stop()
        handles.drop(other)
