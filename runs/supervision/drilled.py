"""The supervision of a fire drill's run: the rules in force decide as they would for real work, and
nothing that real work shares is drawn on, counted or told.

A drill's planner calls draw on the drill's own budgets only, its calls on no policy's hour, its
failures open breakers of its own and draw on their retry budgets, its effects claim no key, and no
judge is asked. What a policy would ask of a group of approvers is asked of those who hold drills.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from policies.budgets import rows as budget_rows
from policies.budgets.rules import BudgetRule, BudgetScope
from policies.decision import Decision, DecisionKind
from policies.gate import rows as tool_policies
from policies.gate.effect_keys import ProposedEffect
from policies.outages.pace import Turn
from runs.engine import effects_had
from runs.engine.engine_errors import PlannerError
from runs.engine.ports import Inquiry, ToolCall, ToolSpec
from runs.engine.state import RunState
from runs.runtime.lease import Lease
from runs.supervision.shared_budgets import BudgetGuard, DatabaseGrants
from runs.supervision.supervised import Supervised

ASKED = "admin"
"""The group that is asked in a drill: those who may hold one."""


def budget_holder(drill: object) -> str:
    """The name under which a drill's runs draw on budgets; no agent can have it."""
    return f"drill:{drill}"


class DrillGrants(DatabaseGrants):
    """Grants of one drill's own budgets."""

    def __init__(self, holder: str) -> None:
        self.holder = holder

    def in_force(self) -> tuple[BudgetRule, ...]:
        return tuple(
            each
            for each in budget_rows.in_force()
            if each.scope is BudgetScope.AGENT and each.who == self.holder
        )


def budget_guard(lease: Lease) -> BudgetGuard:
    """The guard of a drill's own budgets."""
    holder = budget_holder(lease.snapshot["drill"]["id"])
    guard = BudgetGuard(lease, DrillGrants(holder))
    guard.allowance.agent = holder
    return guard


@dataclass
class Drilled(Supervised):
    """All rules of a drill's run."""

    drill: Mapping[str, object] | None = None

    async def decided(
        self, state: RunState, call: ToolCall, spec: ToolSpec, now: datetime
    ) -> Decision:
        return self.asked(await super().decided(state, call, spec, now))

    def asked(self, found: Decision) -> Decision:
        """A question as a drill puts it: to those who hold drills, and for a short while."""
        if found.kind is not DecisionKind.ASK or self.drill is None:
            return found
        terms = found.facts.get("approval")
        own = dict(terms) if isinstance(terms, Mapping) else {}
        own |= {"group": ASKED, "quorum": 1, "ttl": self.drill["ttl"], "escalate_to": ASKED}
        if own.get("on_expiry") == "escalate":
            own["on_expiry"] = "deny"
        return replace(found, facts={**found.facts, "approval": own})

    async def effect_of(
        self, judged: Decision, call: ToolCall, spec: ToolSpec, now: datetime
    ) -> ProposedEffect | None:
        names, _hours = tool_policies.in_force().effect_terms(judged.rule)
        return effects_had.proposed(spec, call, names)

    async def take(self, policy: str, hour: datetime, cap: int) -> bool:
        return True

    async def turn(self, state: RunState, place: str, now: datetime) -> Turn:
        return Turn()

    async def heard(
        self, state: RunState, place: str, error: PlannerError | None, now: datetime
    ) -> None:
        return None

    def inquire(self, state: RunState, now: datetime) -> Inquiry | None:
        return None
