"""Taking a run in hand: acquire its lease, put its dependencies together, drive it, give it back."""

import logging
import threading
from collections.abc import Mapping
from functools import partial
from uuid import UUID

from django.conf import settings

from console.journal import clock, pool
from console.outside import confidential
from policies.circuit import calls as breakers
from runs import fence
from runs.engine.ports import Json, Planner, Tool, Toolbox, ToolSpec
from runs.runtime import (
    aftermath,
    dead_letters,
    handles,
    lease,
    life,
    loop,
    nudge,
    patience,
    pulse,
    quarantine,
    store,
)
from runs.runtime.dependencies import Dependencies, dependencies
from runs.runtime.driver import Driver
from runs.runtime.heartbeat import Heartbeat
from runs.runtime.rules import OwnRules
from runs.runtime.store import LeaseLost
from runs.toolprocess import crashes, placing
from runs.toolprocess.placing import Bounds

log = logging.getLogger(__name__)
TOOLBOX_TIMEOUT = 60.0

draining = patience.draining
_lock = threading.Lock()
_heartbeat: Heartbeat | None = None


def owner() -> str:
    """This process, as leases name it."""
    return life.owner()


def heartbeat() -> Heartbeat:
    """The process's heartbeat, started with its first run."""
    global _heartbeat
    with _lock:
        if _heartbeat is None or _heartbeat.owner != owner():
            _heartbeat = Heartbeat(owner())
        else:
            _heartbeat.start()
        breakers.start()
        return _heartbeat


def ready() -> None:
    """This process takes runs: it hears of those that were given up before it has one, and is
    watched over.
    """
    heartbeat()
    pulse.start()


def tools_apart() -> None:
    """From now on this process runs tools in processes of their own; the first one is begun in the
    background.
    """
    placing.allow(
        Bounds(processes=settings.TOOL_PROCESSES, memory_mb=settings.TOOL_MEMORY_MB), crashes.Rows()
    )
    loop.submit(placing.prepare())


def drain() -> None:
    """The process was asked to end: it takes no new run, and gives back those in hand as soon as no
    tool is at work for them.
    """
    draining.set()
    quarantine.drain()
    for handle in handles.held():
        handle.drain()


def rest(timeout: float = 5.0) -> None:
    """End the heartbeat and close what the process has open; the next run begins anew."""
    global _heartbeat
    with _lock:
        beating, _heartbeat = _heartbeat, None
    if beating:
        beating.stop()
        breakers.stop()
    loop.run(placing.close(), timeout)
    loop.run(store.close(), timeout)
    pool.close()


def advance(run: UUID) -> bool:
    """Take the run if there is something to do for it and nobody holds it; True when it was taken."""
    if draining.is_set():
        return False
    beat = heartbeat()
    with pool.pool().connection() as connection:
        sent = fence.boottime()
        held = lease.acquire(connection, run, beat.owner, suspects=quarantine.here())
        suspected = held is None and quarantine.elsewhere() and lease.suspected(connection, run)
    if held is None:
        return suspected and quarantine.drive(run)
    handle = handles.Handle(run, held.epoch)
    handle.renewed(sent)
    handles.hold(handle)
    try:
        drive(held, handle)
    except LeaseLost as lost:
        log.warning("%s", lost)
    except Exception as error:
        log.exception("run %s: its worker failed", run)
        handles.drop(handle)
        dead_letters.failed(held, error, clock.now())
        return True
    finally:
        handles.drop(handle)
    give_back(held)
    return True


def drive(held: lease.Lease, handle: handles.Handle) -> None:
    """A waiting kill first; then what it takes to go on."""
    if held.takes > aftermath.MOST_TAKES:
        raise aftermath.NeverTaken("They were lost before they had it in hand.")
    team = dependencies()
    # as the environment is now: what comes back during this life is masked by it
    confidential.mask()
    driver = Driver(
        held, handle, partial(planner_of, team, held), team.approvals, clock.now, draining
    )
    driver.learn(driver.store.read_now(0))
    while not draining.is_set():
        loop.submit(driver.heed()).result()
        try:
            configure(driver, team)
        except handles.Killed:
            continue
        loop.submit(driver.drive()).result()
        return


def configure(driver: Driver, team: Dependencies) -> None:
    """Tools and rules for what is to be done.

    A killed run only undoes: with whatever tools there are, and no policy is asked.
    """
    held = driver.lease
    if driver.killed:
        toolbox = undoing(team, held)
        driver.configure(toolbox, OwnRules(toolbox, no_problems))
        return
    work = driver.handle.perform(team.toolbox(held.snapshot), harmless=True)
    toolbox = loop.run(work, TOOLBOX_TIMEOUT)
    driver.configure(toolbox, team.rules(held, toolbox))


def undoing(team: Dependencies, held: lease.Lease) -> Toolbox:
    """What cannot be put together cannot be undone either, which the run then says call by call."""
    try:
        return loop.run(team.toolbox(held.snapshot), TOOLBOX_TIMEOUT)
    except Exception:
        log.warning("run %s: no tools to undo with", held.run, exc_info=True)
        return Empty()


def no_problems(schema: Mapping[str, Json], args: Json) -> list[str]:
    return []


def planner_of(team: Dependencies, held: lease.Lease, name: str) -> Planner:
    """The run's planner as its agent names it, or as a budget says since."""
    return team.planner({**held.snapshot, "planner": name} if name else held.snapshot)


class Empty:
    """No tools at all."""

    def specs(self) -> tuple[ToolSpec, ...]:
        return ()

    def find(self, name: str) -> Tool | None:
        return None


def give_back(held: lease.Lease) -> None:
    """Free the lease if it is still ours; if there is more to do (a request came late, the process
    drains), say so.
    """
    with pool.pool().connection() as connection:
        lease.release(connection, held.run, held.epoch)
        more = lease.wanted(connection, held.run)
    if more:
        nudge.advance(held.run)
