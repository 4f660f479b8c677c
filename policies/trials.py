"""What would become of calls if a policy were as it stands in a form: judged as things are, and as they would be. Saves nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from policies import tool_policies
from policies.models import ToolPolicy
from policies.recorded_calls import Recorded
from policies.rules.gate import Gate, judge
from policies.rules.gate_facts import CallFacts, Ruled

SHOWN = 80


@dataclass(frozen=True, slots=True)
class Trial:
    """One call, judged twice. `run`, `step` and `at` are those of a recorded one."""

    facts: CallFacts
    now: Ruled
    then: Ruled
    run: UUID | None = None
    step: int | None = None
    at: datetime | None = None

    @property
    def arguments(self) -> list[tuple[str, str]]:
        """Names and values as text, cut to what a table holds."""
        proposed: Any = self.facts.args  # somebody may have written a list
        args = proposed if isinstance(proposed, Mapping) else {"": proposed}
        return [(name, _short(str(value))) for name, value in args.items()]

    @property
    def differs(self) -> bool:
        return (self.now.answer, self.now.rule) != (self.then.answer, self.then.rule)


def gates(edited: ToolPolicy) -> tuple[Gate, Gate]:
    """The policies in force, and the same with this one as edited: in its place, added, or left out when it is not enabled."""
    stored = list(ToolPolicy.objects.filter(enabled=True))
    others = [row for row in stored if row.pk != edited.pk]
    changed = [*others, edited] if edited.enabled else others
    return tuple(Gate(tool_policies.policy_of(row) for row in rows) for rows in (stored, changed))  # type: ignore[return-value]  # two


def tried(calls: Iterable[CallFacts | Recorded], edited: ToolPolicy) -> list[Trial]:
    now, then = gates(edited)
    return [_tried(call, now, then) for call in calls]


def _tried(call: CallFacts | Recorded, now: Gate, then: Gate) -> Trial:
    if isinstance(call, Recorded):
        return Trial(call.facts, judge(call.facts, now), judge(call.facts, then), call.run, call.step, call.at)
    return Trial(call, judge(call, now), judge(call, then))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
