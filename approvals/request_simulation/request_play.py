"""One simulation, from a seed: all actors take turns at random until nothing is left to do, and
what must be true is checked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from approvals.request_simulation import checks, simulated_approvers
from approvals.request_simulation.request_world import RequestWorld
from approvals.request_simulation.worker import AskingWorker
from policies.authority import Person

LOSS = 0.01
LOOKS = 400
MOST_TURNS = 3_000_000


@dataclass(frozen=True, slots=True)
class RequestPlay:
    """What came of one seed."""

    requests: int
    events: int
    lost: int
    ends: dict[str, int]
    violations: tuple[str, ...]


@dataclass
class Workers:
    """The workers' slots, each with the course it is playing, if any."""

    world: RequestWorld
    slots: list[Iterator[None] | None]
    lost: int = 0

    def turn(self, *, losing: bool) -> bool:
        """One move of one worker; False when none has anything to do."""
        world, place = self.world, self.world.dice.randrange(len(self.slots))
        living = self.slots[place]
        if living is None:
            free = [life for life in world.awake.values() if life.free(world.now)]
            if not free:
                return any(self.slots)
            self.slots[place] = AskingWorker(world, world.dice.choice(free), place).live()
        elif losing and world.dice.random() < LOSS:
            self.slots[place], self.lost = None, self.lost + 1
        elif next(living, self) is self:
            self.slots[place] = None
        return True


def play(seed: int, requests: int = 1_000, deciders: int = 50, slots: int = 16) -> RequestPlay:
    """Have about `requests` requests pending at once, then let everybody act at the same time."""
    dice = Random(seed)
    world = RequestWorld(dice, runs=max(requests // 4, 1), calls=5)
    workers = Workers(world, [None] * slots)
    while workers.turn(losing=False):
        world.tick()
    world.violations += checks.meanwhile(world)
    pending = len(world.store.open())
    everybody(world, workers, deciders)
    world.violations += checks.at_rest(world)
    ends: dict[str, int] = {}
    for row in world.store.rows:
        ends[row.act or row.status] = ends.get(row.act or row.status, 0) + 1
    return RequestPlay(
        pending,
        sum(len(life.journal) for life in world.runs.values()),
        workers.lost,
        ends,
        tuple(world.violations),
    )


def everybody(world: RequestWorld, workers: Workers, deciders: int) -> None:
    """Let deciders, the clock, a killer and workers that get lost act, until no request is open and
    no worker has anything to do.
    """
    dice = world.dice
    at_the_desk = [
        simulated_approvers.decider(world, person(number, dice)) for number in range(deciders)
    ]
    others = [
        simulated_approvers.clock(world),
        simulated_approvers.killer(world, most=len(world.runs) // 10),
    ]
    for turn in range(MOST_TURNS):
        world.tick()
        roll = dice.random()
        if roll < 0.62:
            if not workers.turn(losing=True) and not world.awake and not world.store.open():
                return
        elif roll < 0.9:
            next(dice.choice(at_the_desk))
        else:
            next(dice.choice(others), None)
        if turn % LOOKS == 0:
            world.violations += checks.meanwhile(world)
    world.violations.append("it never came to rest")


def person(number: int, dice: Random) -> Person:
    """A decider: most are in one group, some in both, a few in none or no approvers at all; one of
    them started the runs.
    """
    groups = dice.choice((("a", "approver"), ("b",), ("a", "b"), ("a", "b", "admin"), ()))
    return Person(
        "user:starter" if number == 0 else f"user:p{number}",
        frozenset(groups),
        approver=dice.random() > 0.05,
    )
