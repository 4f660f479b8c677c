"""Taking a run in hand: acquire its lease, put its crew together, drive it, give it back."""

import logging
import os
import socket
import threading
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from console.journal import pool
from console.outside import confidential
from policies import breakers
from runs.engine.ports import Planner, Tool, Toolbox, ToolSpec
from runs.engine.vocabulary import StopReason
from runs.runtime import handles, lease, loop, nudge, perform, store
from runs.runtime.crew import Crew, crew
from runs.runtime.driver import Driver
from runs.runtime.heartbeat import Heartbeat
from runs.runtime.store import LeaseLost

log = logging.getLogger(__name__)
TOOLBOX_TIMEOUT = 60.0

draining = threading.Event()
_lock = threading.Lock()
_heartbeat: Heartbeat | None = None


def utc_now() -> datetime:
    return datetime.now(UTC)


def owner() -> str:
    """This process, as leases name it: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


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


def drain() -> None:
    """The process was asked to end: it takes no new run, and gives back those in hand as soon as no tool is at work for them."""
    draining.set()
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
    loop.run(store.close(), timeout)
    pool.close()


def advance(run: UUID) -> bool:
    """Take the run if there is something to do for it and nobody holds it; True when it was taken."""
    if draining.is_set():
        return False
    beat = heartbeat()
    with pool.pool().connection() as connection:
        held = lease.acquire(connection, run, beat.owner)
    if held is None:
        return False
    handle = handles.Handle(run, held.epoch)
    handles.hold(handle)
    try:
        drive(held, handle)
    except LeaseLost as lost:
        log.warning("%s", lost)
    except Exception:
        log.exception("run %s: its worker failed; the lease runs out, then another life begins", run)
        return True
    finally:
        handles.drop(handle)
    give_back(held)
    return True


def drive(held: lease.Lease, handle: handles.Handle) -> None:
    team = crew()
    confidential.mask()  # as the environment is now: what comes back during this life is masked by it
    try:
        toolbox: Toolbox = loop.run(team.toolbox(held.snapshot), TOOLBOX_TIMEOUT)
        problem = ""
    except Exception as error:
        log.warning("run %s: no tools", held.run, exc_info=True)
        toolbox, problem = Empty(), f"Its tools could not be put together: {perform.said(error)}"
    rules = team.rules(held, toolbox)
    driver = Driver(held, handle, partial(planner_of, team, held), toolbox, rules, team.approvals, utc_now, draining)
    driver.learn(driver.store.read_now(0))
    driver.planner = driver.planners(driver.state.planner)
    loop.submit(driver.give_up(StopReason.TOOL_FAILURE, problem) if problem else driver.drive()).result()


def planner_of(team: Crew, held: lease.Lease, name: str) -> Planner:
    """The run's planner as its agent names it, or as a budget says since."""
    return team.planner({**held.snapshot, "planner": name} if name else held.snapshot)


class Empty:
    """No tools at all."""

    def specs(self) -> tuple[ToolSpec, ...]:
        return ()

    def find(self, name: str) -> Tool | None:
        return None


def give_back(held: lease.Lease) -> None:
    """Free the lease if it is still ours; if there is more to do (a wish came late, the process drains), say so."""
    with pool.pool().connection() as connection:
        lease.release(connection, held.run, held.epoch)
        more = lease.wanted(connection, held.run)
    if more:
        nudge.advance(held.run)
