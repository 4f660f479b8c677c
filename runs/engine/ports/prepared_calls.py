"""What was found out about the proposed calls of a turn before they are decided on."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from policies.decision import LETTING, Decision, DecisionKind
from policies.gate.effect_keys import ProposedEffect
from runs.engine.ports.planner_ports import ToolCall


@dataclass(frozen=True, slots=True)
class Prepared:
    """The facts found out about one proposed call just before it is decided on.

    `call` is the call with the arguments that they were found out for; for other arguments they say
    nothing. `decision` is that of the run's own rules and all policies, `breaker` that of the
    tool's breaker. The breaker is only asked about a call that may be made; a call whose breaker
    was not asked is not made. `effect` is what the call is known by, where its tool or its policy
    names that.
    """

    call: ToolCall
    decision: Decision
    breaker: Decision | None = None
    effect: ProposedEffect | None = None

    @property
    def lets(self) -> bool:
        """Whether the call is made without asking a person."""
        return self.decision.allowed and self.breaker is not None and self.breaker.allowed

    @property
    def unasked(self) -> bool:
        """Whether the breaker has still to be asked before the call is made."""
        return self.breaker is None and self.decision.kind in MAY_BE_MADE


MAY_BE_MADE = frozenset({*LETTING, DecisionKind.ASK})
PreparedCalls = Mapping[str, Prepared]
"""Facts by the name of the call that they are about. A call without facts is not allowed."""
NOTHING_KNOWN: PreparedCalls = MappingProxyType({})
UNPREPARED = Decision(
    DecisionKind.DENY,
    rule="unprepared",
    sentence="What its rules need to know of it was not found out, so it is not made.",
)
