"""A summary of steps without asking a model: one line for each call, the oldest ones left out.

It is made of the whole history each time, so it depends on nothing else; its length in tokens is
bounded.
"""

from collections.abc import Iterator, Sequence
from typing import assert_never

from runs.engine import tokens
from runs.engine.ports import ContextMessage, Speaker, ToolCall

ARGUMENTS = 120
ANSWER = 160
THOUGHT = 120


def of(history: Sequence[ContextMessage], most: int) -> tuple[str, int]:
    """The newest steps of these messages as lines in at most `most` tokens (as
    `runs.engine.tokens` counts), and the last step for which there was no room; 0 when all are
    there.
    """
    steps = list(lines(history))
    size, kept = 0, 0
    for number, line in reversed(steps):
        size += tokens.size(f"{number}. {line}\n")
        if size > most * tokens.BYTES_PER_TOKEN:
            break
        kept += 1
    dropped = steps[: len(steps) - kept]
    told = "\n".join(f"{number}. {line}" for number, line in steps[len(dropped) :])
    return told, dropped[-1][0] if dropped else 0


def lines(history: Sequence[ContextMessage]) -> Iterator[tuple[int, str]]:
    """The number of the step and a line, for each call and each message."""
    answers = {
        (step, message.call_id): message.text
        for step, message in numbered(history)
        if message.role is Speaker.TOOL
    }
    for step, message in numbered(history):
        match message.role:
            case Speaker.ASSISTANT:
                thought = one_line(message.text, THOUGHT)
                if thought:
                    yield step, f"said: {thought}"
                for call in message.calls:
                    yield step, told(call, answers.get((step, call.id)))
            case Speaker.USER:
                yield step, f"was told: {one_line(message.text, ANSWER)}"
            case Speaker.TOOL | Speaker.SYSTEM:
                pass
            case _ as never:
                assert_never(never)


def numbered(history: Sequence[ContextMessage]) -> Iterator[tuple[int, ContextMessage]]:
    """Each message with the number of the step that it belongs to."""
    step = 0
    for message in history:
        step += message.role is Speaker.ASSISTANT
        yield step, message


def steps_of(history: Sequence[ContextMessage]) -> int:
    return sum(message.role is Speaker.ASSISTANT for message in history)


def told(call: ToolCall, answer: str | None) -> str:
    """One call as a line: its arguments, and how its answer begins."""
    said = "no answer" if answer is None else one_line(tokens.without_runway(answer), ANSWER)
    return f"{asked(call)} -> {said}"


def asked(call: ToolCall) -> str:
    return f"{call.tool}({one_line(tokens.rendered(call.args), ARGUMENTS)})"


def one_line(text: str, most: int) -> str:
    plain = " ".join(text[: most * 4].split())
    return plain if len(plain) <= most else f"{plain[:most]}…"
