"""Simulated worker processes: they take runs as `runs.runtime.work` does, with the real driver, and
are lost in every way there is.
"""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import psycopg

from console.journal.clock import EPOCH, Clock
from console.journal.encoding import Row
from console.journal.records import Stored
from runs.engine.effects import NoApprovals, Statement
from runs.engine.events import CallLate
from runs.engine.vocabulary import Control
from runs.runtime import dead_letters, heartbeat, ledger
from runs.runtime import lease as leases
from runs.runtime.aftermath import MOST_TAKES, NeverTaken
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease
from runs.runtime.rules import OwnRules
from runs.runtime.store_port import LeaseLost, Meanwhile
from runs.simulation.configuration import Box, Planner, SimRules, no_problems
from runs.simulation.journals import MemoryStore
from runs.simulation.world import World

DEATH = 0.012
"""The chance that a worker dies at one of the moments between two things it does."""
SLEEP = 0.004
SEEN = 0.2
"""Seconds in which a guardian sees that its worker is gone."""


class Gone(BaseException):
    """The process is no more: nothing of it catches this."""


class CountedStore(MemoryStore):
    """As memory keeps it, but for a database that goes away and a worker that dies before or after."""

    def __init__(self, held: Lease, worker: "Worker") -> None:
        super().__init__(held, worker.world.journals)
        self.worker, self.world = worker, worker.world

    async def _append(
        self,
        rows: Sequence[Row],
        seq: int,
        projection: Mapping[str, object],
        beside: Sequence[Statement],
        meanwhile: Meanwhile,
    ) -> int:
        await self.worker.moment("before a commit", self.run)
        await self.worker.latency(0.02)
        kinds = {row.record.kind for row in rows}
        if self.world.seconds < self.world.away_until:
            self.world.watch.marks[
                f"database away at commit {'B' if 'call.returned' in kinds else 'A'}"
            ] += 1
        self.world.reach()
        last = await super()._append(rows, seq, projection, beside, meanwhile)
        if self.world.happens("unknown", 0.02):
            raise psycopg.OperationalError("the connection was lost; it had arrived")
        await self.worker.moment("after a commit", self.run)
        return last

    async def _fenced(self, rows: Sequence[Row], seq: int, *, doubtful: bool) -> int:
        marks = self.world.watch.marks
        try:
            last = await super()._fenced(rows, seq, doubtful=doubtful)
        except LeaseLost:
            marks["a zombie refused by the journal's fence"] += 1
            raise
        except Exception:
            marks["an append moved"] += 1
            raise
        marks["an append that had arrived after all"] += 1
        return last

    async def _epoch(self) -> int | None:
        await self.reached()
        return await super()._epoch()

    async def _renew(self, owner: str) -> bool:
        await self.reached()
        self.world.watch.marks["a call not begun by the local fence"] += 1
        return await super()._renew(owner)

    async def _read(self, after: int) -> list[Stored]:
        await self.reached()
        return await super()._read(after)

    async def _late(self, origin: ledger.Origin, event: CallLate) -> None:
        await self.reached()
        await super()._late(origin, event)

    async def reached(self) -> None:
        await self.worker.breath()
        self.world.reach()


