"""An upper estimate of how many tokens a text will cost, calibrated by what the provider reported.

A token of English is about four bytes; three errs on the safe side, and the run's own `scale`
corrects it after each answer.
"""

import re

from console.journal.canonical_json import writer
from console.json_value import Json
from runs.engine import pictures
from runs.engine.ports import ContextMessage

BYTES_PER_TOKEN = 3
MESSAGE_OVERHEAD = 8
RESULT_CHARACTERS = 24_000
RUNWAY = re.compile(r"\n?\[[^\n]*left\]\s*$")


def of_text(text: str) -> int:
    """Tokens of a text, at most, before scaling."""
    return size(text) // BYTES_PER_TOKEN + MESSAGE_OVERHEAD


def size(text: str) -> int:
    """Bytes of a text on the wire."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def of_message(message: ContextMessage) -> int:
    """Tokens of one message, with its calls, pictures and opaque parts."""
    size = of_text(message.text) + sum(
        of_text(call.tool) + of_text(rendered(call.args)) for call in message.calls
    )
    size += sum(pictures.LINE + picture.tokens for picture in message.pictures)
    return size + of_text(rendered(message.opaque.parts)) if message.opaque else size


_written = writer(", ", ": ")


def rendered(value: Json) -> str:
    """JSON as a planner reads it: the same text before and after a trip through the journal."""
    return value if isinstance(value, str) else _written(value)


def cut(text: str, most: int) -> str:
    """The head and tail of a long text, with how much is missing between."""
    if len(text) <= most:
        return text
    head, tail = most * 3 // 4, len(text) - most // 4
    return f"{text[:head]}\n[… {tail - head:,} characters left out …]\n{text[tail:]}"


def beginning(text: str, most: int) -> str:
    """The text in at most `most` tokens; what is cut off is marked."""
    room = max((most - MESSAGE_OVERHEAD) * BYTES_PER_TOKEN, 0)
    if size(text) <= room:
        return text
    mark = " …"
    kept = text.encode("utf-8", "replace")[: max(room - size(mark), 0)]
    return f"{kept.decode('utf-8', 'ignore')}{mark}" if kept else ""


def without_runway(text: str) -> str:
    """A result without its line of what the run had left at the time: an outdated figure would
    mislead.
    """
    return RUNWAY.sub("", text)


def result_text(result: Json, error: str, runway: str) -> str:
    """What a tool's result says to the planner: the error or the result, cut to size, and the
    runway line.
    """
    spilled = result.get("$spilled") if isinstance(result, dict) else None
    if spilled:
        body = (
            f"{spilled.get('head', '')}\n[… {spilled.get('size', 0):,} bytes in all"
            f" …]\n{spilled.get('tail', '')}"
        )
    else:
        body = f"Error: {error}" if error else rendered(result)
    return "\n".join(part for part in (cut(body, RESULT_CHARACTERS), runway) if part)


def calibrated(reported: int, estimated: int, before: float = 1.0) -> float:
    """The provider's count divided by the estimate, between 0.3 and 3; `before` when the provider
    reported none.
    """
    return min(max(reported / estimated, 0.3), 3.0) if reported and estimated else before
