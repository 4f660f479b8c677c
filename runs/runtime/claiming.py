"""Taking a run in hand, step by step: acquire its lease, gather what it needs, drive it, give it
back.

Coroutines for the loop are yielded and their results sent back; whoever plays the course does the
rest on its own thread. So a worker's thread and a simulated process take the same steps.
"""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Generator, Mapping
from functools import partial
from typing import Any, Protocol
from uuid import UUID

from console.json_value import Json
from runs.engine.ports import Planner, Tool, Toolbox, ToolSpec
from runs.planners import another
from runs.runtime import aftermath
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.dependencies import Dependencies
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle, Killed
from runs.runtime.lease import Lease
from runs.runtime.recall_tool import WithRecall
from runs.runtime.store_port import LeaseLost

log = logging.getLogger(__name__)
TOOLBOX_TIMEOUT = 60.0

ClaimingStep = Coroutine[Any, Any, Any]
ClaimingCourse = Generator[ClaimingStep, Any, bool]


class ClaimingProcess(Protocol):
    """A process that takes runs. `draining` is set when it wants to end."""

    draining: threading.Event

    def seconds(self) -> float:
        """The clock, in seconds, that leases are held to here, as in `Handle.clock`."""

    def acquire(self, run: UUID) -> Lease | None:
        """The lease of the run; None when somebody else holds it, when there is nothing to do for
        it, or when it is a suspect that this process may not take.
        """

    def drive_apart(self, run: UUID) -> bool:
        """Have a process of its own drive the run, if it is a suspect that nobody holds. True when
        that went well.
        """

    def give_back(self, held: Lease) -> bool:
        """Free the lease if it is still this process's. True when there is more to do for the run,
        as after a request that came late or when the process drains.
        """

    def failed(self, held: Lease, error: Exception) -> None:
        """Record why this process could not go on with the run."""

    def nudge(self, run: UUID) -> None:
        """Ask other workers to take the run."""

    def hold(self, held: Lease) -> Handle:
        """Make the run reachable in this process, by the handle that is returned."""

    def drop(self, handle: Handle) -> None: ...

    def dependencies(self) -> Dependencies: ...

    def driver(self, held: Lease, handle: Handle, team: Dependencies) -> Driver: ...


def advance(process: ClaimingProcess, run: UUID) -> ClaimingCourse:
    """Take the run if it has something to do and nobody holds it, and drive it; True when it was
    taken.
    """
    if process.draining.is_set():
        return False
    sent = process.seconds()
    held = process.acquire(run)
    if held is None:
        return process.drive_apart(run)
    return (yield from go_on(process, held, sent))


def go_on(process: ClaimingProcess, held: Lease, sent: float) -> ClaimingCourse:
    """Drive a run whose lease this process has just acquired, by a statement sent at `sent`, and
    give it back. True.
    """
    handle = process.hold(held)
    handle.renewed(sent)
    try:
        yield from drive(process, held, handle)
    except LeaseLost as lost:
        log.warning("%s", lost)
    except Exception as error:
        log.exception("run %s: its worker failed", held.run)
        process.drop(handle)
        process.failed(held, error)
        return True
    finally:
        process.drop(handle)
    if process.give_back(held):
        process.nudge(held.run)
    return True


def drive(
    process: ClaimingProcess, held: Lease, handle: Handle
) -> Generator[ClaimingStep, Any, None]:
    """Acknowledge a kill that waits, then make the run ready and play it."""
    if held.takes > aftermath.MOST_TAKES:
        raise aftermath.NeverTaken("They were lost before they had it in hand.")
    team = process.dependencies()
    driver = process.driver(held, handle, team)
    driver.learn(driver.store.read_now(0))
    while not process.draining.is_set():
        yield driver.heed()
        try:
            yield from configure(driver, team)
        except Killed:
            continue
        yield driver.drive()
        return


def configure(driver: Driver, team: Dependencies) -> Generator[ClaimingStep, Any, None]:
    """Give the driver its tools and rules. A killed run only undoes: it gets whatever tools there
    are, and no policy is asked.
    """
    held = driver.lease
    if driver.killed:
        toolbox = yield undoing(team, held)
        driver.configure(toolbox, OwnRules(toolbox, no_problems))
        return
    toolbox = yield tools(driver, team)
    rules = partial(team.rules, held, toolbox)
    driver.configure(toolbox, rules(), rules)


async def tools(driver: Driver, team: Dependencies) -> Toolbox:
    """The run's tools, with `recall` unless it is a recording. A lease that ran out because the
    host stood still is renewed first.
    """

    async def gathered() -> Toolbox:
        work = team.toolbox(driver.lease.snapshot)
        async with asyncio.timeout(TOOLBOX_TIMEOUT):
            return await driver.handle.perform(work, harmless=True)

    found: Toolbox = await driver.held(gathered)
    # a recording has the tools that it was recorded with, and no others
    recorded = "recording" in driver.lease.snapshot
    return found if recorded else WithRecall(found, driver.store)


async def undoing(team: Dependencies, held: Lease) -> Toolbox:
    """What cannot be put together cannot be undone either, which the run then says call by call."""
    try:
        async with asyncio.timeout(TOOLBOX_TIMEOUT):
            return await team.toolbox(held.snapshot)
    except Exception:
        log.warning("run %s: no tools to undo with", held.run, exc_info=True)
        return Empty()


def no_problems(schema: Mapping[str, Json], args: Json) -> list[str]:
    return []


def planner_of(team: Dependencies, held: Lease, name: str) -> Planner:
    """The run's planner as its agent names it, or another one by its name."""
    return team.planner(another.with_planner(held.snapshot, name))


class Empty:
    """No tools at all."""

    def specs(self) -> tuple[ToolSpec, ...]:
        return ()

    def find(self, name: str) -> Tool | None:
        return None