class Worker:
    """One process on a host of its own.

    Its wall clock may be anything; its steady clock goes right.
    """

    def __init__(self, world: World, name: str) -> None:
        self.world, self.name = world, name
        self.alive, self.frozen_until, self.overslept = True, 0.0, False
        self.wall = world.dice.uniform(-9_000, 9_000) if "wall" in world.faults else 0.0
        self.clock = Clock(
            steady=self.steady,
            wall=lambda: (world.now() - EPOCH) / timedelta(seconds=1) + self.wall,
        )
        self.held: dict[UUID, tuple[Handle, asyncio.Task[None]]] = {}
        self.beating = world.loop.create_task(self.beat())

    def steady(self) -> float:
        return self.world.seconds + 7.0

    async def breath(self) -> None:
        """Goes on while the process is there, and not before it stands still no longer."""
        while self.alive and self.world.seconds < self.frozen_until:
            await asyncio.sleep(self.frozen_until - self.world.seconds)
        if not self.alive:
            raise Gone

    async def moment(self, name: str, run: UUID) -> None:
        """Between two things that it does: here it may die, or its host sleep past all its leases."""
        await self.breath()
        if self.world.happens("freeze", SLEEP):
            self.frozen_until = self.world.seconds + self.world.dice.choice((12.0, 20.0))
            await self.breath()
        if self.world.happens("crash", DEATH):
            self.end(run)
            raise Gone

    async def latency(self, seconds: float) -> None:
        await asyncio.sleep(self.world.dice.uniform(0, seconds))
        if not self.alive:
            raise Gone

    def end(self, suspect: UUID | None) -> None:
        """The process dies with its whole group; its guardian sees it and gives its leases up."""
        guard(self, suspect)

    def die(self) -> None:
        self.alive = False
        self.world.watch.crashes += 1
        self.beating.cancel()
        here = asyncio.current_task()
        for _, task in self.held.values():
            if task is not here:
                task.cancel()

    async def beat(self) -> None:
        """As the heartbeat's thread: renew all leases in one statement, hear what it says."""
        while True:
            await asyncio.sleep(leases.BEAT)
            while (
                self.world.seconds < self.frozen_until
            ):  # when it goes on, any of its threads may be the first
                await asyncio.sleep(
                    self.frozen_until - self.world.seconds + self.world.dice.uniform(0, leases.BEAT)
                )
            handles = [handle for handle, _ in self.held.values()]
            if not handles or self.world.seconds < self.world.away_until:
                continue
            sent = self.steady()
            beats = {
                beat.run: beat
                for beat in self.world.journals.renew([handle.run for handle in handles], self.name)
            }
            self.clock.heard(self.world.now(), sent)
            for handle in handles:
                heartbeat.answered(handle, beats.get(handle.run), sent)

    def tell(self, run: UUID, verb: str) -> None:
        """A control message arrived."""
        if run in self.held and self.world.seconds >= self.frozen_until:
            handle = self.held[run][0]
            handle.halt() if verb == Control.KILL else handle.notify()

    def take(self, run: UUID) -> None:
        """A nudge arrived: take the run, if there is something to do for it and nobody holds it."""
        away, frozen = (
            self.world.seconds < self.world.away_until,
            self.world.seconds < self.frozen_until,
        )
        if not self.alive or away or frozen or run in self.held:
            return
        sent = self.steady()
        held = self.world.journals.acquire(run, self.name)
        if held is None:
            return
        if not held.lost:
            self.world.watch.why_lost.pop(run, None)
        self.clock.heard(self.world.now(), sent)
        handle = Handle(run, held.epoch, clock=self.steady, soon=self.world.loop.call_soon)
        handle.renewed(sent)
        self.held[run] = handle, self.world.loop.create_task(self.advance(held, handle))

    async def advance(self, held: Lease, handle: Handle) -> None:
        journals = self.world.journals
        try:
            await self.drive(held, handle)
            await self.breath()
            journals.release(held.run, held.epoch)
        except (Gone, asyncio.CancelledError):
            return
        except (LeaseLost, psycopg.OperationalError):
            pass
        except Exception as error:  # noqa: BLE001
            # as the worker itself does: whatever it is, it is written down
            if not isinstance(error, Unconfigured | NeverTaken):
                self.world.watch.violated(
                    held.run, f"its worker failed: {type(error).__name__}: {error}"
                )
            failed(self.world, held, error)
        finally:
            self.held.pop(held.run, None)

    async def drive(self, held: Lease, handle: Handle) -> None:
        if held.takes > MOST_TAKES:
            raise NeverTaken("They were lost before they had it in hand.")
        store, draining = CountedStore(held, self), threading.Event()
        driver = Driver(
            held,
            handle,
            lambda name: Planner(self, held.run),
            NoApprovals(),
            self.clock.now,
            draining,
            store,
            lambda frame: None,
        )
        driver.learn(store.read_now(0))
        await driver.heed()
        await self.moment("configuring", held.run)
        if not driver.killed and (self.world.happens("poison", 0.02) or self.hopeless(held)):
            raise Unconfigured("no tools today")
        box = Box(self, held.run)
        driver.configure(
            box,
            OwnRules(box, no_problems) if driver.killed else SimRules(box, self.world, held.run),
        )
        await driver.drive()

    def hopeless(self, held: Lease) -> bool:
        """Some runs can never be put together: a few of them end as dead letters."""
        return self.world.seed % 5 == 0 and "poison" in self.world.faults and held.run.int % 11 == 0


class Unconfigured(Exception):
    """A run for which no tools can be put together."""


def failed(world: World, held: Lease, error: Exception) -> None:
    after = world.journals.failed(held, error, dead_letters.said(error))
    if after is not None and after.rest:
        world.watch.why_lost[held.run] = "own"


def guard(worker: Worker, suspect: UUID | None) -> None:
    """A guardian: the whole group is dead first, then the leases are given up, and only what was at
    work counts as lost.
    """
    worker.die()
    held = {run: handle for run, (handle, _) in worker.held.items()}
    worker.world.loop.call_later(SEEN, partial(give_up, worker, held, suspect))


def give_up(worker: Worker, held: Mapping[UUID, Handle], suspect: UUID | None) -> None:
    journals, watch = worker.world.journals, worker.world.watch
    for run, handle in held.items():
        life = journals.lives[run]
        if life.epoch != handle.epoch or life.owner != worker.name:
            continue
        innocent = suspect is not None and run != suspect
        watch.why_lost[run] = "innocent" if innocent else "own"
        if blamed(innocent=innocent):
            life.row |= {
                "lease_owner": "",
                "lease_expires_at": worker.world.now() - timedelta(seconds=1),
            }
        else:
            life.row |= {"lease_owner": "", "lease_expires_at": None}


def blamed(*, innocent: bool) -> bool:
    """Whether the loss counts against a run."""
    return not innocent
