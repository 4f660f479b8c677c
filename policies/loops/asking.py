"""A request that is made again in other words.

Free text is never repeated exactly: a run that circles words its request anew and is told much the
same.

Speaks of calls whose arguments are prose: questions, instructions, scripts. What is picked from a
list is a sweep, a letter sent is an effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from policies.loops import comparable
from policies.loops.evidence import Manner, Repeats
from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.observations import LoopKind
from policies.loops.past_calls import PastCall, alike

WORDS_A_VALUE = 6  # a form with one value to fill in has at least so many words around it
OPENING = 100  # characters in which an answer shows of what sort it is


@dataclass(frozen=True, slots=True)
class FreeTextRequest:
    """One request in free text: how much it was like those before it, how much of the answer was
    known, and which ones it resembled.
    """

    likeness: float
    known: float
    indices: tuple[int, ...]


def asked(
    call: PastCall, earlier: Sequence[PastCall], news: float, limits: LoopThresholds
) -> FreeTextRequest:
    """A request beside the earlier ones. Its likeness is the mean of four numbers: the likeness of
    the closest earlier request, the share of alike ones, the share of those with alike answers, and
    1 for an empty answer.
    """
    before = [one for one in earlier if one.control_requests][-limits.requests_compared :]
    likeness = [fuzz.ratio(call.asked, one.asked) for one in before]
    again = [
        one for one, like in zip(before, likeness, strict=True) if like >= limits.alike_request
    ]
    same_answer = sum(_opens_alike(call, one, limits) for one in again)
    parts = (
        max(likeness, default=0.0) / 100,
        len(again) / limits.requests_compared,
        same_answer / limits.requests_compared,
        float(comparable.is_nothing(call.answered)),
    )
    return FreeTextRequest(sum(parts) / len(parts), 1.0 - news, tuple(one.index for one in again))


def fills_in(call: PastCall, same_tool: Sequence[PastCall]) -> bool:
    """Whether a text is an earlier one with other values in its place, as a query over one table
    after the other is: a sweep, however many words stand around the value.
    """
    words = call.asked.split()
    return any(_one_form(words, one.asked.split()) for one in same_tool if one.ask != call.ask)


def _one_form(words: Sequence[str], other: Sequence[str]) -> bool:
    if len(words) != len(other):
        return False
    differing = sum(one != two for one, two in zip(words, other, strict=True))
    return differing <= max(1, len(words) // WORDS_A_VALUE)


def circling(
    recent: Sequence[FreeTextRequest], index: int, limits: LoopThresholds
) -> Repeats | None:
    """The repetition that the last few requests come to; None when they do not go in circles."""
    span = limits.requests_judged
    likeness, known = (
        sum(one.likeness for one in recent) / span,
        sum(one.known for one in recent) / span,
    )
    indices = sorted({one for each in recent for one in each.indices} | {index})
    if len(indices) == 1 or known < limits.requests_known or likeness <= limits.request_usual:
        return None
    score = min(
        1.0, (likeness - limits.request_usual) / (limits.request_certain - limits.request_usual)
    )
    return Repeats(LoopKind.NEAR, Manner.REQUEST, score, tuple(indices))


def _opens_alike(call: PastCall, one: PastCall, limits: LoopThresholds) -> bool:
    return alike(call.answered[:OPENING], one.answered[:OPENING], limits.alike_opening)
