"""A repetition found: what was repeated, how sure it is, and where.

Told by `sentences`, weighed by `detector`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.observations import LoopKind


class Manner(Enum):
    """What is being repeated."""

    CALL = auto()
    FAILURE = auto()
    ROUND = auto()
    REQUEST = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True)
class Repeats:
    """What one step repeats.

    `indices` are the steps, this one last; `tools` is one, or those of a round in their order.
    """

    kind: LoopKind
    manner: Manner
    score: float
    indices: tuple[int, ...]
    tools: tuple[str, ...] = ()


def sureness(wasted: float, limits: LoopThresholds) -> float:
    """The score of so many repetitions for nothing:
    each leaves a share of the doubt that was left."""
    return 1.0 - float(limits.repeat_fade**wasted)


def most_sure(found: Sequence[Repeats | None]) -> Repeats | None:
    return max((one for one in found if one), key=lambda one: one.score, default=None)
