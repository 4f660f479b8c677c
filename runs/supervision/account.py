"""A compact account of a run for a judge: what each of its last steps wanted, called and was told.

Pure.
"""

from collections.abc import Iterator, Sequence

from console import figures
from console.json_value import Json
from runs.engine import tokens
from runs.engine.ports import ContextMessage, Speaker

THOUGHT, ARGUMENTS, ANSWER = 300, 240, 400
WHOLE = 30_000
"""Most characters of all steps together; older steps are left out."""
CALLS = 6
"""Most calls of one step that are told; the rest are counted."""


def steps(history: Sequence[ContextMessage], last: int, most: int) -> list[dict[str, Json]]:
    """The newest `most` steps, the last of which has the number `last`, oldest first."""
    found: list[dict[str, Json]] = []
    room = WHOLE
    for number, turn in zip(range(last, max(last - most, 0), -1), turns(history), strict=False):
        step = told(number, turn)
        room -= len(tokens.rendered(step))
        if found and room < 0:
            break
        found.append(step)
    return found[::-1]


def turns(history: Sequence[ContextMessage]) -> Iterator[list[ContextMessage]]:
    """Each decision of the planner with everything that followed on it, newest first."""
    following: list[ContextMessage] = []
    for message in reversed(history):
        following.append(message)
        if message.role is Speaker.ASSISTANT:
            yield following[::-1]
            following = []


def told(number: int, turn: Sequence[ContextMessage]) -> dict[str, Json]:
    decision, answers = (
        turn[0],
        {message.call_id: message.text for message in turn if message.role is Speaker.TOOL},
    )
    calls = [
        {
            "tool": call.tool,
            "arguments": figures.line(tokens.rendered(call.args), ARGUMENTS),
            "answer": figures.line(answers.get(call.id, "none yet"), ANSWER),
        }
        for call in decision.calls[:CALLS]
    ]
    hints = [
        figures.line(message.text, THOUGHT) for message in turn if message.role is Speaker.USER
    ]
    found: dict[str, Json] = {
        "step": number,
        "said": figures.line(decision.text, THOUGHT),
        "calls": calls,
        "was_told": hints,
    }
    if len(decision.calls) > CALLS:
        found["more_calls"] = len(decision.calls) - CALLS
    return {name: value for name, value in found.items() if value not in ("", [])}
