"""Which unknown facts a decision rests on: a dry run lacks facts that a live gate has, and says
which. Pure.

Errs on the safe side: a fact counts when a policy that was asked reads it, whether or not it made
the difference.
"""

from collections.abc import Iterator
from enum import StrEnum

from policies.cel import cel_source
from policies.cel.expression import Expression
from policies.decision import LETTING, Decision
from policies.gate.gate_facts import CallFacts, GatePolicy, Over, over_of
from policies.gate.rules import ARGUMENTS, Compiled, ToolGate
from policies.gate.stable_conditions import OF_THE_BOOK


class Unknown(StrEnum):
    """A fact of a call that may not be known, as people call it."""

    STEP = "the step"
    CALLS = "calls so far"
    TOKENS = "tokens"
    USD = "USD"
    GOAL = "the goal"
    TIME = "the time"
    WHO = "who the principal is"
    GROUPS = "the principal's groups"
    SOURCES = "where values come from"
    RUN_COUNT = "calls the policy allowed in this run"
    HOUR_COUNT = "calls the policy allowed in this hour"


OF_RUNS = {
    "run.step": Unknown.STEP,
    "run.calls": Unknown.CALLS,
    "run.tokens": Unknown.TOKENS,
    "run.usd": Unknown.USD,
    "run.goal": Unknown.GOAL,
}
OF_HISTORY = frozenset({*OF_RUNS.values(), Unknown.SOURCES, Unknown.RUN_COUNT})
"""Facts that follow from all that a run did and heard before."""


def rests_on(
    facts: CallFacts, gate: ToolGate, found: Decision, unknown: frozenset[Unknown]
) -> tuple[Unknown, ...]:
    """The unknown facts that are read by the policies that were asked, up to the one that
    decided.
    """
    if not unknown or found.rule == ARGUMENTS:
        return ()
    read = {each for policy in _asked(facts, gate, found, unknown) for each in _read(policy, found)}
    return tuple(each for each in Unknown if each in read & unknown)


def _asked(
    facts: CallFacts, gate: ToolGate, found: Decision, unknown: frozenset[Unknown]
) -> Iterator[Compiled]:
    """Policies that fit in order; where nobody knows the groups, also those that would fit if the
    principal were in theirs.
    """
    for each in gate.policies:
        groups = facts.groups | {each.policy.group} if Unknown.GROUPS in unknown else facts.groups
        if each.fits(facts.agent, facts.tool, facts.effect, groups):
            yield each
        if each.policy.name == found.rule:
            return


def _read(each: Compiled, found: Decision) -> Iterator[Unknown]:
    policy = each.policy
    if policy.group:
        yield Unknown.GROUPS
    yield from _of_expression(each.condition)
    if policy.name == found.rule:
        yield from _of_expression(each.caps)
        yield from _counted(policy, found)


def _counted(policy: GatePolicy, found: Decision) -> Iterator[Unknown]:
    """Counts are looked at last, that of the run before that of the hour."""
    over = over_of(found)
    if policy.verdict not in LETTING or "error" in found.facts or over is Over.CAPS:
        return
    if policy.cap_per_run is not None:
        yield Unknown.RUN_COUNT
    if policy.cap_per_hour is not None and over is not Over.RUN:
        yield Unknown.HOUR_COUNT


def _of_expression(expression: Expression | None) -> Iterator[Unknown]:
    if expression is None:
        return
    words = cel_source.tokens(expression.source)
    for path, _, _ in cel_source.paths(words, "run"):
        yield from (
            [OF_RUNS[path]]
            if path in OF_RUNS
            else ()
            if path in {"run.id", "run.recorded"}
            else OF_RUNS.values()
        )
    if "now" in expression.variables:
        yield Unknown.TIME
    asked = {path for path, _, _ in cel_source.paths(words, "principal")}
    if asked - {"principal.name", "principal.groups"}:
        yield Unknown.WHO
    if asked - {"principal.name", "principal.id"}:
        yield Unknown.GROUPS
    if expression.functions & OF_THE_BOOK:
        yield Unknown.SOURCES
