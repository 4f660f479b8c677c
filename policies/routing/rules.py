"""Which of an agent's models takes a run's next step: rules over where the run stands, the first
that holds decides. Pure.

Going to and fro costs the provider's cache and the model's thread, so that what a rule chose is
kept for some steps, whatever the rules say meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.json_value import Json
from policies.cel.cel_source import BadExpression
from policies.cel.expression import Expression, ExpressionContext, Unanswerable, compiled

PLAN, STEP = "plan", "step"
TIERS = (PLAN, STEP)
MOST_RULES = 20
MOST_STEPS = 1_000
DEFAULT_HOLD = 3
FIELDS = frozenset({"name", "when", "tier", "hold"})
VOCABULARY: Mapping[str, Sequence[str] | None] = {
    "run": ("step", "verdict", "failures", "loop", "left"),
}
FUNCTIONS: frozenset[str] = frozenset()
FUNCTIONS_OF: Mapping[str, Any] = {}


class BadRouting(ValueError):
    """Rules nobody should save; the text says what is wrong with which."""


@dataclass(frozen=True, slots=True)
class RoutingRule:
    """When `when` holds, the model of `tier` takes the step, and keeps it for `hold` steps."""

    name: str
    source: str
    when: Expression
    tier: str
    hold: int = DEFAULT_HOLD


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """Where a run stands before its next step.

    `verdict` is that of its last call, empty before the first; `failures` are calls and turns in a
    row that did not succeed; `loop` from 0 to 1 how much it goes in circles; `left` the share of
    its own USD limit that is left, from 1 down to 0.
    """

    step: int
    verdict: str = ""
    failures: int = 0
    loop: float = 0.0
    left: float = 1.0


@dataclass(frozen=True, slots=True)
class Routed:
    """The tier that takes the step, by its model `planner` once that is known, and which rule says
    so; no rule: the usual one.
    """

    tier: str
    rule: str = ""
    sentence: str = ""
    hold: int = DEFAULT_HOLD
    planner: str = ""


USUAL = Routed(STEP, sentence="No rule holds any more: the usual model goes on.")


def read(raw: Json) -> tuple[RoutingRule, ...]:
    """Rules as they are stored: `[{"name", "when", "tier", "hold"?}]`. Raises BadRouting."""
    if not isinstance(raw, list) or len(raw) > MOST_RULES:
        raise BadRouting(f"Routing is a list of at most {MOST_RULES} rules.")
    found = tuple(rule(number, each) for number, each in enumerate(raw, 1))
    names = [each.name for each in found]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise BadRouting(f"There are two rules named “{doubled[0]}”.")
    return found


def rule(number: int, raw: Json) -> RoutingRule:
    """One rule; raises BadRouting with its place."""
    if not isinstance(raw, Mapping) or raw.keys() - FIELDS or not {"when", "tier"} <= raw.keys():
        raise BadRouting(f"Rule {number} has name, when, tier and hold, and nothing else.")
    name, tier = str(raw.get("name") or f"rule-{number}"), raw["tier"]
    if tier not in TIERS:
        raise BadRouting(f"Rule {number} “{name}”: its tier is {' or '.join(TIERS)}.")
    hold = raw.get("hold", DEFAULT_HOLD)
    if not isinstance(hold, int) or isinstance(hold, bool) or not 1 <= hold <= MOST_STEPS:
        raise BadRouting(f"Rule {number} “{name}”: hold is a number of steps, at least 1.")
    source = str(raw["when"])
    try:
        return RoutingRule(name, source, compiled(source, VOCABULARY, FUNCTIONS), tier, hold)
    except BadExpression as wrong:
        raise BadRouting(f"Rule {number} “{name}”: {wrong}") from wrong


def chosen(rules: Sequence[RoutingRule], facts: RoutingFacts) -> Routed:
    """By the first rule that holds. One that has no answer for these facts does not."""
    told = {
        "step": facts.step,
        "verdict": facts.verdict,
        "failures": facts.failures,
        "loop": facts.loop,
        "left": facts.left,
    }
    for each in rules:
        if holds(each, told):
            return Routed(each.tier, each.name, f"{each.source.strip()} holds.", each.hold)
    return USUAL


def holds(each: RoutingRule, told: Mapping[str, Json]) -> bool:
    try:
        return each.when.holds(ExpressionContext({"run": dict(told)}, FUNCTIONS_OF, []))
    except Unanswerable:
        return False


def change(
    rules: Sequence[RoutingRule], facts: RoutingFacts, tier: str, held_until: int
) -> Routed | None:
    """What is to change before the next step; None while it stays as it is.

    `tier` took the step before and keeps it up to and with step `held_until`.
    """
    if not rules or facts.step < held_until:
        return None
    found = chosen(rules, facts)
    return None if found.tier == tier else found
