"""One seed, from its first event to its last.

Says what was violated, what was reached, and how much happened.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from runs.engine.engine_errors import EngineError
from runs.runtime import watchdog
from runs.simulation import guardians, planted
from runs.simulation.far_sides import FarSides
from runs.simulation.lives import SimulatedRun
from runs.simulation.simulated_operators import SimulatedOperators, settled_for_good
from runs.simulation.virtual import Spinning, Stalled, VirtualLoop
from runs.simulation.workers import SimulatedWorker
from runs.simulation.world import END, SimulatedWorld

SIZES, WORKERS = (11, 6, 9, 7, 8, 7), 3
"""Runs of a world, one size after the other over the seeds: in a small one few get in the way of
what happens to one, in a large one everything happens beside everything.
"""


@dataclass
class SeedOutcome:
    seed: int
    tally: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    marks: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)


class SimulatedHouse:
    """The world with its workers, its chaos, its watchdog and its people."""

    def __init__(self, seed: int, runs: int) -> None:
        self.world = SimulatedWorld(seed, runs)
        self.dice, self.people = self.world.dice, SimulatedOperators(self.world)
        self.workers = [SimulatedWorker(self.world, f"w{number}") for number in range(WORKERS)]
        self.born = WORKERS
        self.world.freed, self.world.deliver = self.look, self.deliver

    async def play(self) -> None:
        works = (self.people.live(), self.watch(), self.storm())
        sides = [asyncio.create_task(work) for work in works]
        lives = self.world.journals.lives.values()
        while self.world.seconds < END and not all(map(self.over, lives)):
            await asyncio.sleep(1.0)
            for side in sides:
                if side.done():
                    side.result()
        self.world.watch.at_rest()
        FarSides(self.world).compare()
        for side in sides:
            side.cancel()
        for worker in (*self.workers, *self.world.apart):
            worker.drain()
            worker.die()

    def over(self, life: SimulatedRun) -> bool:
        return settled_for_good(life.state) or (life.state.final and self.world.calm)

    async def watch(self) -> None:
        """Do the watchdog's work, and begin a worker in place of one that is gone."""
        while True:
            await asyncio.sleep(self.dice.uniform(0.5, 2.0))
            self.workers = [worker if worker.alive else self.another() for worker in self.workers]
            self.look()
            self.world.treasury.return_abandoned()

    def look(self) -> None:
        """Look for lost runs as `watchdog.watch` does, also when somebody says that runs were given
        up.
        """
        if self.world.away:
            return
        journals = self.world.journals
        journals.lose_expired()
        for run in [*journals.suspects(watchdog.SUSPECTS), *journals.unheld()]:
            self.dice.choice(self.workers).take(run)

    def another(self) -> SimulatedWorker:
        self.born += 1
        return SimulatedWorker(self.world, f"w{self.born}")

    def deliver(self, run: UUID) -> None:
        """Deliver nudges and control messages: some are lost, and some come twice."""
        if self.world.happens("nudge", 0.2):
            self.world.watch.marks["a nudge lost"] += 1
            return
        twice = self.world.happens("nudge", 0.2)
        self.world.watch.marks["a nudge doubled"] += twice
        for worker in (
            self.dice.choice(self.workers),
            *([self.dice.choice(self.workers)] if twice else []),
        ):
            worker.take(run)
        for worker in (*self.workers, *self.world.apart):
            worker.tell(run, self.world.state(run).control)

    async def storm(self) -> None:
        while not self.world.calm:
            await asyncio.sleep(self.dice.uniform(0.5, 5.0))
            worker = self.dice.choice(self.workers)
            if worker.alive:
                self.strike(worker)
            if self.world.happens("away", 0.08):
                self.world.away_until = self.world.seconds + self.dice.choice((0.5, 3.0, 12.0))
            if self.world.happens("breaker", 0.2):
                tool = self.dice.choice(("wire", "look", "hire"))
                self.world.broken[tool] = self.world.seconds + self.dice.uniform(2, 15)

    def strike(self, worker: SimulatedWorker) -> None:
        """Hit a worker: its host is gone, it is gone itself, it is asked to end, or it stands still
        for a while.
        """
        if self.world.happens("host", 0.1):
            worker.die()
        elif self.world.happens("crash", 0.1):
            guardians.end(worker)
        elif self.world.happens("drain", 0.05):
            self.world.watch.marks["a worker that was asked to end"] += 1
            self.world.loop.create_task(guardians.retire(worker))
        elif self.world.happens("freeze", 0.2):
            worker.freeze(self.dice.choice((2.0, 5.0, 12.0, 20.0)), host=self.dice.random() < 0.5)


@contextmanager
def silence() -> Iterator[None]:
    """Nothing is logged of what goes wrong on purpose."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@silence()
def play(seed: int, bug: str = "", *, story: bool = False) -> SeedOutcome:
    """Play one seed; with a planted `bug`, the real code is patched for as long as it takes."""
    loop = VirtualLoop()
    asyncio.set_event_loop(loop)
    played = SeedOutcome(seed)
    try:
        with planted.bug(bug):
            loop.run_until_complete(acted(seed, played, story=story))
    except Stalled:
        played.violations.append(f"seed {seed}: everything waits, and nothing will ever come")
    except Spinning:
        played.violations.append(f"seed {seed}: something goes in a circle, and no moment passes")
    except EngineError as error:
        played.violations.append(f"seed {seed}: {type(error).__name__}: {error}")
    finally:
        cleared(loop)
        asyncio.set_event_loop(None)
        loop.close()
    return played


def cleared(loop: VirtualLoop) -> None:
    """Leave nothing of this world for the next one to tear down."""
    while left := sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


async def acted(seed: int, played: SeedOutcome, *, story: bool) -> None:
    stage = SimulatedHouse(seed, SIZES[seed % len(SIZES)])
    await stage.play()
    watch = stage.world.watch
    played.tally, played.struck, played.marks = watch.tally, watch.struck, watch.marks
    played.violations = [f"seed {seed}: {sentence}" for sentence in watch.violations]
    if story:
        played.story = [line for life in stage.world.journals.lives.values() for line in told(life)]


def told(life: SimulatedRun) -> list[str]:
    """A run's journal in lines, for whoever looks into a seed."""
    return [
        " ".join(
            (
                str(life.snapshot["name"]),
                str(row.seq),
                f"{row.record.at:%H:%M:%S.%f}",
                row.record.kind,
                row.record.tool,
                str(row.record.data.get("call", "")),
            )
        )
        for row in life.stored
    ]
