"""The routing policies of the house, asked before each step of a run whose agent has two models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from console.json_value import Json
from policies.routing import rules
from policies.routing.rules import Routed, RoutingFacts, RoutingRule
from policies.verdicts import Verdict
from runs.engine.events import CallReturned, PlanFailed, RunEvent, StepPlanned
from runs.engine.state import ForcedPlanner, RunState


@dataclass
class Routing:
    """What the policies ask of a run's last calls, and the better model of its agent, pinned at its
    start. Without one nothing changes.
    """

    agent: str = ""
    better: str = ""
    tool: str = ""
    verdict: str = ""
    failures: int = 0

    @classmethod
    def of(cls, snapshot: Mapping[str, Json]) -> "Routing":
        tiers = snapshot.get("tiers") or {}
        return cls(str(snapshot.get("name") or ""), str(tiers.get(rules.PLAN) or ""))

    def observe(self, events: Sequence[RunEvent]) -> None:
        for event in events:
            if isinstance(event, CallReturned):
                self.tool, self.verdict = event.tool, event.verdict.value
                succeeded = event.verdict is Verdict.SUCCEEDED
                self.failures = 0 if succeeded else self.failures + 1
            elif isinstance(event, PlanFailed):
                self.failures += 1
            elif isinstance(event, StepPlanned) and not event.calls:
                self.failures = 0

    def change(
        self, state: RunState, loop: float, policies: Sequence[RoutingRule]
    ) -> Routed | None:
        if not self.better or state.forced:
            return None
        facts = RoutingFacts(
            state.step + 1, self.tool, self.verdict, self.failures, loop, left(state)
        )
        made = rules.change(policies, self.agent, facts, state.tier, state.held_until)
        if made is None:
            return None
        return replace(made, planner=self.better if made.tier == rules.PLAN else state.usual)


def given_back(state: RunState, forced: ForcedPlanner) -> Routed:
    """The run's own model again, once the budget that took it away has room."""
    return Routed(
        rules.STEP,
        forced.rule,
        forced.version,
        "It has room again: the usual model goes on.",
        hold=0,
        planner=state.usual,
    )


def left(state: RunState) -> float:
    """The share of the run's own USD limit that is left, from 1 down to 0."""
    most = state.limits.usd
    return max(0.0, 1 - float(state.usd / most)) if most else 0.0
