"""The simulated world: one clock, one set of dice, the journals, what tools have truly done, and
which faults there are today.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from runs.engine.compensation import KILL, STOP
from runs.engine.events import RunCreated, RunEvent
from runs.engine.state import RunState
from runs.engine.vocabulary import Compensation
from runs.simulation import small_windows
from runs.simulation.invariants import InvariantWatch
from runs.simulation.journals import Journals
from runs.simulation.lives import SimulatedRun
from runs.simulation.treasury import Treasury

if TYPE_CHECKING:
    from runs.simulation.workers import SimulatedWorker

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
POST = 0.1
"""Seconds that a message takes at most."""
CHAOS, END = 90.0, 1_500.0
"""Seconds after which no new fault comes, and after which everything must have ended."""
FAULTS = (
    "crash",
    "host",
    "freeze",
    "away",
    "unknown",
    "nudge",
    "wall",
    "tool",
    "planner",
    "people",
    "breaker",
    "wrong",
    "drain",
    "poison",
    "slow",
)


def compensation_of(run: UUID) -> dict[str, str]:
    """What the run's agent wants done with what it did. Its own dice, so that a world goes the same
    way whatever they say.
    """
    dice = Random(run.int)
    most = (Compensation.UNDO, Compensation.UNDO, Compensation.ASK, Compensation.LEAVE)
    return {KILL: dice.choice(most).value, STOP: dice.choice(most).value}


@dataclass(frozen=True)
class Landed:
    """An effect that a tool had: under which key and epoch, when."""

    key: str
    epoch: int
    at: float


class SimulatedWorld:
    """Everything that is shared.

    Each seed has some kinds of faults and not others, so that rare ones meet in pure company too.
    """

    def __init__(self, seed: int, runs: int) -> None:
        self.seed, self.dice = seed, Random(seed)
        self.loop = asyncio.get_running_loop()
        self.faults = frozenset(fault for fault in FAULTS if self.dice.random() < 0.75)
        self.watch = InvariantWatch(self)
        self.journals = Journals(self.now, self.watch.heard, self.watch.losing)
        self.effects: dict[tuple[UUID, str], list[Landed]] = defaultdict(list)
        self.undos: dict[tuple[UUID, str], list[Landed]] = defaultdict(list)
        self.away_until = 0.0
        self.broken: dict[str, float] = {}
        enough, little = Decimal(1000), Decimal("0.12")
        self.treasury = Treasury(self, enough if self.dice.random() < 0.7 else little)
        self.deliver: Callable[[UUID], None] = lambda run: None
        self.apart: list[SimulatedWorker] = []
        self.freed: Callable[[], None] = lambda: None
        for number in range(runs):
            self._born(number)

    @property
    def seconds(self) -> float:
        return self.loop.time()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time())

    @property
    def away(self) -> bool:
        """Whether the database is away."""
        return self.seconds < self.away_until

    @property
    def calm(self) -> bool:
        return self.seconds > CHAOS

    def happens(self, fault: str, chance: float) -> bool:
        """Whether this fault strikes here.

        The dice are thrown in any case, so that a world with fewer faults goes the same way.
        """
        strikes = self.dice.random() < chance and fault in self.faults and not self.calm
        self.watch.struck[fault] += strikes
        return strikes

    def wake(self, run: UUID) -> None:
        """Send a nudge and a control message, which arrive later or never."""
        self.loop.call_later(self.dice.uniform(0, POST), self.deliver, run)

    def reach(self) -> None:
        """Reach the database, which raises as its driver does while it is away."""
        if self.away:
            raise psycopg.OperationalError("the database is away")

    def open_breaker(self, tool: str) -> bool:
        return self.seconds < self.broken.get(tool, 0.0)

    def _born(self, number: int) -> None:
        run = UUID(int=self.dice.getrandbits(128))
        limits = {
            "steps": self.dice.choice((4, 30, 30, 30)),
            "tokens": 1_000_000,
            "usd": self.dice.choice(("0.05", "5", "5", "5")),
            "seconds": self.dice.choice((40, 3_600, 3_600, 3_600)),
        }
        snapshot: dict[str, Any] = {
            "name": f"r{number}",
            "prompt": "",
            "run": str(run),
            **small_windows.facts(run),
            "compensation": compensation_of(run),
        }
        life = SimulatedRun(run, snapshot, UUID(int=self.dice.getrandbits(128)))
        made: RunEvent = RunCreated(
            at=self.now(),
            goal=f"r{number}",
            agent="Sim",
            planner="simulated",
            principal="anna",
            limits=limits,
            max_tokens_out=1_000,
            seed=self.dice.getrandbits(31),
            parallel=(1, 3, 8)[number % 3],
            compensation=snapshot["compensation"],
        )
        self.journals.born(life, [made])

    def state(self, run: UUID) -> RunState:
        return self.journals.lives[run].state
