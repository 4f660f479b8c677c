"""What a detector is shown and what it answers.

Frozen facts, no behaviour but the words that follow from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """How a run repeats itself."""

    EXACT = "exact"
    NEAR = "near"
    CYCLIC = "cyclic"
    STAGNANT = "stagnant"


class Advice(StrEnum):
    """What to do about it, mildest first. `NONE` is for scores below the first threshold."""

    NONE = ""
    HINT = "hint"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Called:
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
class Told:
    """Words from outside that no call asked for: the goal, a person's message, an approver's
    reason.
    """

    text: str


Observation = Called | Said | Told


@dataclass(frozen=True, slots=True)
class Finding:
    """A loop as people read it: how sure (0 to 1), of which kind, the repeated steps to lay side by
    side, one sentence, what to do.
    """

    score: float
    kind: Kind
    indices: tuple[int, ...]
    sentence: str
    advice: Advice

    @property
    def stop_reason(self) -> str:
        """The engine's word for a run that ends by this finding."""
        return "NO_PROGRESS" if self.kind is Kind.STAGNANT else "LOOP_DETECTED"
