"""This process as a worker: its heartbeat, its end, and the thread that takes a run in hand."""

import threading
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings

from console.journal import database_clock, pool
from console.outside import confidential
from policies.circuit import admission
from runs import fence
from runs.runtime import (
    claiming,
    crash_record,
    dead_letters,
    handles,
    lease,
    life,
    loop,
    nudge,
    patience,
    postgres_store,
    pulse,
    quarantine,
    queue_order,
    run_queue,
)
from runs.runtime.dependencies import Dependencies, dependencies
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from runs.runtime.heartbeat import Heartbeat
from runs.runtime.lease import Lease
from runs.runtime.run_queue import TakenRun
from runs.runtime.worker_slots import SlotRoom, TurnTaking
from runs.toolprocess import placing
from runs.toolprocess.placing import ProcessBounds

T = TypeVar("T")

draining = patience.draining
_lock = threading.Lock()
_heartbeat: Heartbeat | None = None
_room = SlotRoom()
_turns = TurnTaking()


def owner() -> str:
    """The name of this process in leases."""
    return life.owner()


def heartbeat() -> Heartbeat:
    """The process's heartbeat, started with its first run."""
    global _heartbeat
    with _lock:
        if _heartbeat is None or _heartbeat.owner != owner():
            _heartbeat = Heartbeat(owner())
        else:
            _heartbeat.start()
        admission.start()
        return _heartbeat


def ready(slots: int | None = None) -> None:
    """Make this process ready to take runs, so many at a time: it hears of runs that were given up,
    and is watched over.
    """
    _room.slots = slots
    heartbeat()
    pulse.start()


def tools_apart() -> None:
    """Run tools in processes of their own from now on; the first one is started in the
    background.
    """
    bounds = ProcessBounds(processes=settings.TOOL_PROCESSES, memory_mb=settings.TOOL_MEMORY_MB)
    placing.allow(bounds, crash_record.Rows(), handles.alone)
    loop.submit(placing.prepare())


def drain() -> None:
    """Take no new run, and give back those in hand as soon as no tool is at work for them: the
    process was asked to end.
    """
    draining.set()
    quarantine.drain()
    for handle in handles.held():
        handle.drain()


def rest(timeout: float = 5.0) -> None:
    """End the heartbeat and close what the process has open; the next run starts both again."""
    global _heartbeat
    with _lock:
        beating, _heartbeat = _heartbeat, None
    if beating:
        beating.stop()
        admission.stop()
    loop.run(placing.close(), timeout)
    loop.run(postgres_store.close(), timeout)
    pool.close()


class Here:
    """This process, as the runs that it takes know it."""

    draining = draining
    seconds = staticmethod(fence.boottime)

    def acquire(self, run: UUID) -> Lease | None:
        beat = heartbeat()
        with pool.pool().connection() as connection:
            return lease.acquire(connection, run, beat.owner, suspects=quarantine.here())

    def drive_apart(self, run: UUID) -> bool:
        """Have the run driven apart, and wait until that process has ended: a suspect takes up a
        slot as well.
        """
        if not quarantine.elsewhere():
            return False
        with pool.pool().connection() as connection:
            suspected = lease.suspected(connection, run)
        return suspected and quarantine.drive(run)

    def give_back(self, held: Lease) -> bool:
        with pool.pool().connection() as connection:
            lease.release(connection, held.run, held.epoch)
            return lease.wanted(connection, held.run)

    def failed(self, held: Lease, error: Exception) -> None:
        dead_letters.failed(held, error, database_clock.now())

    def nudge(self, run: UUID) -> None:
        nudge.advance(run)

    def hold(self, held: Lease) -> Handle:
        handle = Handle(held.run, held.epoch)
        handles.hold(handle)
        return handle

    def drop(self, handle: Handle) -> None:
        handles.drop(handle)

    def dependencies(self) -> Dependencies:
        """What this process works with. Secrets are those that the environment holds now: what
        comes back during this life of the run is masked by them.
        """
        confidential.mask()
        return dependencies()

    def driver(self, held: Lease, handle: Handle, team: Dependencies) -> Driver:
        return Driver(
            held,
            handle,
            partial(claiming.planner_of, team, held),
            team.approvals,
            database_clock.now,
            draining,
        )


def advance(run: UUID) -> bool:
    """Take the run if there is something to do for it and nobody holds it;
    True when it was taken."""
    return played(claiming.advance(Here(), run))


def take_up(wanted: UUID) -> bool:
    """Take whichever run comes next, and further ones until none is left that may be taken; True
    when there was one. `wanted` is the run that was asked for: it says no more than that something
    waits, unless it is a suspect, which is taken by its name only.
    """
    with pool.pool().connection() as connection:
        suspected = lease.suspected(connection, wanted)
    if suspected:
        return advance(wanted)
    taken = False
    while not draining.is_set() and (found := _turns.ask(_next)):
        if not taken and found.after:
            nudge.advance(found.after)
        taken = True
        try:
            played(claiming.go_on(Here(), found.lease, found.sent))
        finally:
            _room.leave(found.queued.priority, found.queued.principal)
    return taken


def _next() -> TakenRun | None:
    by_age = _room.taken % queue_order.BY_AGE == queue_order.BY_AGE - 1
    owner = heartbeat().owner
    with pool.pool().connection() as connection:
        found = run_queue.take(connection, owner, _room.has, by_age=by_age)
    if found:
        _room.enter(found.queued.priority, found.queued.principal)
    return found


def played(course: Generator[claiming.ClaimingStep, Any, T]) -> T:
    """Play the course to its end: what it yields runs on the loop, the rest in this thread."""
    go_on: Callable[[], claiming.ClaimingStep] = partial(next, course)
    while True:
        try:
            step = go_on()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a generator's value has no type here
        try:
            go_on = partial(course.send, loop.submit(step).result())
        except BaseException as error:  # noqa: BLE001
            # whatever it was, it is the course that knows what to do
            go_on = partial(course.throw, error)
