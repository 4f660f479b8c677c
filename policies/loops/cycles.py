"""Rounds: A-B-A-B, A-B-C-A-B-C. The last calls, compared block by block with those before them."""

from collections.abc import Sequence

from policies.loops.evidence import Manner, Repeats, most_sure, sureness
from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.observations import LoopKind
from policies.loops.past_calls import PastCall

SHORTEST = 2


def cycle(calls: Sequence[PastCall], limits: LoopThresholds) -> Repeats | None:
    """The round with most repeated calls that ends at the last one, if any."""
    return most_sure(
        [_rounds(calls, period, limits) for period in range(SHORTEST, limits.longest_cycle + 1)]
    )


def _rounds(calls: Sequence[PastCall], period: int, limits: LoopThresholds) -> Repeats | None:
    if len(calls) < 2 * period or not calls[-1 - period].same(calls[-1]):
        return None
    block = calls[-period:]
    if not _changing(block):
        return None
    times = 1
    while _same_block(calls[-period * (times + 1) : -period * times], block):
        times += 1
    if times == 1:
        return None
    indices = tuple(call.index for call in calls[-period * times :])
    tools = tuple(call.tool for call in block)
    return Repeats(
        LoopKind.CYCLIC, Manner.ROUND, sureness(period * (times - 1), limits), indices, tools
    )


def _changing(block: Sequence[PastCall]) -> bool:
    """Whether a round has more than one call; a round of one call is reported as an exact
    repetition.
    """
    return any(not call.same_ask(block[0]) for call in block[1:])


def _same_block(earlier: Sequence[PastCall], block: Sequence[PastCall]) -> bool:
    return len(earlier) == len(block) and all(
        one.same(call) for one, call in zip(earlier, block, strict=True)
    )
