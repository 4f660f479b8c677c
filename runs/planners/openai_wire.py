"""The chat completions format: of OpenAI, and of the many servers that speak it too. Pure.

What a server leaves out or spells otherwise is taken where it is clear what was meant.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from console import figures
from console.json_value import Json
from runs.engine.ports import Opaque, PlanRequest, ToolCall, ToolSpec
from runs.engine.tokens import rendered
from runs.planners import call_arguments, error_message, faults, stated_errors
from runs.planners.answer import ModelAnswer, WireCall, once_each
from runs.planners.conversation import (
    CallResult,
    Conversation,
    ModelTurn,
    Names,
    ToldTurn,
    arguments,
    own_parts,
    parameters,
)
from runs.planners.endpoint import Endpoint
from runs.planners.finish_words import Finish, finish
from runs.planners.model_settings import ModelSettings
from runs.planners.reported import openai_usage
from runs.planners.thinking_tags import without_thinking

REASONING: Final = ("gpt-5", "gpt-6", "o1", "o3", "o4")
OLD, NEW = "max_tokens", "max_completion_tokens"
KNOWN: Final = frozenset(
    "role content tool_calls function_call refusal annotations audio name index parsed".split()
)
"""Fields of an answer's message that are read; whatever else it holds is its maker's own."""
KNOWN_OF_CALL: Final = frozenset({"id", "type", "function", "index", "name", "arguments", "input"})
KNOWN_OF_FUNCTION: Final = frozenset({"name", "arguments"})
UNTOLD: Final = frozenset({Finish.DONE, Finish.CALLED, Finish.ERROR})
"""Ends that say nothing of why, where an error stands beside them."""
PASSING: Final = frozenset({408, 429})
SEVERAL: Final = "multi_tool_use.parallel"
THOUGHTS: Final = ("reasoning_content", "reasoning")
ENVELOPES: Final = ("result", "data", "response")
CALLS: Final = ("tool_use", "tool_call", "function_call")
"""Parts of what was said that are calls: of a gateway that leaves them where another format has
them.
"""
ARGUMENTS: Final = ("arguments", "parameters", "input")


def body(
    endpoint: Endpoint,
    settings: ModelSettings,
    request: PlanRequest,
    talk: Conversation,
    named: Names,
) -> dict[str, Json]:
    """The request's JSON."""
    most = settings.most_field or (NEW if wants_newer(endpoint) else OLD)
    asked: dict[str, Json] = {
        "model": endpoint.model,
        "messages": messages(talk, named, endpoint.maker),
        most: request.max_tokens_out,
    }
    if settings.effort:
        asked["reasoning_effort"] = settings.effort
    if settings.temperature is not None:
        asked["temperature"] = float(settings.temperature)
    if request.tools:
        asked["tools"] = [function(tool, named) for tool in request.tools]
        if settings.one_call:
            asked["parallel_tool_calls"] = False
    return {**asked, **settings.body}


def wants_newer(endpoint: Endpoint) -> bool:
    """Servers that speak the format know `max_tokens`, and some of them nothing newer; OpenAI's
    reasoning models refuse it.
    """
    return endpoint.home or endpoint.model.rpartition("/")[2].startswith(REASONING)


def function(tool: ToolSpec, named: Names) -> dict[str, Json]:
    told = {
        "name": named.to_wire(tool.name),
        "description": tool.description,
        "parameters": parameters(tool),
    }
    return {"type": "function", "function": told}


def messages(talk: Conversation, named: Names, maker: str) -> list[dict[str, Json]]:
    sent: list[dict[str, Json]] = []
    if talk.system:
        sent.append({"role": "system", "content": talk.system})
    # a maker that wants its reasoning back wants the field in each of its turns, empty or not
    fields = {name for turn in talk.turns for name in reasoned(turn, maker)}
    for turn in talk.turns:
        if isinstance(turn, ToldTurn):
            sent.extend(told(turn))
        else:
            sent.append({**dict.fromkeys(fields, ""), **spoken(turn, named, maker)})
    return sent


def reasoned(turn: ModelTurn | ToldTurn, maker: str) -> list[str]:
    if isinstance(turn, ToldTurn) or (parts := own_parts(turn, maker)) is None:
        return []
    return [name for name in THOUGHTS[:1] if name in within(parts.parts, "message")]


