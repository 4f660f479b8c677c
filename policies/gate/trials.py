"""What would become of calls if a policy were as a form has it: each is judged by the policies in
force, and by the edited ones. Saves nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from console import figures
from policies.decision import Decision
from policies.gate import rows as tool_policies
from policies.gate import unknown as gate_unknown
from policies.gate.gate_facts import CallFacts
from policies.gate.models import ToolPolicy
from policies.gate.recorded_calls import Recorded
from policies.gate.rules import ToolGate, judge
from policies.gate.unknown import Unknown

SHOWN = 80


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call that somebody wrote down, with the facts they left out."""

    facts: CallFacts
    unknown: frozenset[Unknown] = frozenset()


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    """One call, judged twice. `run`, `step` and `at` are those of a recorded call. `unknown`: the
    facts not known here; `rests_on`: those of them that the edited policies read on the way to
    their decision.
    """

    facts: CallFacts
    now: Decision
    then: Decision
    unknown: frozenset[Unknown] = frozenset()
    rests_on: tuple[Unknown, ...] = ()
    run: UUID | None = None
    step: int | None = None
    at: datetime | None = None

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """Names and values as text, cut to what a table holds."""
        proposed: Any = self.facts.args  # somebody may have written a list
        args = proposed if isinstance(proposed, Mapping) else {"": proposed}
        return [(name, figures.cut(str(value), SHOWN)) for name, value in args.items()]

    @property
    def not_known(self) -> str:
        return ", ".join(each.value for each in Unknown if each in self.unknown)

    @property
    def resting(self) -> str:
        return ", ".join(each.value for each in self.rests_on)

    @property
    def differs(self) -> bool:
        return (self.now.kind, self.now.rule) != (self.then.kind, self.then.rule)


def gates(edited: ToolPolicy) -> tuple[ToolGate, ToolGate]:
    """The policies in force, and the same with this one as edited: in its place, added, or left out
    when it is not enabled.
    """
    stored = list(ToolPolicy.objects.filter(enabled=True))
    others = [row for row in stored if row.pk != edited.pk]
    changed = [*others, edited] if edited.enabled else others
    now, then = (
        ToolGate(tool_policies.policy_of(row) for row in rows) for rows in (stored, changed)
    )
    return now, then


def tried(calls: Iterable[Recorded | WrittenCall], edited: ToolPolicy) -> list[PolicyTrial]:
    return list(each_tried(calls, edited))


def each_tried(
    calls: Iterable[Recorded | WrittenCall], edited: ToolPolicy
) -> Iterator[PolicyTrial]:
    now, then = gates(edited)
    for call in calls:
        yield _tried(call, now, then)


def _tried(call: Recorded | WrittenCall, now: ToolGate, then: ToolGate) -> PolicyTrial:
    facts, unknown = call.facts, call.unknown
    here, there = judge(facts, now), judge(facts, then)
    rests_on = gate_unknown.rests_on(facts, then, there, unknown)
    if isinstance(call, WrittenCall):
        return PolicyTrial(facts, here, there, unknown, rests_on)
    return PolicyTrial(facts, here, there, unknown, rests_on, call.run, call.step, call.at)
