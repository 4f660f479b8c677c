"""What the planner is sent: prompt, goal, a summary of the older steps, and everything since word
for word. Pure.

When it passes `FULL` of what the model takes, older steps are folded into the summary until it is
down to `AFTER`. The two are far apart on purpose: between two compactions each request only adds to
the one before, so a provider's cache of the common beginning lives for many steps. The newest step
is never folded: no result is gone before the model has read it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from runs.engine import tokens
from runs.engine.engine_errors import ContextExhausted
from runs.engine.ports import ContextMessage, Speaker
from runs.engine.state import RunState

UNCOUNTED, COUNTED = 1.1, 1.03
"""How far an estimate may be wrong, before and after a provider's own count has corrected it."""
FULL = 0.9
AFTER = 0.2
SUMMARY = 0.1
LEAST = 200
"""Tokens that a summary may have in however small a window, if there is room for it."""
LEARNED = 0.9
"""Of a request that was too long, how much is tried next when nobody said what would fit."""


@dataclass(frozen=True, slots=True)
class FittedContext:
    """A context that fits; `estimate` is its size in unscaled tokens."""

    prompt: str
    state: RunState
    estimate: int

    def messages(self) -> Sequence[ContextMessage]:
        since = islice(self.state.history, self.state.folded, None)
        return (*before(self.state, self.prompt), *since)


def before(state: RunState, prompt: str) -> Sequence[ContextMessage]:
    """What stands before the steps that are sent as they were: prompt, goal, summary."""
    return (
        *((ContextMessage(Speaker.SYSTEM, prompt),) if prompt else ()),
        ContextMessage(Speaker.USER, state.goal),
        *((ContextMessage(Speaker.USER, state.summary),) if state.summary else ()),
    )


@dataclass(frozen=True, slots=True)
class Folding:
    """The first `messages` entries of the history are to be told by a summary of at most `most`
    tokens from now on.
    """

    messages: int
    most: int


def room(state: RunState) -> int | None:
    """Unscaled tokens that a request may have; None while nobody knows what the model takes."""
    return fitting(state, known_window(state), state.max_tokens_out)


def fitting(state: RunState, takes: int | None, answer: int) -> int | None:
    """The largest request in unscaled tokens, for a model that takes `takes` tokens of which
    `answer` are kept for what it says; None where nobody knows what it takes.
    """
    if takes is None:
        return None
    safety = UNCOUNTED if state.scale == 1.0 else COUNTED
    return int((takes - answer) / safety / state.scale)


def known_window(state: RunState) -> int | None:
    """Tokens that the model takes, request and answer together: the listed number, or less where a
    provider's refusal has taught so; None when neither is known.
    """
    known = [each for each in (state.window, state.learned_window) if each is not None]
    return min(known, default=None)


def window(state: RunState, prompt: str = "") -> FittedContext:
    """The context of the next planner call; raises ContextExhausted when goal, prompt, summary and
    the newest step alone do not fit the model's window.
    """
    most = room(state)
    if most is not None and state.context > most:
        raise ContextExhausted(
            f"The prompt, the goal and the last step alone are about"
            f" {int(state.context * state.scale):,} tokens; the model takes"
            f" {known_window(state):,}, of which {state.max_tokens_out:,} are kept for the answer"
            " and a little because tokens are only estimated."
        )
    return FittedContext(prompt, state, state.context)


def folding(state: RunState) -> Folding | None:
    """What is to be folded before the next call; None while there is room, or when nothing more can
    be folded.

    The summary is given no more room than the folding frees, and none that the newest step needs.
    """
    most = room(state)
    if most is None or state.context <= most * FULL:
        return None
    last = cut_at(state, int(most * AFTER) - int(most * SUMMARY))
    if last is None and state.summary and state.context > most:
        last = state.folded  # nothing more to fold, but the summary can still be shorter
    if last is None:
        return None
    freed = size_of(state, last)
    kept = state.context - freed
    share = max(int(most * SUMMARY), LEAST)
    return Folding(last, max(min(share, most - kept, freed // 2), 0))


def cut_at(state: RunState, kept: int) -> int | None:
    """The index in the history from which messages are kept word for word; None when there is
    nothing to fold.

    It is the beginning of a step, so that each call keeps its answer: the earliest step after which
    at most `kept` tokens follow, or the newest step when even that is larger.
    """
    found, size = None, state.overhead + tokens.of_text(state.goal)
    for place in range(len(state.history) - 1, state.folded, -1):
        message = state.history[place]
        size += tokens.of_message(message)
        if message.role is not Speaker.ASSISTANT:
            continue
        if found is not None and size > kept:
            break
        found = place
    return found


def size_of(state: RunState, messages: int) -> int:
    """Unscaled tokens sent for the first `messages` entries of the history: the summary so far, and
    the messages that it does not cover.
    """
    since = islice(state.history, state.folded, messages)
    return of_summary(state.summary) + sum(tokens.of_message(message) for message in since)


def of_summary(text: str) -> int:
    return tokens.of_text(text) if text else 0


def taught(state: RunState, told: int | None) -> int:
    """The window that a provider's "too long" teaches: the number it named when that explains the
    refusal, else `LEARNED` of what was sent.
    """
    sent = int(state.context * state.scale) + state.max_tokens_out
    return told if told is not None and 0 < told < sent else int(sent * LEARNED)
