"""How the runtime gets a planner, a toolbox and the rules of a run. Filled once by the composition
root.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from console.json_value import Json
from policies.decision import Decision
from policies.outages.pace import Turn
from policies.outages.rules import Patience
from policies.routing.rules import Routed
from policies.verdicts import Meaning
from runs.engine.actions import ApprovalGate, NoApprovals, RunRules
from runs.engine.engine_errors import PlannerError
from runs.engine.events import RunEvent
from runs.engine.kept_calls import Flight
from runs.engine.limits import Estimate
from runs.engine.ports import Planner, PreparedCalls, Returned, Toolbox, ToolCall, ToolSpec, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import Verdict
from runs.runtime.lease import Lease

Snapshot = Mapping[str, Json]
NO_APPROVALS = NoApprovals()


class Supervision(RunRules, Protocol):
    """The rules of one run, and what its results mean.

    What is shared between runs (budgets, breakers) is awaited; the rest is pure.
    """

    def route(self, state: RunState, now: datetime) -> Routed | None:
        """Asked before a step: the agent's model that takes it from now on; None, nearly always,
        when that stays as it is.
        """

    async def reserve(self, state: RunState, estimate: Estimate, now: datetime) -> Decision:
        """Draw on the shared budgets for one planner call, before it is made: ALLOW, or
        ALLOW_WITH_CAPS when only the cheaper planner that the facts name may be asked."""

    def at_hand(self, state: RunState, estimate: Estimate, now: datetime) -> Decision | None:
        """`reserve` as far as it needs nobody else: ALLOW where what is held of the budgets covers
        the call, else None, and nothing is reserved. The estimate is kept until it is settled or
        the next one is reserved.
        """

    async def settle(self, state: RunState, usage: Usage | None, now: datetime) -> None:
        """Tell the budgets what the call cost in the end; None when nobody knows."""

    async def turn(self, state: RunState, place: str, now: datetime) -> Turn:
        """When the provider's model may be asked: while it is away, and just after, all runs
        together keep a pace.
        """

    async def heard(
        self, state: RunState, place: str, error: PlannerError | None, now: datetime
    ) -> None:
        """Tell what came of asking the model: an answer, or this failure."""

    def patience(self, planner: str) -> Patience:
        """How long an outage of this planner's provider is waited out."""

    async def prepare(
        self, state: RunState, proposed: Mapping[str, ToolCall], now: datetime
    ) -> PreparedCalls:
        """Gather what `may_call` and `may_repeat` need to know (policies, hours, breakers), for
        these calls and the one in flight.
        """

    def weigh(self, state: RunState, call: ToolCall, now: datetime) -> Decision:
        """The decision on a call by those rules that need only this run and the policies in force.
        Nothing is counted, drawn or claimed.
        """

    async def learn(
        self, state: RunState, flight: Flight, back: Returned, meaning: Meaning, now: datetime
    ) -> None:
        """Tell what is shared between runs how a call went."""

    def preview(self, events: Sequence[RunEvent]) -> None:
        """Think about events that are on their way to the database. They may never arrive, or
        arrive again among others.
        """

    def observe(self, events: Sequence[RunEvent]) -> None:
        """Hear every event of the run, in order: those read back at the start, then each that is
        committed, or is about to be. Rules that have heard of one that did not come are used no
        more.
        """

    async def close(self, state: RunState, now: datetime) -> None:
        """Give back what the run holds, since it leaves this worker."""

    def meaning(self, spec: ToolSpec, back: Returned, said: Verdict | None) -> Meaning:
        """What a result means. `said`: the answer of the tool's own check, when it has one."""


@dataclass(frozen=True)
class Dependencies:
    planner: Callable[[Snapshot], Planner]
    toolbox: Callable[[Snapshot], Awaitable[Toolbox]]
    rules: Callable[[Lease, Toolbox], Supervision]
    approvals: ApprovalGate = NO_APPROVALS


_dependencies: Dependencies | None = None


def configure(dependencies: Dependencies) -> None:
    """Called by the composition root at start, and by nobody else."""
    global _dependencies
    _dependencies = dependencies


def dependencies() -> Dependencies:
    if _dependencies is None:
        raise RuntimeError("the runtime has no dependencies: console.wiring has not run")
    return _dependencies
