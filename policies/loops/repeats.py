"""Things that are done again: identical calls, nearly identical ones, the same failure under other
arguments, the same words.
"""

from collections.abc import Iterator, Sequence

from policies.loops.evidence import Manner, Repeats, sureness
from policies.loops.loop_thresholds import LoopThresholds
from policies.loops.observations import LoopKind
from policies.loops.past_calls import PastCall, PastMessage, alike


def exact(call: PastCall, earlier: Sequence[PastCall], limits: LoopThresholds) -> Repeats | None:
    """Identical calls answered identically, with nothing new done since and no other answer in
    between (that would be polling), neither to this call nor to one that it waits for.
    """
    found = []
    for one in _since_news(earlier):
        if one.ask != call.ask or one.tool != call.tool:
            continue
        if one.answer != call.answer:
            break
        found.append(one)
    return _found(
        LoopKind.EXACT, Manner.CALL, found, call, sureness(wasted(found, call.turn, limits), limits)
    )


def near(call: PastCall, earlier: Sequence[PastCall], limits: LoopThresholds) -> Repeats | None:
    """Calls of one tool with nearly the same arguments and nearly the same answers.

    The caller sees to it that nothing new was learned.
    """
    found = [
        one
        for one in _since_news(earlier)
        if one.tool == call.tool and not (one.failed or one.swept) and _near(call, one, limits)
    ]
    return _found(
        LoopKind.NEAR, Manner.CALL, found, call, sureness(wasted(found, call.turn, limits), limits)
    )


def same_failure(
    call: PastCall, earlier: Sequence[PastCall], limits: LoopThresholds
) -> Repeats | None:
    """Calls of one tool that fail in the same way, whatever they were asked.

    A failure that a retry has mended does not count; an identical one before something new was done
    counts little: what was done has not mended it.
    """
    if not call.failed:
        return None
    before = _before_progress(call, earlier)
    same_tool = [one for one in _since_progress(earlier) if one.tool == call.tool]
    mended = {one.ask for one in same_tool if not one.failed}
    found = [
        one
        for one in same_tool
        if one.failed and one.ask not in mended and _same_answer(call, one, limits)
    ]
    weight = wasted(found, call.turn, limits) * limits.same_error_weight
    return _found(
        LoopKind.NEAR,
        Manner.FAILURE,
        [*found, *before],
        call,
        sureness(weight + len(before) * limits.told_between, limits),
    )


def _before_progress(call: PastCall, earlier: Sequence[PastCall]) -> list[PastCall]:
    """The identical failures before something new was done, backwards in time, as far as none of
    these calls worked.
    """
    done = max((one.index for one in earlier if one.progress), default=-1)
    found = []
    for one in reversed(earlier):
        if one.index >= done or not one.same_ask(call):
            continue
        if not one.same(call):
            break
        found.append(one)
    return found


def words(
    said: PastMessage, earlier: Sequence[PastMessage], limits: LoopThresholds
) -> Repeats | None:
    """A message said before, word for word or nearly."""
    found = [one for one in reversed(earlier) if alike(one.text, said.text, limits.alike_text)]
    kind = LoopKind.EXACT if all(one.text == said.text for one in found) else LoopKind.NEAR
    return _found(
        kind, Manner.WORDS, found, said, sureness(wasted(found, said.turn, limits), limits)
    )


def wasted(found: Sequence[PastCall | PastMessage], turn: int, limits: LoopThresholds) -> float:
    """How much repetitions weigh: what was done before somebody spoke weighs less."""
    return sum(1.0 if one.turn == turn else limits.told_between for one in found)


def _since_progress(earlier: Sequence[PastCall]) -> Iterator[PastCall]:
    for one in reversed(earlier):
        if one.progress:
            return
        yield one


def _since_news(earlier: Sequence[PastCall]) -> Iterator[PastCall]:
    """The calls since something new was done, or was seen to have gone on."""
    for one in _since_progress(earlier):
        if one.moved:
            return
        yield one


def _near(call: PastCall, one: PastCall, limits: LoopThresholds) -> bool:
    if one.same_ask(call):
        return one.answer == call.answer
    return alike(call.asked, one.asked, limits.alike_args) and _same_answer(call, one, limits)


def _same_answer(call: PastCall, one: PastCall, limits: LoopThresholds) -> bool:
    return call.answer == one.answer or alike(call.answered, one.answered, limits.alike_result)


def _found(
    kind: LoopKind,
    manner: Manner,
    found: Sequence[PastCall | PastMessage],
    now: PastCall | PastMessage,
    score: float,
) -> Repeats | None:
    """The repetition that `found` shows; `found` runs backwards in time."""
    if not found:
        return None
    tools = (now.tool,) if isinstance(now, PastCall) else ()
    return Repeats(kind, manner, score, (*(one.index for one in reversed(found)), now.index), tools)