def told(turn: ToldTurn) -> list[dict[str, Json]]:
    results = [
        {"role": "tool", "tool_call_id": each.call, "content": each.text} for each in turn.results
    ]
    shown = [part for each in turn.results if each.pictures for part in beside(each)]
    pictures: list[dict[str, Json]] = [{"role": "user", "content": shown}] if shown else []
    return [*results, *pictures, *({"role": "user", "content": words} for words in turn.words)]


def beside(result: CallResult) -> list[dict[str, Json]]:
    """The pictures of a result, for a turn of their own: a tool's message holds text only."""
    said = f"[{figures.plural(len(result.pictures), 'image')} of the result of {result.call}]"
    urls = [f"data:{each.type};base64,{each.content}" for each in result.pictures]
    return [
        {"type": "text", "text": said},
        *({"type": "image_url", "image_url": {"url": url}} for url in urls),
    ]


def spoken(turn: ModelTurn, named: Names, maker: str) -> dict[str, Json]:
    """The model's own turn, with what came with it for whoever made it."""
    kept = own_parts(turn, maker)
    said: dict[str, Json] = {"role": "assistant", "content": turn.text or None}
    if turn.calls:
        said["tool_calls"] = [
            call_message(call, place, named, kept) for place, call in enumerate(turn.calls)
        ]
    return {**said, **within(kept.parts, "message")} if kept else said


def call_message(call: ToolCall, place: int, named: Names, kept: Opaque | None) -> dict[str, Json]:
    name = {"name": named.to_wire(call.tool), "arguments": rendered(arguments(call))}
    extras = kept.parts.get("calls") if kept and isinstance(kept.parts, Mapping) else None
    extra = extras[place] if isinstance(extras, list) and place < len(extras) else {}
    of_function = within(extra, "function")
    return {
        **{key: value for key, value in dict(extra or {}).items() if key != "function"},
        "id": call.id,
        "type": "function",
        "function": {**of_function, **name},
    }


def within(value: Json, name: str) -> dict[str, Json]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    return dict(inner) if isinstance(inner, Mapping) else {}


def answer(reply: Json) -> ModelAnswer:
    """The answer in the reply. Raises NotTheFormat."""
    reply = unwrapped(reply)
    choice, message = chosen(reply)
    raw = raw_calls(message)
    text, parted = texts(message.get("content"))
    said, tagged = without_thinking(text)
    ended = finish(choice.get("finish_reason") or choice.get("native_finish_reason"))
    if (stated := choice.get("error")) and ended in UNTOLD:
        ended = broken_off(stated)
    return ModelAnswer(
        said=said,
        thinking=thoughts(message) or parted or tagged,
        calls=tuple(call for each in raw for call in wire_calls(each)),
        finish=ended,
        failure=error_message.message(stated),
        refusal=text_of(message.get("refusal")) or refused(message.get("content")),
        reported=openai_usage(reply.get("usage")),
        model=text_of(reply.get("model")),
        tier=text_of(reply.get("service_tier")),
        parts=opaque(message, raw, parted=bool(parted)),
    )


def unwrapped(reply: Json) -> Json:
    """The answer without what some gateways put around it: a list of one, or an envelope that says
    that all went well.
    """
    if isinstance(reply, list) and len(reply) == 1:
        reply = reply[0]
    inner = [reply.get(name) for name in ENVELOPES] if isinstance(reply, Mapping) else []
    held = (each for each in inner if isinstance(each, Mapping) and "choices" in each)
    return next(held, reply)


