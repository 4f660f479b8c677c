"""The guardians of simulated workers: a process is really gone before another may have its runs.

Whether a worker stands still is for the real `life.Silence` to say, who is blamed for the real
`runs.runtime.blame`.
"""

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from runs.runtime import lease, life
from runs.runtime.blame import Loss

if TYPE_CHECKING:
    from runs.simulation.workers import SimulatedWorker

SEEN = 0.2
"""Seconds in which a guardian sees that its worker is gone."""
PAUSE = 0.25
PATIENCE = 20.0
"""Seconds that a worker which was asked to end is waited for."""


def end(worker: "SimulatedWorker", *, blame: bool = True) -> None:
    """End the whole group first; then give the leases up."""
    worker.die()
    worker.world.loop.create_task(give_up(worker, blame=blame))


async def give_up(worker: "SimulatedWorker", *, blame: bool) -> None:
    """Give the leases up as soon as the database can be reached; once they have run out by
    themselves nobody is told.
    """
    await asyncio.sleep(SEEN)
    until = worker.world.seconds + lease.TTL + lease.BEAT
    while worker.world.away:
        if worker.world.seconds > until:
            return
        await asyncio.sleep(PAUSE)
    if worker.world.journals.lose(worker.name, Loss("ended: SIGKILL", blame=blame)):
        worker.world.freed()


async def watch_over(worker: "SimulatedWorker") -> None:
    """Watch a worker for as long as it stands still. The guardian of a host that sleeps sleeps as
    well.
    """
    world, silence = worker.world, life.Silence(worker.world.seconds)
    silence.beat()
    while worker.alive and worker.frozen:
        await asyncio.sleep(max(life.TICK, worker.asleep_until - world.seconds))
        silence.passed(world.seconds)
        if silence.too_long and worker.alive:
            world.watch.marks["a guardian kills a worker that stands still"] += 1
            end(worker)
    if worker.alive and worker.handles and world.seconds >= worker.asleep_until > 0:
        world.watch.marks["a worker that stood still past its leases goes on"] += 1


async def drive_apart(worker: "SimulatedWorker", run: UUID, child: "SimulatedWorker") -> None:
    """Drive a suspect in a process of its own, which ends with the run, or when its parent has."""
    worker.world.apart.append(child)
    child.take(run)
    while child.alive and child.playing and worker.alive:
        await asyncio.sleep(life.TICK)
    await retire(child)
    worker.world.apart.remove(child)
    worker.driven.discard(run)


async def retire(worker: "SimulatedWorker") -> None:
    """Ask a worker to end: it gives back what it holds, and is blamed for nothing that it
    cannot.
    """
    until = worker.world.seconds + PATIENCE
    worker.drain()
    while worker.alive and worker.playing and worker.world.seconds < until:
        await asyncio.sleep(life.TICK)
    if worker.alive:
        end(worker, blame=False)
