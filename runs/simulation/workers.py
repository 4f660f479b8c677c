"""Simulated worker processes: they take runs by the real course, with the real driver,
and are lost in every way there is.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from uuid import UUID

from console.journal.database_clock import EPOCH, Clock
from console.journal.outage import AWAY
from console.json_value import Json
from runs.engine.ports import Toolbox
from runs.engine.vocabulary import Control
from runs.runtime import claiming, dead_letters, heartbeat, lease, quarantine
from runs.runtime.aftermath import NeverTaken
from runs.runtime.dependencies import Dependencies
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease
from runs.simulation import guardians
from runs.simulation.configuration import SimRules, SimulatedPlanner, SimulatedToolbox
from runs.simulation.counted_store import CountedStore
from runs.simulation.world import SimulatedWorld

DEATH = 0.012
"""The chance that a worker dies at one of the moments between two things it does."""
SLEEP = 0.004
BOOTED = 7.0


class Gone(BaseException):
    """The process is no more: nothing of it catches this."""


class Unconfigured(Exception):
    """A run for which no tools can be put together."""


class SimulatedWorker:
    """One process on a host of its own, as `claiming.Process` says.

    Its wall clock may be anything; its steady clock goes right.
    """

    def __init__(self, world: SimulatedWorld, name: str, *, alone: bool = False) -> None:
        self.world, self.name, self.alone = world, name, alone
        self.alive, self.frozen_until, self.asleep_until = True, 0.0, 0.0
        self.wall = world.dice.uniform(-9_000, 9_000) if "wall" in world.faults else 0.0
        self.clock = Clock(
            steady=self.seconds,
            wall=lambda: (world.now() - EPOCH) / timedelta(seconds=1) + self.wall,
        )
        self.draining, self.driven = threading.Event(), set[UUID]()
        self.handles: dict[UUID, Handle] = {}
        self.playing: set[asyncio.Task[None]] = set()
        self.beating = world.loop.create_task(self.beat())

    def seconds(self) -> float:
        return self.world.seconds + BOOTED

    # how it is lost

    @property
    def frozen(self) -> bool:
        return self.world.seconds < self.frozen_until

    async def breath(self) -> None:
        """Wait while the process stands still. Raises Gone when it is no more."""
        while self.alive and self.frozen:
            await asyncio.sleep(self.frozen_until - self.world.seconds)
        if not self.alive:
            raise Gone

    async def moment(self, name: str, run: UUID) -> None:
        """A moment between two things that a worker does: here it may die, or its host sleep past
        its leases.
        """
        await self.breath()
        if self.world.happens("freeze", SLEEP):
            self.freeze(self.world.dice.choice((12.0, 20.0)), host=True)
            await self.breath()
        if self.world.happens("crash", DEATH):
            self.end(run)
            raise Gone

    async def latency(self, seconds: float) -> None:
        await asyncio.sleep(self.world.dice.uniform(0, seconds))
        if not self.alive:
            raise Gone

    def freeze(self, seconds: float, *, host: bool) -> None:
        """Have the process stand still, or its whole host sleep."""
        self.frozen_until = self.world.seconds + seconds
        if host:
            self.asleep_until = self.frozen_until
        self.world.loop.create_task(guardians.watch_over(self))

    def end(self, guilty: UUID) -> None:
        """End the process for what it did for a run, and with it all that it started."""
        self.world.watch.guilty[self.name] = guilty
        guardians.end(self)

    def die(self) -> None:
        self.alive = False
        self.world.watch.tally["crashes"] += not self.draining.is_set()
        self.beating.cancel()
        here = asyncio.current_task()
        for task in self.playing:
            if task is not here:
                task.cancel()

    def drain(self) -> None:
        """Drain as `worker_process.drain` does."""
        self.draining.set()
        for handle in self.handles.values():
            handle.drain()

    # what it hears

    async def beat(self) -> None:
        """Do what the heartbeat's thread does: renew all leases in one statement, and hear what it
        says.
        """
        while True:
            await asyncio.sleep(lease.BEAT)
            while self.frozen:  # when it goes on, any of its threads may be the first
                late = self.world.dice.uniform(0, lease.BEAT)
                await asyncio.sleep(self.frozen_until - self.world.seconds + late)
            if self.handles and not self.world.away:
                self.renew(list(self.handles.values()))

    def renew(self, handles: list[Handle]) -> None:
        journals, sent = self.world.journals, self.seconds()
        beats = journals.renew([handle.run for handle in handles], self.name)
        self.clock.heard(self.world.now(), sent)
        known = {beat.run: beat for beat in beats}
        for handle in handles:
            heartbeat.answered(handle, known.get(handle.run), sent)

    def tell(self, run: UUID, verb: str) -> None:
        """Take in a control message."""
        handle = None if self.frozen else self.handles.get(run)
        if handle is not None:
            handle.halt() if verb == Control.KILL else handle.notify()

    def take(self, run: UUID) -> None:
        """Take in a nudge."""
        if self.alive and not self.frozen:
            task = self.world.loop.create_task(self.play(run))
            self.playing.add(task)
            task.add_done_callback(self.playing.discard)

    async def play(self, run: UUID) -> None:
        """Play the real course of a run, with every accident between its steps."""
        course = claiming.advance(self, run)
        go_on: Callable[[], claiming.ClaimingStep] = partial(next, course)
        try:
            while True:
                try:
                    step = go_on()
                except StopIteration:
                    return
                go_on = await self.after(step, course, run)
        except AWAY:
            return
        except (Gone, asyncio.CancelledError):
            self.handles.clear()

    async def after(
        self, step: claiming.ClaimingStep, course: claiming.ClaimingCourse, run: UUID
    ) -> Callable[[], claiming.ClaimingStep]:
        try:
            await self.moment("between two steps", run)
        except BaseException:
            step.close()
            raise
        try:
            go_on = partial(course.send, await step)
        except Exception as error:  # noqa: BLE001  the course knows what to do
            go_on = partial(course.throw, error)
        await self.breath()
        return go_on

    # what a process is to the runs it takes

    def acquire(self, run: UUID) -> Lease | None:
        self.world.reach()
        sent, marks = self.seconds(), self.world.watch.marks
        suspects = self.alone and not self.handles
        held = self.world.journals.acquire(run, self.name, suspects=suspects)
        if held is None:
            return None
        self.clock.heard(self.world.now(), sent)
        marks["a suspect driven alone"] += held.suspect
        marks["taken again by whoever lost it in its sleep"] += run in self.handles
        self.world.watch.taken(held)
        return held

    def drive_apart(self, run: UUID) -> bool:
        self.world.reach()
        if self.alone or not self.world.journals.suspected(run):
            return False
        if run in self.driven or len(self.driven) >= quarantine.MOST:
            self.world.watch.marks["a suspect that is driven already"] += 1
            return False
        self.driven.add(run)
        child = SimulatedWorker(self.world, f"{self.name}/{run}/{self.world.seconds}", alone=True)
        self.world.loop.create_task(guardians.drive_apart(self, run, child))
        return True

    def give_back(self, held: Lease) -> bool:
        self.world.reach()
        self.world.journals.release(held.run, held.epoch)
        return self.world.journals.wanted(held.run)

    def failed(self, held: Lease, error: Exception) -> None:
        if isinstance(error, AWAY):
            return
        if not isinstance(error, Unconfigured | NeverTaken):
            sentence = f"its worker failed: {type(error).__name__}: {error}"
            self.world.watch.violated(held.run, sentence)
        self.world.reach()
        self.world.journals.failed(held, error, dead_letters.said(error))
        self.world.watch.innocent.discard(held.run)

    def nudge(self, run: UUID) -> None:
        self.world.wake(run)

    def hold(self, held: Lease) -> Handle:
        soon = self.world.loop.call_soon
        handle = Handle(held.run, held.epoch, clock=self.seconds, soon=soon)
        self.handles[held.run] = handle
        return handle

    def drop(self, handle: Handle) -> None:
        if self.handles.get(handle.run) is handle:
            del self.handles[handle.run]

    def dependencies(self) -> Dependencies:
        return Dependencies(
            planner=lambda snapshot: SimulatedPlanner(self, UUID(str(snapshot["run"])), snapshot),
            toolbox=self.toolbox,
            rules=lambda held, box: SimRules(box, self, held),
        )

    def driver(self, held: Lease, handle: Handle, team: Dependencies) -> Driver:
        return Driver(
            held,
            handle,
            partial(claiming.planner_of, team, held),
            team.approvals,
            self.clock.now,
            self.draining,
            CountedStore(held, self),
            lambda frame: None,
        )

    async def toolbox(self, snapshot: Mapping[str, Json]) -> Toolbox:
        """The tools of a run. Now and then none can be put together, and for some runs never: those
        end as dead letters.
        """
        run = UUID(str(snapshot["run"]))
        await self.moment("configuring", run)
        hopeless = self.world.seed % 5 == 0 and run.int % 11 == 0 and "poison" in self.world.faults
        if self.world.happens("poison", 0.02) or hopeless:
            raise Unconfigured("no tools today")
        return SimulatedToolbox(self, run)
