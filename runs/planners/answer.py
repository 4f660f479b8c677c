"""What a model answered, whatever the wire, as a planner's turn; raises PlannerError for an answer
that is none, with what it cost. Pure.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn

from runs.engine.engine_errors import Fault, PlannerError
from runs.engine.ports import Call, Json, Opaque, PlannerTurn, Usage
from runs.planners.conversation import Names
from runs.planners.reported import Reported


class Finish(StrEnum):
    """Why the model stopped speaking, in one word for the many that servers have."""

    DONE = "done"
    LENGTH = "length"
    FILTERED = "filtered"
    WINDOW = "window"
    BUSY = "busy"
    ERROR = "error"


FINISHES: Final = {
    **dict.fromkeys(("length", "max_tokens", "max_output_tokens", "model_length"), Finish.LENGTH),
    **dict.fromkeys(("token_limit", "limit", "max_length", "incomplete"), Finish.LENGTH),
    **dict.fromkeys(("content_filter", "content_filtered", "safety", "refusal"), Finish.FILTERED),
    **dict.fromkeys(("recitation", "prohibited_content", "blocklist", "spii"), Finish.FILTERED),
    **dict.fromkeys(("model_context_window_exceeded", "context_length_exceeded"), Finish.WINDOW),
    "insufficient_system_resource": Finish.BUSY,
    **dict.fromkeys(("error", "malformed_function_call", "abort", "cancelled"), Finish.ERROR),
}
REASONS: Final = {
    Finish.LENGTH: "The model's answer was cut off at the most tokens an answer may have.",
    Finish.FILTERED: (
        "The provider's content filter held the model's answer back, or the model declined to"
        " answer."
    ),
    Finish.WINDOW: "The context is too long: the model's window was full while it answered.",
    Finish.BUSY: "The provider had no capacity left to finish the model's answer.",
    Finish.ERROR: "The provider says that the model failed while answering.",
}
FAULTS: Final = {Finish.WINDOW: Fault.OVERFLOW, Finish.BUSY: Fault.TRANSIENT}
THOUGHT: Final = re.compile(
    r"\s*(?:<think(?:ing)?>)?(?P<thought>.*?)</think(?:ing)?>(?P<said>.*)", re.DOTALL
)
OPENS: Final = re.compile(r"\s*<think(?:ing)?>")


@dataclass(frozen=True, slots=True)
class WireCall:
    """A call as it stood on the wire: the tool's name there, and arguments of whatever type."""

    name: str
    args: Json


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from a model, read off either wire.

    `parts` is what only its maker understands, as it came, or None. `reported` is the usage that
    the provider told of, or None.
    """

    said: str = ""
    thinking: str = ""
    calls: tuple[WireCall, ...] = ()
    finish: Finish = Finish.DONE
    refusal: str = ""
    reported: Reported | None = None
    model: str = ""
    tier: str = ""
    parts: Json = None


def finish(word: Json) -> Finish:
    """By the word a server gave, however it is spelled; an unknown one ends nothing."""
    return FINISHES.get(str(word or "").strip().lower(), Finish.DONE)


def without_thinking(text: str) -> tuple[str, str]:
    """What was said, and what was only thought: servers that do not part them leave the model's
    thinking in its words, between tags.
    """
    if "</think" in text and (found := THOUGHT.fullmatch(text)):
        return found["said"].strip(), found["thought"].strip()
    if opened := OPENS.match(text):  # it never came to an end: all of it is thought
        return "", text[opened.end() :].strip()
    return text.strip(), ""


def turn(
    answer: Answer, step: int, named: Names, usage: Usage, model: str, maker: str
) -> PlannerTurn:
    """The turn of step `step`: with tool calls, words are the thought; without, they are the final
    answer.
    """
    # A cut-off answer is none at all: whether its last call is whole cannot be told, and half a
    # sentence is not a final answer.
    if answer.finish in REASONS or answer.refusal or not (answer.calls or answer.said):
        raise none_at_all(answer, usage)
    # Ids of our own: some servers give none, or the same again after a restart, and a call's id
    # must be unique in its run.
    calls = tuple(
        Call(f"call_{step}_{place}", named.from_wire(each.name), arguments(each.args))
        for place, each in enumerate(answer.calls, 1)
    )
    return PlannerTurn(
        thought=answer.said if calls else "",
        thinking=answer.thinking,
        calls=calls,
        final=None if calls else answer.said,
        usage=usage,
        model=model,
        opaque=None if answer.parts is None else Opaque(maker, answer.parts),
    )


def none_at_all(answer: Answer, usage: Usage) -> PlannerError:
    """Why an answer is none, as an error that says what it cost."""
    ended = Finish.FILTERED if answer.refusal else answer.finish
    return PlannerError(
        FAULTS.get(ended, Fault.MALFORMED),
        REASONS.get(ended, "The model's answer was empty."),
        usage=usage,
    )


def arguments(raw: Json) -> Mapping[str, Json] | str:
    """Arguments as an object, or the raw text when it is no JSON object: the gate refuses that, and
    the model reads why.
    """
    if raw is None:
        return {}
    if isinstance(raw, Mapping):
        return dict(raw)
    if not isinstance(raw, str):
        return json.dumps(raw)
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw, parse_constant=not_json)
    except (ValueError, RecursionError):
        return raw
    if isinstance(value, str):  # written as JSON twice over
        twice = arguments(value)
        return twice if isinstance(twice, Mapping) else raw
    return value if isinstance(value, dict) else raw


def not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
