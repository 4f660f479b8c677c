"""Does the run get anywhere?

Each step has a staleness; what exceeds the tolerated adds to a pressure that fades (a leaky CUSUM).

The score is the pressure's share of what it would come to if nothing new ever happened again.
"""

import re
from collections.abc import Sequence

from policies.loops import comparable
from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.past_calls import PastCall, closest_ask
from policies.loops.seen_filter import SeenFilter

FEW_WORDS = 2  # in an answer with an empty list: "found 12" is nothing, a row beside it is not
DAY = re.compile(r"\d{4}-\d\d-\d\d")
COMPARED = 8  # earlier calls of the same tool whose arguments are compared


def staleness(
    call: PastCall,
    same_tool: Sequence[PastCall],
    news: float,
    memory: SeenFilter,
    limits: LoopThresholds,
    words: int = 0,
) -> float:
    """How little a call taught, 0 to 1.

    `news` is the share of new words in its result, `words` how many different ones it has,
    `same_tool` the earlier calls of its tool.
    """
    again = [one for one in same_tool if one.ask == call.ask]
    nothing = comparable.is_nothing(call.answered) or (
        news == 0.0 and words <= FEW_WORDS and comparable.has_gap(call.answered)
    )
    if again and not call.failed and again[-1].answer != call.answer:
        return 0.0 if again[-1].failed else min(limits.changed, 1.0 - news)
    apart = not again and _tells_apart(call, same_tool, limits)
    listed = not again and (
        _from_a_list(call, memory) or (apart and _is_another_day(call, same_tool))
    )
    sweeping = listed or apart
    likeness = 1.0 if again else closest_ask(call, same_tool[-COMPARED:])
    stale = (1.0 - news) * (1.0 - limits.ask_weight * (1.0 - likeness))
    if nothing:
        stale = limits.empty_sweep if listed else limits.empty
    if call.failed:
        return max(stale, limits.failed)
    return min(stale, limits.sweep) if sweeping and not nothing else stale


def is_new_effect(call: PastCall, same_tool: Sequence[PastCall]) -> bool:
    """Whether a call that acts has changed the world in a way this run has
    not changed it before."""
    return not call.failed and not any(one.ask == call.ask for one in same_tool)


def has_moved(call: PastCall, same_tool: Sequence[PastCall]) -> bool:
    """Whether a call that was made before is answered as it never was: what it asks about goes on,
    and whatever is done in between is waiting.
    """
    again = [one for one in same_tool if one.ask == call.ask]
    return bool(again) and not call.failed and all(one.answer != call.answer for one in again)


def looks_again(call: PastCall, earlier: Sequence[PastCall]) -> bool:
    """Whether a call is made again for the first time since something new was done, or was seen to
    have gone on: one looks what came of it, or waits for more.
    """
    done = max((one.index for one in earlier if one.progress or one.moved), default=-1)
    last = max((one.index for one in earlier if one.same_ask(call)), default=done)
    return last < done and not call.failed


def _from_a_list(call: PastCall, memory: SeenFilter) -> bool:
    return bool(call.picked) and memory.all_from_outside(call.picked or frozenset())


def _is_another_day(call: PastCall, same_tool: Sequence[PastCall]) -> bool:
    """Whether a call asks of another day what was asked of one before: days are gone through
    without a list of them.
    """
    form = DAY.sub("", call.asked)
    return form != call.asked and any(form == DAY.sub("", one.asked) for one in same_tool)


def _tells_apart(call: PastCall, same_tool: Sequence[PastCall], limits: LoopThresholds) -> bool:
    """Whether a call asks for something else than those before it, in so many tokens, and is not
    told what they were told: one thing after the other is looked at.
    """
    if not call.picked:
        return False
    last = same_tool[-limits.same_answers :]
    return len(last) < limits.same_answers or any(one.letter != call.letter for one in last)


def pressed(pressure: float, stale: float, limits: LoopThresholds) -> float:
    """The pressure after one more step."""
    return max(0.0, pressure * limits.memory + stale - limits.tolerated)


def relieved(pressure: float, call: PastCall, earlier: Sequence[PastCall]) -> float:
    """The pressure once a retry has worked: the failures it repeated were patience, not a loop."""
    for one in reversed(earlier):
        if call.failed or not (one.failed and one.same_ask(call)):
            break
        pressure -= one.charge
    return max(0.0, pressure)


def score(pressure: float, limits: LoopThresholds) -> float:
    """The pressure as a score from 0 to 1."""
    return min(1.0, pressure * (1.0 - limits.memory) / (1.0 - limits.tolerated))
