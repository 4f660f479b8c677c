"""The tool gate: of all policies that fit a call the first decides; none decides against.

Pure; fails closed.

Policies are compiled once and indexed by who calls what, so that hundreds of them cost a call next
to nothing.
"""

import fnmatch
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from console.json_value import Json
from policies.cel.cel_source import BadExpression
from policies.cel.expression import Expression, ExpressionContext, Unanswerable, compiled
from policies.cel.functions import NAMES, Functions
from policies.decision import Decision, DecisionKind
from policies.gate import effect_keys, stable_conditions, words
from policies.gate.gate_facts import (
    ANY,
    LINKS,
    PREPARED,
    VOCABULARY,
    WRITTEN,
    CallFacts,
    GatePolicy,
    Over,
    impossible,
    links_of,
    named,
    variables,
)

REMEMBERED = 4_096
NO_POLICY = "no-policy"
ARGUMENTS = "arguments"
NO_TERMS: tuple[tuple[str, ...], int | None] = ((), None)
UNWRITTEN = "its verdict is none that there is"
OVER = frozenset({DecisionKind.DENY, DecisionKind.ASK})


@dataclass(frozen=True, slots=True)
class Compiled:
    """A policy ready to be asked. `broken` says why it cannot be: it then denies whatever it fits.

    `steady` is what its condition reads when that seldom changes, `answered` what it said of it.
    """

    policy: GatePolicy
    agents: re.Pattern[str]
    tools: re.Pattern[str]
    condition: Expression | None = None
    caps: Expression | None = None
    broken: str = ""
    steady: tuple[str, ...] | None = None
    answered: dict[stable_conditions.ConditionKey, bool] = field(
        default_factory=dict, compare=False
    )

    def fits(self, agent: str, tool: str, effect: str, groups: frozenset[str]) -> bool:
        """All of it but the condition."""
        policy = self.policy
        return (
            policy.effect in {ANY, effect}
            and (not policy.group or policy.group in groups)
            and self.tools.match(tool) is not None
            and self.agents.match(agent) is not None
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """Policies that fit some calls, in order, and the names of all that their expressions read:
    their `links` apart, which are looked for once for each call.

    `steady` is what their conditions read when all of that seldom changes, `allowed` the answers
    for it that depend on nothing else.
    """

    policies: tuple[Compiled, ...]
    variables: frozenset[str]
    functions: frozenset[str]
    links: bool
    steady: tuple[str, ...] | None = None
    allowed: dict[stable_conditions.ConditionKey, Decision] = field(
        default_factory=dict, compare=False
    )


class ToolGate:
    """All policies in force, compiled.

    Nothing about it changes but what it remembers of its own index.
    """

    def __init__(self, policies: Iterable[GatePolicy] = ()) -> None:
        ordered = sorted(policies, key=lambda policy: (policy.priority, policy.name))
        self.policies: tuple[Compiled, ...] = tuple(compile_policy(policy) for policy in ordered)
        self._remembered: dict[tuple[str, str, str, frozenset[str]], Candidates] = {}
        self._effects = {
            each.name: (effect_keys.names_of(each.effect_key), each.effect_hours)
            for each in ordered
            if each.effect_key or each.effect_hours
        }

    def effect_terms(self, policy: str) -> tuple[tuple[str, ...], int | None]:
        """The arguments by which the policy of that name tells effects apart, and the hours in
        which they count over all runs; nothing for nearly all policies.
        """
        return self._effects.get(policy, NO_TERMS)

    def named(self, name: str) -> GatePolicy | None:
        return next((each.policy for each in self.policies if each.policy.name == name), None)

    def candidates(self, agent: str, tool: str, effect: str, groups: frozenset[str]) -> Candidates:
        key = (agent, tool, effect, groups)
        if (found := self._remembered.get(key)) is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            found = self._remembered[key] = _gathered(
                [each for each in self.policies if each.fits(*key)]
            )
        return found


def compile_policy(policy: GatePolicy) -> Compiled:
    """Never raises: a policy that cannot be read must not let its calls pass on to a milder one."""
    agents, tools = pattern(policy.agent), pattern(policy.tool)
    if policy.verdict not in WRITTEN:
        return Compiled(policy, agents, tools, broken=UNWRITTEN)
    if policy.over_cap not in OVER:
        return Compiled(policy, agents, tools, broken="over a cap it can only deny or ask a person")
    try:
        condition, caps = expression(policy.condition), expression(policy.caps)
    except BadExpression as wrong:
        return Compiled(policy, agents, tools, broken=str(wrong))
    steady = stable_conditions.steady(condition.reads, condition.functions) if condition else None
    return Compiled(policy, agents, tools, condition, caps, steady=steady)


def expression(source: str) -> Expression | None:
    """None for an empty one. Raises BadExpression."""
    return compiled(source, VOCABULARY, NAMES, PREPARED) if source.strip() else None


def pattern(names: str) -> re.Pattern[str]:
    """Names and shell patterns separated by spaces; nothing at all matches nothing."""
    return re.compile("|".join(fnmatch.translate(name) for name in names.split()) or r"(?!)")


def judge(facts: CallFacts, gate: ToolGate) -> Decision:
    """The first policy that fits decides. No policy, an error, impossible arguments: denied."""
    if wrong := impossible(facts.args):
        sentence = f"The arguments of {facts.tool} cannot be judged: {wrong}."
        return Decision(DecisionKind.DENY, ARGUMENTS, 0, sentence, {"error": wrong})
    if facts.provenance is not None:
        facts.provenance.begin()
    found = gate.candidates(facts.agent, facts.tool, facts.effect, facts.groups)
    case = GateCase(facts, found)
    key = case.steady(found.steady)
    if key is None:
        return _first(case, found)
    if (known := found.allowed.get(key)) is not None:
        return known
    decision = _first(case, found)
    uncounted = decision.kind is DecisionKind.ALLOW and not decision.facts
    if uncounted and len(found.allowed) < REMEMBERED:
        found.allowed[key] = decision
    return decision


def _first(case: "GateCase", found: Candidates) -> Decision:
    facts = case.facts
    for each in found.policies:
        try:
            if case.meets(each):
                return case.decided(each)
        except Unanswerable as wrong:
            policy, why = each.policy, str(wrong)
            sentence = words.failing(policy, facts, why)
            return Decision(
                DecisionKind.DENY, policy.name, policy.version, sentence, {"error": why}
            )
    return Decision(DecisionKind.DENY, NO_POLICY, 0, words.nobody(facts))


class GateCase:
    """One call before its candidates.

    The facts become CEL's values at most once, when the first expression asks.
    """

    def __init__(self, facts: CallFacts, found: Candidates) -> None:
        self.facts, self._found = facts, found
        self._context: ExpressionContext | None = None
        self._links: list[str] | None = None

    def meets(self, each: Compiled) -> bool:
        if each.broken:
            raise Unanswerable(each.broken)
        if each.condition is None:
            return True
        key = self.steady(each.steady)
        if key is None:
            return each.condition.holds(self._asked())
        if (known := each.answered.get(key)) is None:
            if len(each.answered) >= REMEMBERED:
                each.answered.clear()
            known = each.answered[key] = each.condition.holds(self._asked())
        return known

    def steady(self, read: tuple[str, ...] | None) -> stable_conditions.ConditionKey | None:
        """What is read of this call, if that seldom changes.

        An argument that is a link does, and more of them than can be judged.
        """
        if read is None or (LINKS in read and self._has_links()):
            return None
        return stable_conditions.key(read, self.facts)

    def _has_links(self) -> bool:
        try:
            return bool(self._linked())
        except Unanswerable:
            return True

    def _linked(self) -> list[str]:
        """The arguments that are links, looked for once. Raises Unanswerable for too many."""
        if self._links is None:
            self._links = links_of(self.facts)
        return self._links

    def decided(self, each: Compiled) -> Decision:
        policy, facts = each.policy, self.facts
        match policy.verdict:
            case DecisionKind.DENY:
                return refused(policy, words.denying(policy, facts))
            case DecisionKind.ASK:
                return asked(policy, words.asking(policy, facts), facts)
            case DecisionKind.ALLOW | DecisionKind.ALLOW_WITH_CAPS:
                return self._within(each, policy.verdict)
            case DecisionKind.PAUSE | DecisionKind.STOP:
                raise Unanswerable(UNWRITTEN)
        assert_never(policy.verdict)

    def _within(self, each: Compiled, kind: DecisionKind) -> Decision:
        """Allowed, unless it is over a cap."""
        policy, facts = each.policy, self.facts
        over = self._over(each)
        if over is not Over.NONE:
            return over_cap(policy, facts, over, each.caps.paths if each.caps else ())
        hourly = policy.cap_per_hour
        counted = {} if hourly is None else {"hourly": hourly}
        return Decision(kind, policy.name, policy.version, words.allowing(policy), counted)

    def _over(self, each: Compiled) -> Over:
        policy = each.policy
        if each.caps is not None and not each.caps.holds(self._asked()):
            return Over.CAPS
        if policy.cap_per_run is None and policy.cap_per_hour is None:
            return Over.NONE
        so_far = self.facts.so_far(policy.name)
        if policy.cap_per_run is not None and so_far.run >= policy.cap_per_run:
            return Over.RUN
        return (
            Over.HOUR
            if policy.cap_per_hour is not None and so_far.hour >= policy.cap_per_hour
            else Over.NONE
        )

    def _asked(self) -> ExpressionContext:
        if self._context is None:
            functions = Functions(self.facts.provenance)
            known = variables(self.facts, self._found.variables)
            if self._found.links:
                known[LINKS] = self._linked()
            self._context = ExpressionContext(
                known, functions.named(self._found.functions), functions.complaints
            )
        return self._context


def over_hour(policy: GatePolicy, facts: CallFacts) -> Decision:
    """The decision on an allowed call whose hour turned out to be used up when it was counted,
    since other runs had been quicker.
    """
    return over_cap(policy, facts, Over.HOUR, ())


def over_cap(policy: GatePolicy, facts: CallFacts, over: Over, paths: tuple[str, ...]) -> Decision:
    sentence = words.over(policy, facts, over, paths)
    if policy.over_cap is DecisionKind.ASK:
        return asked(policy, sentence, facts, over)
    return refused(policy, sentence, over)


def refused(policy: GatePolicy, sentence: str, over: Over = Over.NONE) -> Decision:
    why = {"over": over.value} if over else {}
    return Decision(DecisionKind.DENY, policy.name, policy.version, sentence, why)


def asked(policy: GatePolicy, sentence: str, facts: CallFacts, over: Over = Over.NONE) -> Decision:
    """A question to a person, with its terms; they see which arguments came out of tools."""
    shown: dict[str, Json] = {"version": policy.version}
    if marks := facts.provenance.marks(facts.args) if facts.provenance else ():
        shown["tainted"] = [mark.facts for mark in marks]
    shown["approval"] = policy.terms
    if over:
        shown["over"] = over.value
    return Decision(DecisionKind.ASK, policy.name, policy.version, sentence, shown)


def _gathered(policies: Sequence[Compiled]) -> Candidates:
    expressions = [
        each for one in policies for each in (one.condition, one.caps) if each is not None
    ]
    names = named(path for each in expressions for path in each.reads)
    read = [each.steady for each in policies if each.condition is not None]
    capped = any(
        each.broken or each.caps or each.policy.cap_per_run is not None for each in policies
    )
    return Candidates(
        tuple(policies),
        names - {LINKS},
        frozenset(name for each in expressions for name in each.functions),
        LINKS in names,
        None
        if capped or None in read
        else tuple(sorted({path for paths in read for path in paths or ()})),
    )
