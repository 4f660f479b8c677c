"""What a model answered, as a turn; raises PlannerError for an answer that is none, with what it
cost.
"""

import json
from collections.abc import Mapping
from typing import Final, NoReturn

from pydantic_ai.messages import ModelResponse, TextPart, ThinkingPart, ToolCallPart

from runs.engine.engine_errors import Fault, PlannerError
from runs.engine.ports import Call, Json, PlannerTurn, Usage
from runs.planners.conversation import Names

REASONS: Final = {
    "length": "The model's answer was cut off at the most tokens an answer may have.",
    "content_filter": (
        "The provider's content filter held the model's answer back, or the model declined to"
        " answer."
    ),
    "error": "The provider says that the model failed while answering.",
}


def turn(response: ModelResponse, step: int, named: Names, usage: Usage, model: str) -> PlannerTurn:
    """The turn of step `step`: with tool calls, words are the thought; without, they are the final
    answer.
    """
    asked = [part for part in response.parts if isinstance(part, ToolCallPart)]
    said = "".join(part.content for part in response.parts if isinstance(part, TextPart)).strip()
    thinking = "\n\n".join(
        part.content for part in response.parts if isinstance(part, ThinkingPart) if part.content
    ).strip()
    # A cut-off answer is none at all: whether its last call is whole cannot be told, and half a
    # sentence is not a final answer.
    if response.finish_reason in REASONS or not (asked or said):
        raise PlannerError(
            Fault.MALFORMED,
            REASONS.get(response.finish_reason or "", "The model's answer was empty."),
            usage=usage,
        )
    # Ids of our own: some servers give none, or the same again after a restart, and a call's id
    # must be unique in its run.
    calls = tuple(
        Call(f"call_{step}_{place}", named.from_wire(part.tool_name), arguments(part.args))
        for place, part in enumerate(asked, 1)
    )
    return PlannerTurn(
        thought=(said or thinking) if calls else thinking,
        calls=calls,
        final=None if calls else said,
        usage=usage,
        model=model,
    )


def arguments(raw: str | Mapping[str, Json] | None) -> Mapping[str, Json] | str:
    """Arguments as an object, or the raw text when it is no JSON object: the gate refuses that, and
    the model reads why.
    """
    if not isinstance(raw, str):
        return dict(raw or {})
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw, parse_constant=not_json)
    except (ValueError, RecursionError):
        return raw
    return value if isinstance(value, dict) else raw


def not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
