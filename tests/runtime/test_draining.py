"""A worker that is asked to end: it drops what does no harm, lets tools finish, and gives its runs
to whoever comes next.
"""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from celery.signals import worker_ready, worker_shutting_down

from console.live import telling
from runs.engine.vocabulary import RunPhase, RunStatus
from runs.models import Run
from runs.runtime import handles, nudge, watchdog, worker_process
from tests.patience import PATIENCE, ended, until
from tests.runtime.conftest import Bench, answering, calling, kinds, state_of
from tests.runtime.test_control import Held

SLOW = '[[step]]\nfinal = "done"\ndelay = 3600\n'


@pytest.fixture(autouse=True)
def _undrained() -> Iterator[None]:
    yield
    worker_process.draining.clear()


class Consumer:
    """What Celery says has begun: a worker of one queue."""

    hostname = "worker1@here"

    def __init__(self, queue: str) -> None:
        self.app = SimpleNamespace(
            amqp=SimpleNamespace(queues=SimpleNamespace(consume_from={queue: queue}))
        )


def free(run: Run) -> bool:
    return run.lease_expires_at is None and run.lease_owner == ""


def test_a_planner_is_not_waited_for_and_the_lease_is_given_back(bench: Bench) -> None:
    run = bench.start(SLOW)
    worker = bench.playing(run)
    until(lambda: bench.look(run).phase == RunPhase.PLANNING, "the planner is asked")
    worker_process.drain()
    ended(worker)
    left = bench.look(run)
    assert (left.status, free(left)) == (RunStatus.RUNNING, True)
    assert not handles.held()
    assert not worker_process.advance(run.id), "a draining worker takes nothing"


def test_the_next_worker_takes_it_at_once_and_asks_again(bench: Bench) -> None:
    run = bench.start(SLOW)
    worker = bench.playing(run)
    until(lambda: bench.look(run).phase == RunPhase.PLANNING, "the planner is asked")
    worker_process.drain()
    ended(worker)
    worker_process.draining.clear()
    again = bench.playing(run)
    until(
        lambda: bench.look(run).lease_epoch == 2 and bench.look(run).phase == RunPhase.PLANNING,
        "the planner is asked again",
    )
    worker_process.drain()
    ended(again)
    assert kinds(run).count("run.leased") == 2
    assert state_of(run).plan_failures == 0, "what a worker broke off is not the planner's failure"


def test_a_tool_at_work_may_finish_and_is_not_called_again(bench: Bench) -> None:
    held = Held()
    probe = bench.tool("look", held)
    run = bench.start(calling("look") + answering())
    worker = bench.playing(run)
    assert probe.begun.wait(PATIENCE)
    worker_process.drain()
    held.let_go()
    ended(worker)
    assert (free(bench.look(run)), held.cancelled) == (True, False)
    worker_process.draining.clear()
    assert bench.play(run).status == RunStatus.COMPLETED
    assert len(probe.keys) == 1


def test_a_worker_hears_when_it_begins_and_when_it_is_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(telling, "start", lambda name: looked.append(f"tells as {name}"))
    monkeypatch.setattr(watchdog, "watch", lambda **_: looked.append("for runs that nobody holds"))
    monkeypatch.setattr(worker_process, "tools_apart", lambda: looked.append("runs tools apart"))
    worker_ready.send(sender=Consumer("clock"))
    assert looked == ["tells as worker1@here", "for runs that nobody holds"]
    worker_ready.send(sender=Consumer(nudge.QUEUE))
    assert looked[2:] == ["tells as worker1@here", "for runs that nobody holds", "runs tools apart"]
    assert not worker_process.draining.is_set()
    worker_shutting_down.send(sender=None)
    assert worker_process.draining.is_set()
