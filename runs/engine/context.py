"""What the planner is sent: prompt, goal, a summary of what was folded away, and everything since,
word for word. Pure.

When it passes `FULL` of what the model takes, older steps are folded into the summary until it is
down to `AFTER`. The two are far apart on purpose: between two compactions each request only adds to
the one before, so a provider's cache of the common beginning lives for many steps. The newest step
is never folded: no result is gone before the model has read it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from runs.engine import digest, tokens
from runs.engine.engine_errors import ContextExhausted
from runs.engine.ports import Message, Role
from runs.engine.state import State

UNCOUNTED, COUNTED = 1.1, 1.03
"""How far an estimate may be wrong, before and after a provider's own count has corrected it."""
FULL = 0.9
AFTER = 0.2
SUMMARY = 0.1
LEARNED = 0.9
"""Of a request that was too long, how much is tried next when nobody said what would fit."""


@dataclass(frozen=True, slots=True)
class Window:
    """A context that fits; `estimate` is its size in unscaled tokens."""

    prompt: str
    state: State
    estimate: int

    def messages(self) -> Sequence[Message]:
        return (
            *((Message(Role.SYSTEM, self.prompt),) if self.prompt else ()),
            Message(Role.USER, self.state.goal),
            *((Message(Role.USER, self.state.summary),) if self.state.summary else ()),
            *islice(self.state.history, self.state.folded, None),
        )


@dataclass(frozen=True, slots=True)
class Compaction:
    """The first `messages` entries of the history, told by `summary` from now on."""

    messages: int
    summary: str


def room(state: State) -> int | None:
    """Unscaled tokens that a request may have; None while nobody knows what the model takes."""
    takes = known_window(state)
    if takes is None:
        return None
    safety = UNCOUNTED if state.scale == 1.0 else COUNTED
    return int((takes - state.max_tokens_out) / safety / state.scale)


def known_window(state: State) -> int | None:
    """Tokens that the model takes, question and answer together: as listed, and no more than what
    a provider's refusal has taught.
    """
    known = [each for each in (state.window, state.learned_window) if each is not None]
    return min(known, default=None)


def window(state: State, prompt: str = "") -> Window:
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
    return Window(prompt, state, state.context)


def compaction(state: State) -> Compaction | None:
    """What is folded before the next call; None while there is room, or nothing more to fold."""
    most = room(state)
    if most is None or state.context <= most * FULL:
        return None
    last = cut_at(state, int(most * AFTER) - int(most * SUMMARY))
    if last is None:
        return None
    summary = digest.of(state.history[:last], max(int(most * SUMMARY), digest.LEAST))
    made = Compaction(last, summary)
    return made if state.context - saving(state, made) < state.context else None


def cut_at(state: State, kept: int) -> int | None:
    """Where the part begins that stays as it is: a step's beginning, so that each call keeps its
    answer; the earliest after which at most `kept` tokens follow, the newest step's at the latest.
    """
    found, size = None, state.overhead + tokens.of_text(state.goal)
    for place in range(len(state.history) - 1, state.folded, -1):
        message = state.history[place]
        size += tokens.of_message(message)
        if message.role is not Role.ASSISTANT:
            continue
        if found is not None and size > kept:
            break
        found = place
    return found


def saving(state: State, made: Compaction) -> int:
    """Unscaled tokens by which the context shrinks."""
    folded = islice(state.history, state.folded, made.messages)
    return (
        sum(tokens.of_message(message) for message in folded)
        + (tokens.of_text(state.summary) if state.summary else 0)
        - tokens.of_text(made.summary)
    )


def taught(state: State, told: int | None) -> int:
    """The window that a provider's "too long" teaches: the one it named, when that explains its
    refusal; else a little less than what was sent.
    """
    sent = int(state.context * state.scale) + state.max_tokens_out
    return told if told is not None and 0 < told < sent else int(sent * LEARNED)
