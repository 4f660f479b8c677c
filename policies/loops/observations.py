"""What a detector is shown, and its decision.

Frozen facts, no behaviour but the words that follow from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from policies.decision import ENDING, Decision, DecisionKind, StopReason

RULE = "loop"


class LoopKind(StrEnum):
    """How a run repeats itself."""

    EXACT = "exact"
    NEAR = "near"
    CYCLIC = "cyclic"
    STAGNANT = "stagnant"


@dataclass(frozen=True, slots=True)
class CallObserved:
    """A call that came back.

    `result` is the text the planner saw; `failed` is the verdict's word, not the transport's.

    `acts` says that the tool changes the world: a call of it that is new and succeeds is progress,
    whatever it answers.
    """

    index: int
    tool: str
    args: Mapping[str, Any] | str
    result: str
    failed: bool = False
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """Words of the agent without a call: an answer, a message to another agent."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class OutsideWords:
    """Words from outside that no call asked for: the goal, a person's message, an approver's
    reason.
    """

    text: str


Observation = CallObserved | Said | OutsideWords


def found(
    what: DecisionKind, kind: LoopKind, score: float, indices: tuple[int, ...], sentence: str
) -> Decision:
    """What becomes of a run in a loop: at first only a hint, which is an ALLOW with a sentence.

    The facts say how sure it is (0 to 1), of which kind, and which steps to lay side by side.
    """
    facts = {"kind": kind.value, "score": score, "indices": indices}
    reason = stop_reason(kind) if what in ENDING else None
    return Decision(what, f"{RULE}-{kind.value}", 0, sentence, facts, reason)


def stop_reason(kind: LoopKind) -> StopReason:
    return StopReason.NO_PROGRESS if kind is LoopKind.STAGNANT else StopReason.LOOP_DETECTED