def chosen(reply: Json) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The choice that holds calls, else the first, and its message. Nobody asks for several: a
    gateway that gives them puts the words into one and the calls into another.
    """
    choices = reply.get("choices") if isinstance(reply, Mapping) else None
    if not isinstance(choices, list):
        raise faults.lacking("it has no choices", reply)
    found = [(each, message_of(each)) for each in choices if isinstance(each, Mapping)]
    if not found:
        raise faults.lacking("its list of choices is empty", reply)
    choice, message = next((each for each in found if raw_calls(each[1])), found[0])
    if message.get("content"):
        return choice, message
    words = next((one["content"] for _, one in found if one.get("content")), None)
    return choice, {**message, "content": words}


def broken_off(stated: Json) -> Finish:
    """What an error means that a choice states beside the words it had so far: trouble of the
    provider, which is waited for, or of this answer.
    """
    status = stated_errors.named_status(stated) or 0
    return Finish.BUSY if status in PASSING or status >= 500 else Finish.ERROR


def message_of(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    message = choice.get("message") or choice.get("delta") or {"content": choice.get("text")}
    if not isinstance(message, Mapping):
        raise faults.NotTheFormat("its message is none")
    return message


def raw_calls(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The calls as they stand there, one in the older form included. One that says neither what to
    call nor with what is what a gateway's stream has left over.
    """
    calls = message.get("tool_calls")
    if isinstance(calls, Mapping):
        calls = [calls]
    found: list[Mapping[str, Any]] = [each for each in calls or () if isinstance(each, Mapping)]
    legacy = message.get("function_call")
    if not found and isinstance(legacy, Mapping):
        found = [{"function": legacy}]
    if not found and isinstance(parts := message.get("content"), list):
        found = [each for each in parts if kind(each) in CALLS]
    return once_each([each for each in found if says_something(wire_call(each))])


def says_something(call: WireCall) -> bool:
    return bool(call.name.strip() or call.args)


def wire_call(raw: Mapping[str, Json]) -> WireCall:
    """The call's name and arguments, wherever they stand."""
    inner = raw.get("function")
    function = inner if isinstance(inner, Mapping) else raw
    given = next((function[name] for name in ARGUMENTS if name in function), None)
    return WireCall(text_of(function.get("name") or raw.get("name")), given)


def wire_calls(raw: Mapping[str, Json]) -> list[WireCall]:
    """The call, or those within one that stands for several: OpenAI's models sometimes write the
    name under which they were taught to make calls side by side.
    """
    call = wire_call(raw)
    given = call_arguments.read(call.args) if call.name == SEVERAL else {}
    uses = given.get("tool_uses") if isinstance(given, Mapping) else None
    within_it = (
        [each for each in uses if isinstance(each, Mapping)] if isinstance(uses, list) else []
    )
    return [
        WireCall(text_of(each.get("recipient_name")), each.get("parameters")) for each in within_it
    ] or [call]


def refused(content: Json) -> str:
    """A refusal that stands among the parts of what was said."""
    parts = content if isinstance(content, list) else []
    return "".join(text_of(part.get("refusal")) for part in parts if kind(part) == "refusal")


def texts(content: Json) -> tuple[str, str]:
    """What was said, and what was thought, of a text or of a list of parts."""
    if isinstance(content, str):
        return content, ""
    parts = [content] if isinstance(content, Mapping) else content
    parts = parts if isinstance(parts, list) else []
    said = [text_of(part.get("text")) for part in parts if kind(part) in ("text", "output_text")]
    thought = [flat(part.get("thinking")) for part in parts if kind(part) == "thinking"]
    said += [part for part in parts if isinstance(part, str)]
    return "".join(said), "\n\n".join(filter(None, thought))


def flat(thinking: Json) -> str:
    return thinking if isinstance(thinking, str) else texts(thinking)[0]


def kind(part: Json) -> str:
    return str(part.get("type") or "text") if isinstance(part, Mapping) else ""


def thoughts(message: Mapping[str, Json]) -> str:
    found = (message.get(name) for name in THOUGHTS)
    return next((text.strip() for text in found if isinstance(text, str) and text.strip()), "")


def opaque(
    message: Mapping[str, Json], calls: Sequence[Mapping[str, Json]], *, parted: bool
) -> Json:
    """What the message and its calls hold beyond the format, as it came; None when nothing."""
    extras = {name: value for name, value in message.items() if name not in KNOWN and value}
    if parted:
        extras["content"] = message["content"]
    of_calls = [extra_of(each) for each in calls]
    if not extras and not any(of_calls):
        return None
    return {"message": extras, "calls": of_calls}


def extra_of(call: Mapping[str, Json]) -> dict[str, Json]:
    found = {name: value for name, value in call.items() if name not in KNOWN_OF_CALL and value}
    of_function = {
        name: value
        for name, value in within(call, "function").items()
        if name not in KNOWN_OF_FUNCTION and value
    }
    return {**found, "function": of_function} if of_function else found


def text_of(value: Json) -> str:
    return value if isinstance(value, str) else ""
