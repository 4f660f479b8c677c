"""The planner's window on a run: system prompt, goal, history; oldest tool results shortened first
when it would overflow. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from runs.engine import tokens
from runs.engine.errors import ContextExhausted
from runs.engine.ports import Message, Role
from runs.engine.state import State

SAFETY = 1.1


@dataclass(frozen=True, slots=True)
class Window:
    """A context that fits.

    `results` tool results of it are shortened; `estimate` is its size in unscaled tokens.
    """

    prompt: str
    state: State
    results: int
    estimate: int

    def messages(self) -> Sequence[Message]:
        return (
            *((Message(Role.SYSTEM, self.prompt),) if self.prompt else ()),
            Message(Role.USER, self.state.goal),
            *shortened(self.state.history, self.results),
        )


def window(state: State, prompt: str = "") -> Window:
    """The context of the next planner call; raises ContextExhausted when it cannot be made to fit
    the model's window.
    """
    room = (
        None
        if state.window is None
        else int((state.window - state.max_tokens_out) / SAFETY / state.scale)
    )
    if room is None or (state.context <= room and not state.shortened):
        return Window(prompt, state, 0, state.context)
    size, results = state.context, 0
    for message in state.history:
        if size <= room and results >= state.shortened:
            break
        if message.role is Role.TOOL:
            size, results = size - saving(message), results + 1
    if size > room:
        raise ContextExhausted(
            f"about {int(size * state.scale):,} tokens even shortened, and the model's window is"
            f" {state.window:,}"
        )
    return Window(prompt, state, results, size)


def saving(message: Message) -> int:
    return tokens.of_message(message) - tokens.of_message(short(message))


def short(message: Message) -> Message:
    return replace(message, text=tokens.cut(message.text, tokens.SHORTENED_CHARACTERS))


def shortened(history: Sequence[Message], results: int) -> Iterator[Message]:
    """The history with its oldest `results` tool results shortened."""
    for message in history:
        if results and message.role is Role.TOOL:
            results -= 1
            yield short(message)
        else:
            yield message
