"""The detector: a frozen state folded over observations, bounded in size, at a cost per step that
does not grow with the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.loops import asking, comparable, cycles, progress, repeats, sentences
from policies.loops.asking import FreeTextRequest
from policies.loops.comparable import Marks
from policies.loops.evidence import Repeats, most_sure
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.loops.observations import (
    CallObserved,
    LoopKind,
    Observation,
    OutsideWords,
    Said,
    found,
)
from policies.loops.past_calls import PastCall, PastMessage, remembered
from policies.loops.seen_filter import EMPTY, SeenFilter

NO_WORDS: frozenset[int] = frozenset()
RECENT = 12  # steps a finding of stagnation speaks of
WORTH_COMPARING = 6  # words: "Done." said twice is not a loop


@dataclass(frozen=True, slots=True)
class DetectorState:
    """All that is remembered of a run. `score` is the one after its last step."""

    calls: tuple[PastCall, ...] = ()
    words: tuple[PastMessage, ...] = ()
    asked: tuple[FreeTextRequest, ...] = ()
    memory: SeenFilter = EMPTY
    pressure: float = 0.0
    recent: tuple[tuple[int, bool], ...] = ()  # (step, was it stale)
    turn: int = 0  # how often somebody outside has spoken
    monologue: int = 0  # messages since the last call or word from outside
    score: float = 0.0


START = DetectorState()


def observe(
    state: DetectorState, observation: Observation, limits: LoopThresholds = DEFAULTS
) -> tuple[DetectorState, Decision]:
    """The state after one observation, and whether the run may go on after it (ALLOWED while the
    score is below `limits.hint`).
    """
    if isinstance(observation, CallObserved):
        return _called(state, observation, limits)
    if isinstance(observation, Said):
        return _said(state, observation, limits)
    return _told(state, observation, limits), ALLOWED


def _told(state: DetectorState, told: OutsideWords, limits: LoopThresholds) -> DetectorState:
    heard = comparable.marks(comparable.plain(told.text, limits.result_chars))
    news = state.memory.news(heard)
    return replace(
        state,
        memory=state.memory.with_texts(outside=heard),
        pressure=state.pressure * (1.0 - limits.told * news),
        turn=state.turn + bool(news),
        monologue=0,
    )


def _called(
    state: DetectorState, called: CallObserved, limits: LoopThresholds
) -> tuple[DetectorState, Decision]:
    answered = comparable.plain(called.result, limits.result_chars)
    call = remembered(called, answered, limits, state.turn)
    asked = comparable.marks(call.asked)
    heard = comparable.marks(answered, echo=asked.words)
    news = state.memory.news(heard)
    call, stale = _judged(state, called, call, heard, news, limits)
    confirmed = not called.failed and not comparable.is_nothing(answered)
    after = DetectorState(
        calls=(*state.calls, call)[-limits.window :],
        words=state.words,
        asked=_asked(state, call, news, limits),
        memory=state.memory.with_texts(
            own=asked, outside=heard, confirmed=asked.words if confirmed else NO_WORDS
        ),
        pressure=progress.pressed(
            progress.relieved(state.pressure, call, state.calls), stale, limits
        ),
        recent=(*state.recent, (call.index, stale > limits.tolerated))[-RECENT:],
        turn=state.turn,
    )
    return _concluded(after, _repeats(state.calls, after, news, stale, limits), limits)


def _judged(
    state: DetectorState,
    called: CallObserved,
    call: PastCall,
    heard: Marks,
    news: float,
    limits: LoopThresholds,
) -> tuple[PastCall, float]:
    same_tool = [one for one in state.calls if one.tool == call.tool]
    if call.picked is None and asking.fills_in(call, same_tool):
        call = replace(call, picked=comparable.marks(call.asked).words)
    effect = called.acts and progress.is_new_effect(call, same_tool)
    stale = (
        0.0
        if effect
        else progress.staleness(call, same_tool, news, state.memory, limits, len(heard.words))
    )
    if progress.looks_again(call, state.calls):
        stale = min(stale, limits.tolerated)
    charge = max(0.0, stale - limits.tolerated)
    swept = bool(call.picked) and not charge and bool(same_tool)
    moved = progress.has_moved(call, same_tool)
    return replace(call, progress=effect, charge=charge, swept=swept, moved=moved), stale


def _asked(
    state: DetectorState, call: PastCall, news: float, limits: LoopThresholds
) -> tuple[FreeTextRequest, ...]:
    if not call.control_requests:
        return state.asked
    return (*state.asked, asking.asked(call, state.calls, news, limits))[-limits.requests_judged :]


def _repeats(
    earlier: Sequence[PastCall],
    after: DetectorState,
    news: float,
    stale: float,
    limits: LoopThresholds,
) -> list[Repeats | None]:
    call = after.calls[-1]
    learned = news > limits.news or stale <= limits.empty_sweep
    return [
        repeats.exact(call, earlier, limits),
        repeats.same_failure(call, earlier, limits),
        cycles.cycle((*earlier, call), limits),
        None if learned or call.failed else repeats.near(call, earlier, limits),
        asking.circling(after.asked, call.index, limits) if call.control_requests else None,
    ]


def _said(
    state: DetectorState, said: Said, limits: LoopThresholds
) -> tuple[DetectorState, Decision]:
    text = comparable.plain(said.text, limits.result_chars)
    own = comparable.marks(text)
    message, worth = (
        PastMessage(said.index, text[: limits.args_chars], state.turn),
        len(own.words) >= WORTH_COMPARING,
    )
    again = repeats.words(message, state.words, limits) if worth else None
    stale = max(
        limits.repeated_text if again else 0.0, limits.monologue if state.monologue else 0.0
    )
    after = replace(
        state,
        words=(*state.words, message)[-limits.window :] if worth else state.words,
        memory=state.memory.with_texts(own=own),
        pressure=progress.pressed(state.pressure, stale, limits) if stale else state.pressure,
        recent=(*state.recent, (said.index, True))[-RECENT:] if stale else state.recent,
        monologue=state.monologue + 1,
    )
    return _concluded(after, [again], limits)


def _concluded(
    state: DetectorState, repeating: Sequence[Repeats | None], limits: LoopThresholds
) -> tuple[DetectorState, Decision]:
    """The decision on a run. Where repeated steps alone earn it, it tells of them rather than of
    the stagnation that they cause, since repeated steps can be laid side by side.
    """
    stagnation = progress.score(state.pressure, limits)
    repeated = most_sure(repeating)
    score = max(stagnation, repeated.score if repeated else 0.0)
    if score != state.score:
        state = replace(state, score=score)
    if score < limits.hint:
        return state, ALLOWED
    if repeated and limits.reached(repeated.score) is limits.reached(score):
        kind, indices, said = repeated.kind, repeated.indices, sentences.of_repeats(repeated)
    else:
        kind, indices = LoopKind.STAGNANT, tuple(index for index, stale in state.recent if stale)
        said = sentences.of_stagnation(indices, len(state.recent))
    what = _at_most_paused(state, indices, limits.reached(score))
    return state, found(what, kind, score, indices, said)


def _at_most_paused(
    state: DetectorState, indices: Sequence[int], what: DecisionKind
) -> DecisionKind:
    """The decision, with a stop softened to a pause for a run that only reads: it harms nobody, so
    a person looks at it first.
    """
    reads = {call.index for call in state.calls if not call.acts}
    oldest = min((call.index for call in state.calls), default=0)
    remembered = [index for index in indices if index >= oldest]
    read_only = what is DecisionKind.STOP and bool(reads) and reads.issuperset(remembered)
    return DecisionKind.PAUSE if read_only else what
