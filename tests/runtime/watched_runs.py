"""A run whose journal is in memory and whose driver is the real one. Before each append somebody
may act.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from console.json_value import Json
from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine import events as e
from runs.engine.ports import PlannerTurn, PlanRequest, Tool, ToolCall, ToolContext, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Effect,
    StopReason,
)
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.lease import Lease
from runs.simulation.journals import Journals, MemoryStore
from runs.simulation.lives import SimulatedRun

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUN = UUID(int=7)
LIMITS = {"steps": 9, "tokens": 10**6, "usd": "1", "seconds": 900}


class Memory:
    """The run's journal and lease in memory; `person` acts as anybody's transaction may."""

    def __init__(self, person: Callable[["Memory"], None], parallel: int = 1) -> None:
        self.person, self.clock = person, START
        self.journals = Journals(self.now)
        self.run = SimulatedRun(RUN, {"name": "A"}, RUN)
        created = e.RunCreated(
            at=START,
            goal="g",
            agent="A",
            planner="",
            principal="anna",
            limits=LIMITS,
            parallel=parallel,
        )
        self.journals.born(self.run, [created])

    @property
    def state(self) -> RunState:
        return self.run.state

    def now(self) -> datetime:
        self.clock += timedelta(milliseconds=10)
        return self.clock

    def say(self, *events: e.RunEvent) -> None:
        self.journals.say(RUN, events)


class Watched(MemoryStore):
    """Before each append the person may act."""

    def __init__(self, held: Lease, memory: Memory) -> None:
        super().__init__(held, memory.journals)
        self.memory = memory

    async def _append(self, *written: Any) -> int:
        self.memory.person(self.memory)
        return await super()._append(*written)


class Planning:
    """Two calls, one of which needs a person, then an answer."""

    model, window = "scripted", 100_000

    def price(self, tokens_in: int, tokens_out: int) -> None:
        return None

    async def decide(self, asked: PlanRequest) -> PlannerTurn:
        if asked.step > 2:
            return PlannerTurn(final="done")
        return PlannerTurn(
            thought="on",
            calls=(
                ToolCall("a", "look", {"n": asked.step}),
                ToolCall("b", "pay", {"n": asked.step}),
            ),
        )


class Tools:
    def __init__(self) -> None:
        self.made: list[str] = []
        self.all = {
            spec.name: spec
            for spec in (
                ToolSpec("look", "", {}, Effect.READ),
                ToolSpec("pay", "", {}, has_undo=True),
            )
        }

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(self.all.values())

    def find(self, name: str) -> Tool | None:
        return Making(self.all[name], self.made) if name in self.all else None


@dataclass
class Making:
    spec: ToolSpec
    made: list[str]

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        self.made.append(context.idempotency_key.partition(":")[2])
        return {}

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        return {}

    async def check(self, *_: Any) -> Any:
        raise AssertionError

    lookup = undo_lookup = check


@dataclass
class Asking(OwnRules):
    """Money needs a person, and a budget may want the run paused at any time."""

    broke: Callable[[], bool] = lambda: False

    def weigh(self, state: RunState, call: ToolCall, now: datetime) -> Decision:
        return (
            Decision(DecisionKind.ASK, rule="money", sentence="money")
            if call.tool == "pay"
            else ALLOWED
        )

    async def reserve(self, state: RunState, estimate: Any, now: datetime) -> Decision:
        reason = StopReason.BUDGET_EXCEEDED
        broke = Decision(DecisionKind.PAUSE, "budget:day", sentence="used up", reason=reason)
        return broke if self.broke() else ALLOWED
