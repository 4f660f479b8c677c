"""An agent's routing rules, asked before each step of a run of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.json_value import Json
from policies.routing import rules
from policies.routing.rules import Routed, RoutingFacts, RoutingRule
from policies.verdicts import Verdict
from runs.engine.events import CallReturned, PlanFailed, RunEvent, StepPlanned
from runs.engine.state import RunState


@dataclass
class Routing:
    """The rules of one run, with what they ask of its last calls. Without any nothing changes."""

    found: Sequence[RoutingRule] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    verdict: str = ""
    failures: int = 0

    @classmethod
    def of(cls, snapshot: Mapping[str, Json]) -> "Routing":
        """As the run's snapshot has them, pinned at its start; an agent with one model has none."""
        tiers = snapshot.get("tiers") or {}
        if not tiers.get(rules.PLAN):
            return cls()
        usual = str(snapshot.get("planner") or "")
        named = {rules.PLAN: str(tiers[rules.PLAN]), rules.STEP: usual}
        return cls(rules.read(snapshot.get("routing") or []), named)

    def observe(self, events: Sequence[RunEvent]) -> None:
        for event in events:
            if isinstance(event, CallReturned):
                self.verdict = event.verdict.value
                succeeded = event.verdict is Verdict.SUCCEEDED
                self.failures = 0 if succeeded else self.failures + 1
            elif isinstance(event, PlanFailed):
                self.failures += 1
            elif isinstance(event, StepPlanned) and not event.calls:
                self.failures = 0

    def change(self, state: RunState, loop: float) -> Routed | None:
        if not self.found or state.forced:
            return None
        facts = RoutingFacts(state.step + 1, self.verdict, self.failures, loop, left(state))
        made = rules.change(self.found, facts, state.tier, state.held_until)
        return replace(made, planner=self.models[made.tier]) if made else None


def left(state: RunState) -> float:
    """The share of the run's own USD limit that is left, from 1 down to 0."""
    most = state.limits.usd
    return max(0.0, 1 - float(state.usd / most)) if most else 0.0
