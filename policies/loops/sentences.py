"""What was found, in words that a person understands at once."""

from collections.abc import Sequence
from typing import assert_never

from policies.loops.evidence import Manner, Repeats
from policies.loops.observations import LoopKind

SHOWN = 6


def of_repeats(repeats: Repeats) -> str:
    """What was repeated, how often, and where."""
    times, steps, exact = (
        len(repeats.indices),
        steps_of(repeats.indices),
        repeats.kind is LoopKind.EXACT,
    )
    match repeats.manner:
        case Manner.WORDS:
            return f"It said {'' if exact else 'nearly '}the same thing {times} times ({steps})."
        case Manner.REQUEST:
            return (
                f"It asked for much the same in other words {times} times, and the answers brought"
                f" little new ({steps})."
            )
        case Manner.FAILURE:
            return f"{repeats.tools[0]} failed {times} times in the same way ({steps})."
        case Manner.ROUND:
            rounds, names = times // len(repeats.tools), ", ".join(repeats.tools)
            return (
                f"The same {len(repeats.tools)} calls went round {rounds} times: {names} ({steps})."
            )
        case Manner.CALL if exact:
            return (
                f"{repeats.tools[0]} was called {times} times with the same arguments and gave the"
                f" same answer each time ({steps})."
            )
        case Manner.CALL:
            return (
                f"{repeats.tools[0]} was called {times} times with nearly the same arguments and"
                f" brought nothing new ({steps})."
            )
    assert_never(repeats.manner)


def of_stagnation(stale: Sequence[int], looked_at: int) -> str:
    """The sentence for a run that learns nothing. `stale` are the steps that brought nothing new,
    of the last `looked_at`.
    """
    return (
        f"{len(stale)} of the last {looked_at} steps brought little or nothing new"
        f" ({steps_of(stale)})."
    )


def steps_of(indices: Sequence[int]) -> str:
    """`steps 3, 5, 7`, the last few of many."""
    shown = ", ".join(str(index) for index in indices[-SHOWN:])
    return (
        f"{'step' if len(indices) == 1 else 'steps'} {'… ' if len(indices) > SHOWN else ''}{shown}"
    )
