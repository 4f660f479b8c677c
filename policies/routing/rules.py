"""Which of an agent's models takes a run's next step: policies over where the run stands, the first
that holds decides. Pure.

Going to and fro costs the provider's cache and the model's thread, so that what a policy chose is
kept for some steps, whatever the policies say meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from console.json_value import Json
from policies.cel.expression import Expression, ExpressionContext, Unanswerable, compiled
from policies.patterns import fits

RULE: Final = "routing"
PLAN: Final = "plan"
STEP: Final = "step"
JUDGE: Final = "judge"
DEFAULT_HOLD: Final = 3
VOCABULARY: Mapping[str, Sequence[str] | None] = {
    "run": ("step", "tool", "verdict", "failures", "loop", "left"),
}
FUNCTIONS: frozenset[str] = frozenset()
FUNCTIONS_OF: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """A routing policy. When a run is of `agents`, its last call was of `tools` and `condition`
    holds (an empty one always does), the model of `tier` takes the step, and keeps it for `hold`
    steps.
    """

    name: str
    version: int
    agents: str
    tools: str
    condition: str
    tier: str
    hold: int
    compiled: Expression | None


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """Where a run stands before its next step.

    `tool` and `verdict` are those of its last call, empty before the first; `failures` are calls
    and turns in a row that did not succeed; `loop` from 0 to 1 how much it goes in circles; `left`
    the share of its own USD limit that is left, from 1 down to 0.
    """

    step: int
    tool: str = ""
    verdict: str = ""
    failures: int = 0
    loop: float = 0.0
    left: float = 1.0


@dataclass(frozen=True, slots=True)
class Routed:
    """The tier that takes the step, by its model `planner` once that is known, and which policy in
    which version says so.
    """

    tier: str
    rule: str = RULE
    version: int = 0
    sentence: str = ""
    hold: int = DEFAULT_HOLD
    planner: str = ""


USUAL = Routed(STEP, sentence="No policy holds any more: the usual model goes on.")


def expression(source: str) -> Expression | None:
    """The condition ready to be asked; None for an empty one. Raises BadExpression."""
    return compiled(source, VOCABULARY, FUNCTIONS) if source.strip() else None


def chosen(rules: Sequence[RoutingRule], agent: str, facts: RoutingFacts) -> Routed:
    """The tier that the first policy says that fits and holds; the usual one when there is none."""
    for each in rules:
        if fits(agent, each.agents) and fits(facts.tool, each.tools) and holds(each, facts):
            return Routed(each.tier, f"{RULE}:{each.name}", each.version, because(each), each.hold)
    return USUAL


def because(rule: RoutingRule) -> str:
    after = "" if rule.tools.strip() == "*" else f" after a call of {rule.tools}"
    return f"{rule.condition.strip() or 'Its policy'} holds{after}."


def holds(rule: RoutingRule, facts: RoutingFacts) -> bool:
    """Whether a policy's condition is true of these facts; a condition without an answer is not."""
    told: Mapping[str, Json] = {
        "step": facts.step,
        "tool": facts.tool,
        "verdict": facts.verdict,
        "failures": facts.failures,
        "loop": facts.loop,
        "left": facts.left,
    }
    if rule.compiled is None:
        return True
    try:
        return rule.compiled.holds(ExpressionContext({"run": dict(told)}, FUNCTIONS_OF, []))
    except Unanswerable:
        return False


def change(
    rules: Sequence[RoutingRule], agent: str, facts: RoutingFacts, tier: str, held_until: int
) -> Routed | None:
    """What changes before the next step; None when nothing does. `tier` took the step before and
    keeps the model up to and including step `held_until`.
    """
    if facts.step < held_until:
        return None
    found = chosen(rules, agent, facts)
    return None if found.tier == tier else found
