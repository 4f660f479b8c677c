"""The messages format: Anthropic itself, and what stands before it or speaks it too. Pure.

A request marks where the provider may cache: at the prompt, at the goal with its summary, and at
the last two turns, so that the part which did not change is paid at a tenth.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from console.json_value import Json
from runs.engine.ports import PlanRequest, ToolSpec
from runs.planners import faults
from runs.planners.answer import ModelAnswer, WireCall, once_each
from runs.planners.conversation import (
    Conversation,
    ModelTurn,
    Names,
    SentPicture,
    ToldTurn,
    arguments,
    last_with_calls,
    own_parts,
    parameters,
)
from runs.planners.endpoint import Endpoint
from runs.planners.finish_words import finish
from runs.planners.model_settings import ModelSettings
from runs.planners.reported import anthropic_usage

CACHE: Final = {"type": "ephemeral"}
THINKING: Final = frozenset({"thinking", "redacted_thinking"})
BUDGETS: Final = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384}
LEAST_BUDGET: Final = 1_024
ADAPTIVE: Final = ("claude-opus-5", "claude-sonnet-5", "claude-haiku-5", "claude-fable", "claude-m")
ADAPTIVE_FOUR: Final = tuple(
    f"claude-{name}-4-{minor}" for name in ("opus", "sonnet", "haiku") for minor in (6, 7, 8, 9)
)
"""Models that are told an effort; the ones before them a budget of tokens for their thinking."""


def body(
    endpoint: Endpoint,
    settings: ModelSettings,
    request: PlanRequest,
    talk: Conversation,
    named: Names,
) -> dict[str, Json]:
    """The request's JSON."""
    thinking = thinks(endpoint, settings, request, talk)
    asked: dict[str, Json] = {
        "model": endpoint.model,
        "messages": messages(talk, named, endpoint.maker),
        "max_tokens": request.max_tokens_out,
        **thinking,
    }
    if talk.system:
        asked["system"] = [{"type": "text", "text": talk.system}]
    if settings.temperature is not None and not thinking:
        asked["temperature"] = float(settings.temperature)
    if request.tools:
        asked["tools"] = [definition(tool, named) for tool in request.tools]
        if settings.one_call:
            asked["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
    if settings.caching:
        mark(asked)
    return {**asked, **settings.body}


def thinks(
    endpoint: Endpoint, settings: ModelSettings, request: PlanRequest, talk: Conversation
) -> dict[str, Json]:
    """How the model is told to think. Not at all where its last turn called tools without its
    thinking, which another model took: the provider would refuse to go on from there.
    """
    if settings.effort in ("", "none"):
        return {}
    newest = last_with_calls(talk.turns)
    if newest and not has_thinking(newest, endpoint.maker):
        return {}
    if endpoint.model.startswith(ADAPTIVE + ADAPTIVE_FOUR):
        effort = "low" if settings.effort == "minimal" else settings.effort
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    budget = min(BUDGETS.get(settings.effort, LEAST_BUDGET), request.max_tokens_out - 1)
    if budget < LEAST_BUDGET:
        return {}
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def has_thinking(turn: ModelTurn, maker: str) -> bool:
    kept = own_parts(turn, maker)
    parts = kept.parts if kept and isinstance(kept.parts, list) else []
    return any(kind(part) in THINKING for part in parts)


def definition(tool: ToolSpec, named: Names) -> dict[str, Json]:
    return {
        "name": named.to_wire(tool.name),
        "description": tool.description,
        "input_schema": parameters(tool),
    }


def messages(talk: Conversation, named: Names, maker: str) -> list[dict[str, Json]]:
    return [
        {"role": "user", "content": told(turn)}
        if isinstance(turn, ToldTurn)
        else {"role": "assistant", "content": spoken(turn, named, maker)}
        for turn in talk.turns
    ]


def told(turn: ToldTurn) -> list[dict[str, Json]]:
    results = [
        {
            "type": "tool_result",
            "tool_use_id": each.call,
            "content": [{"type": "text", "text": each.text}, *map(image, each.pictures)],
        }
        for each in turn.results
    ]
    return [*results, *({"type": "text", "text": words} for words in turn.words)]


def image(picture: SentPicture) -> dict[str, Json]:
    source = {"type": "base64", "media_type": picture.type, "data": picture.content}
    return {"type": "image", "source": source}


def spoken(turn: ModelTurn, named: Names, maker: str) -> list[dict[str, Json]]:
    """The model's own turn: for its maker block by block as it came, for others its words and
    calls.
    """
    said: list[dict[str, Json]] = [{"type": "text", "text": turn.text}] if turn.text.strip() else []
    calls: list[dict[str, Json]] = [
        {
            "type": "tool_use",
            "id": call.id,
            "name": named.to_wire(call.tool),
            "input": arguments(call),
        }
        for call in turn.calls
    ]
    kept = own_parts(turn, maker)
    if kept is None or not isinstance(kept.parts, list):
        return [*said, *calls]
    return woven(kept.parts, said, calls)


def woven(
    parts: Sequence[Json], said: list[dict[str, Json]], calls: list[dict[str, Json]]
) -> list[dict[str, Json]]:
    """Blocks in the order in which they came: the order of thinking and calls is signed."""
    blocks: list[dict[str, Json]] = []
    for part in parts:
        if kind(part) == "text":
            blocks.extend(said)
            said = []
        elif kind(part) == "tool_use":
            blocks.extend(calls[:1])
            calls = calls[1:]
        else:
            blocks.append(dict(part))
    return [*blocks, *said, *calls]


def mark(asked: dict[str, Json]) -> None:
    """Marks where the provider may cache, at most four times."""
    first = asked.get("system") or asked.get("tools")
    if first:
        first[-1]["cache_control"] = CACHE
    users = [each for each in asked["messages"] if each["role"] == "user"]
    for place in sorted({0, max(len(users) - 2, 0), len(users) - 1} if users else ()):
        users[place]["content"][-1]["cache_control"] = CACHE


def answer(reply: Json) -> ModelAnswer:
    """The answer in the reply. Raises NotTheFormat."""
    blocks = reply.get("content") if isinstance(reply, Mapping) else None
    if isinstance(blocks, str):
        blocks = [{"type": "text", "text": blocks}]
    if not isinstance(blocks, list):
        raise faults.lacking("it has no content", reply)
    found = once_each([each for each in blocks if isinstance(each, Mapping)])
    usage = reply.get("usage")
    return ModelAnswer(
        said="".join(text(each, "text") for each in found if kind(each) == "text").strip(),
        thinking="\n\n".join(filter(None, (text(each, "thinking") for each in found))).strip(),
        calls=tuple(
            WireCall(text(each, "name"), each.get("input"))
            for each in found
            if kind(each) == "tool_use"
        ),
        finish=finish(reply.get("stop_reason")),
        reported=anthropic_usage(usage),
        model=text(reply, "model"),
        tier=text(usage, "service_tier") if isinstance(usage, Mapping) else "",
        parts=opaque(found),
    )


def opaque(blocks: Sequence[Mapping[str, Json]]) -> Json:
    """All blocks in their order, those that are read as places only; None when there are no
    others.
    """
    if all(kind(each) in ("text", "tool_use") for each in blocks):
        return None
    return [
        {"type": kind(each)} if kind(each) in ("text", "tool_use") else dict(each)
        for each in blocks
    ]


def kind(block: Json) -> str:
    return text(block, "type") if isinstance(block, Mapping) else ""


def text(block: Mapping[str, Json], name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""
