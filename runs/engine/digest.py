"""A summary of steps without asking any model: one line for each call, the oldest ones counted.

Made of the whole history each time, so it depends on nothing but that; bounded in tokens.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import assert_never

from runs.engine import tokens
from runs.engine.ports import Call, Json, Message, Role

LEAST = 200
MARGIN = 24  # what a cut says of itself, and the message around it
ARGUMENTS = 120
ANSWER = 160
THOUGHT = 120
MOST_VALUES = 60
LONGEST_VALUE = 40
HEADING = (
    "[Steps 1 to {last} are summed up here; what they returned in full is no longer part of this"
    " conversation.]"
)
RUNWAY = re.compile(r"\n?\[[^\n]*left\]\s*$")
VALUE = re.compile(r"[\w.@+\-/:]+")


def of(history: Sequence[Message], most: int) -> str:
    """The summary of these messages in at most `most` tokens (as `runs.engine.tokens` counts)."""
    steps = list(lines(history))
    size = 0
    kept: list[str] = []
    for number, line in reversed(steps):
        size += len(line.encode("utf-8", "replace")) + 1
        if size // tokens.BYTES_PER_TOKEN > most * 3 // 4:
            break
        kept.append(f"{number}. {line}")
    last = sum(message.role is Role.ASSISTANT for message in history)
    dropped = steps[: len(steps) - len(kept)]
    gone = history[: after_step(history, dropped[-1][0])] if dropped else ()
    parts = [HEADING.format(last=last), *counted(gone, most), *reversed(kept)]
    return tokens.cut("\n".join(parts), (most - MARGIN) * tokens.BYTES_PER_TOKEN)


def lines(history: Sequence[Message]) -> Iterator[tuple[int, str]]:
    """A line for each call, or word, with the number of its step."""
    answers = {
        (step, message.call_id): message.text
        for step, message in numbered(history)
        if message.role is Role.TOOL
    }
    for step, message in numbered(history):
        match message.role:
            case Role.ASSISTANT:
                thought = one_line(message.text, THOUGHT)
                if thought:
                    yield step, f"said: {thought}"
                for call in message.calls:
                    yield step, told(call, answers.get((step, call.id)))
            case Role.USER:
                yield step, f"was told: {one_line(message.text, ANSWER)}"
            case Role.TOOL | Role.SYSTEM:
                pass
            case _ as never:
                assert_never(never)


def numbered(history: Sequence[Message]) -> Iterator[tuple[int, Message]]:
    """Each message with the number of the step that it belongs to."""
    step = 0
    for message in history:
        step += message.role is Role.ASSISTANT
        yield step, message


def told(call: Call, answer: str | None) -> str:
    """One call as a line: its arguments, and how its answer begins."""
    asked = one_line(tokens.rendered(call.args), ARGUMENTS)
    said = "no answer" if answer is None else one_line(RUNWAY.sub("", answer), ANSWER)
    return f"{call.tool}({asked}) -> {said}"


def after_step(history: Sequence[Message], step: int) -> int:
    """Where the first message after this step stands."""
    return next(
        (place for place, (at, _) in enumerate(numbered(history)) if at > step), len(history)
    )


def counted(gone: Sequence[Message], most: int) -> list[str]:
    """The steps for which there is no room as lines: how often each tool was called, and the values
    with digits in them (ids, numbers, addresses) that its calls named.
    """
    calls = [call for message in gone for call in message.calls]
    if not calls:
        return []
    last = sum(message.role is Role.ASSISTANT for message in gone)
    tools = Counter(call.tool for call in calls)
    named = list(dict.fromkeys(value for call in calls for value in values(call.args)))
    told = ", ".join(f"{tool} {count}x" for tool, count in tools.most_common())
    lines = [f"Steps 1 to {last}: {told}."]
    if named:
        room = most * tokens.BYTES_PER_TOKEN // 5
        lines.append(one_line(f"They named {', '.join(named[-MOST_VALUES:])}.", room))
    return lines


def values(given: Json) -> Iterator[str]:
    """Short values with a digit in them, at any depth."""
    if isinstance(given, Mapping):
        for value in given.values():
            yield from values(value)
    elif isinstance(given, list | tuple):
        for value in given:
            yield from values(value)
    elif isinstance(given, str | int) and not isinstance(given, bool):
        text = str(given)
        if len(text) <= LONGEST_VALUE and VALUE.fullmatch(text) and any(map(str.isdigit, text)):
            yield text


def one_line(text: str, most: int) -> str:
    plain = " ".join(text[: most * 4].split())
    return plain if len(plain) <= most else f"{plain[:most]}…"
