"""A rule's answer about what may happen next: gate, scopes, budgets, breakers, halts, loops,
retries and acceptance all give a `Decision`. Pure.

What a result means is not a decision but a `Verdict`, see `policies.verdicts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from console.json_value import Json


class DecisionKind(StrEnum):
    """What may happen next.

    Code that tells the kinds apart lists all of them: a kind that nobody listed is refused, never
    let through. The values are stored, in tool policies and in files of them.
    """

    ALLOW = "allow"
    ALLOW_WITH_CAPS = "allow_with_caps"
    """It may be done within the caps of the rule: a call whose arguments and counts keep them, a
    step on the cheaper planner that the facts name."""
    ASK = "require_approval"
    """A person decides."""
    DENY = "deny"
    """It is not done, and the planner reads why; the run goes on."""
    PAUSE = "pause"
    """The run stands where it is until somebody lets it go on."""
    STOP = "stop"
    """The run ends."""

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


LETTING = frozenset({DecisionKind.ALLOW, DecisionKind.ALLOW_WITH_CAPS})
ENDING = frozenset({DecisionKind.PAUSE, DecisionKind.STOP})


class StopReason(StrEnum):
    """Why a run ended, or why it is paused."""

    COMPLETED = "COMPLETED"
    LOOP_DETECTED = "LOOP_DETECTED"
    NO_PROGRESS = "NO_PROGRESS"
    DRIFTED = "DRIFTED"
    BUDGET_EXCEEDED = "BUDGET_EXCEEDED"
    RETRY_LIMIT_REACHED = "RETRY_LIMIT_REACHED"
    TOOL_FAILURE = "TOOL_FAILURE"
    PLANNER_FAILURE = "PLANNER_FAILURE"
    CIRCUIT_OPEN = "CIRCUIT_OPEN"
    TIMEOUT = "TIMEOUT"
    APPROVAL_DENIED = "APPROVAL_DENIED"
    APPROVAL_EXPIRED = "APPROVAL_EXPIRED"
    ACCEPTANCE_FAILED = "ACCEPTANCE_FAILED"
    POLICY_DENIED = "POLICY_DENIED"
    CONTEXT_EXHAUSTED = "CONTEXT_EXHAUSTED"
    CRASH_LOOP = "CRASH_LOOP"
    DEAD_LETTER = "DEAD_LETTER"
    IN_DOUBT = "IN_DOUBT"
    KILLED_IN_DOUBT = "KILLED_IN_DOUBT"
    COMPENSATION_FAILED = "COMPENSATION_FAILED"
    PRINCIPAL_GONE = "PRINCIPAL_GONE"
    USER_PAUSED = "USER_PAUSED"
    USER_KILLED = "USER_KILLED"


@dataclass(frozen=True, slots=True)
class Decision:
    """A rule's answer: which rule in which version, and a sentence that a person understands.

    `facts` say what it rests on and what follows from it: the limit that was reached, how a person
    is asked, the seconds to wait. Those of a question, a pause and a stop are kept in the journal.
    A pause and a stop name their `reason`; no other kind has one.
    """

    kind: DecisionKind
    rule: str = ""
    version: int = 0
    sentence: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    reason: StopReason | None = None

    def __post_init__(self) -> None:
        if (self.kind in ENDING) is (self.reason is None):
            raise ValueError(f"a decision to {self.kind}, with {self.reason} as its reason")

    @property
    def allowed(self) -> bool:
        """Whether it may be done now, with or without caps."""
        return self.kind in LETTING


ALLOWED = Decision(DecisionKind.ALLOW)
