"""A model's answer, in whatever wire format, as a planner's turn. Raises PlannerError, with the
cost, for an answer that cannot be used. Pure.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NoReturn, assert_never

from console import figures
from console.json_value import Json
from console.outside import confidential
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import Opaque, PlannerTurn, ToolCall, Usage
from runs.planners import call_as_text
from runs.planners.conversation import Names
from runs.planners.reported import Reported


class Finish(StrEnum):
    """Why the model stopped, in one word for the many that servers use."""

    DONE = "done"
    CALLED = "called"
    LENGTH = "length"
    FILTERED = "filtered"
    WINDOW = "window"
    BUSY = "busy"
    PAUSED = "paused"
    ERROR = "error"


WORDS_OF: Final[Mapping[Finish, str]] = {
    Finish.CALLED: "tool_calls tool_call tool_use function_call function_calls",
    Finish.LENGTH: (
        "length max_tokens max_output_tokens max_completion_tokens model_length token_limit limit"
        " max_length max_new_tokens truncated incomplete"
    ),
    Finish.FILTERED: (
        "content_filter content_filtered content_policy_violation safety image_safety refusal"
        " recitation prohibited_content image_prohibited_content blocklist spii sensitive"
        " guardrail_intervened"
    ),
    Finish.WINDOW: (
        "model_context_window_exceeded context_window_exceeded context_length_exceeded"
        " context_length"
    ),
    Finish.BUSY: "insufficient_system_resource network_error engine_overloaded time_limit",
    Finish.PAUSED: "pause_turn",
    Finish.ERROR: (
        "error malformed_function_call malformed_response malformed_tool_use unexpected_tool_call"
        " too_many_tool_calls missing_thought_signature abort aborted cancelled"
        " canceled timeout"
    ),
}
FINISHES: Final = {word: end for end, words in WORDS_OF.items() for word in words.split()}
DECLINED: Final = "The model declined to answer."
FILTERED: Final = "The provider's content filter held the model's answer back."
WINDOW_FULL: Final = "The context is too long: the model's window was full while it answered."
BUSY: Final = "The provider had no capacity left to finish the model's answer."
PAUSED: Final = "The provider paused the model's turn before it had come to its end."
FAILED: Final = "The provider says that the model failed while answering."
NOT_CALLED: Final = "The model's answer says that it calls a tool, and holds none."
AS_TEXT: Final = (
    "The model wrote a tool call as text: its server did not make a call of it, so its template"
    " or its tool calling is not set up for this model."
)
LONGEST_WORDS: Final = 2_000
"""Most characters that are kept of what a model said in place of an answer."""
TAGS: Final = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
)
BARE_CHANNELS: Final = ("analysis", "assistantfinal")
"""The channels of gpt-oss, where a server took the marks away and left their names."""
LONGEST_MARK: Final = 40
END_MARKS: Final = re.compile(
    r"(?:<[|｜](?:im_end|eo[st]|eo[tm]_id|end|return|call|end[_▁]?of[_▁]?(?:text|turn|sentence)"
    r"|end_response|end_of_turn_token)[|｜]>|</s>|<end_of_turn>|<\|start\|>assistant)\Z",
    re.IGNORECASE,
)
"""How the templates of the field end a turn."""


@dataclass(frozen=True, slots=True)
class WireCall:
    """A call as the wire had it: the tool's name there, and arguments of whatever type."""

    name: str
    args: Json


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What came back from a model, read off either wire.

    `failure` is what its provider says went wrong while it answered. `parts` is what only its maker
    understands, as it came, or None. `reported` is the usage that
    the provider told of, or None.
    """

    said: str = ""
    thinking: str = ""
    calls: tuple[WireCall, ...] = ()
    finish: Finish = Finish.DONE
    refusal: str = ""
    failure: str = ""
    reported: Reported | None = None
    model: str = ""
    tier: str = ""
    parts: Json = None


def finish(word: Json) -> Finish:
    """The reason in a server's word, however it is spelled; an unknown word counts as an ordinary
    end.
    """
    return FINISHES.get(str(word or "").strip().lower(), Finish.DONE)


def without_thinking(text: str) -> tuple[str, str]:
    """What was said, and what was only thought: servers that do not part them leave the model's
    thinking in its words, between tags.
    """
    text = without_end(text)
    opening, closing = BARE_CHANNELS
    if text.startswith(opening) and closing in text:
        thought, _, said = text.removeprefix(opening).partition(closing)
        return said.strip(), thought.strip()
    for opening, closing in TAGS:
        thought, closed, said = text.partition(closing)
        # the opening tag stands in the prompt of some templates, so that only the other one comes
        if closed:
            return said.strip(), without_end(thought.removeprefix(opening))
        if text.startswith(opening):  # it never came to an end: all of it is thought
            return "", text.removeprefix(opening).strip()
    return text, ""


def without_end(text: str) -> str:
    """The text without the marks by which a template ends it."""
    text = text.strip()
    while found := END_MARKS.search(text[-LONGEST_MARK:]):
        text = text[: len(text) - len(found[0])].rstrip()
    return text


def turn(
    answer: ModelAnswer, step: int, named: Names, usage: Usage, model: str, maker: str, most: int
) -> PlannerTurn:
    """The turn of step `step`: with tool calls, words are the thought; without, they are the final
    answer. `most` is how many tokens it might have. Raises PlannerError, with what it cost.
    """
    if problem := unusable(answer, most, named):
        raise replace(problem, usage=usage)
    # Ids of our own: some servers give none, or the same again after a restart, and a call's id
    # must be unique in its run.
    calls = tuple(
        ToolCall(f"call_{step}_{place}", named.from_wire(each.name), arguments(each.args))
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


def unusable(answer: ModelAnswer, most: int, named: Names) -> PlannerError | None:
    """Why an answer is none, with whatever it did say; None for one that can be used.

    One that was cut off is none at all: whether its last call is whole cannot be told, and half a
    sentence is not a final answer.
    """
    said = answer.said
    if answer.refusal:
        return PlannerError(PlannerFault.REFUSED, with_words(DECLINED, answer.refusal))
    match answer.finish:
        case Finish.LENGTH:
            return PlannerError(PlannerFault.CUT_OFF, cut_off(answer, most))
        case Finish.FILTERED:
            return PlannerError(
                PlannerFault.REFUSED, with_words(DECLINED, said) if said else FILTERED
            )
        case Finish.WINDOW:
            return PlannerError(PlannerFault.OVERFLOW, WINDOW_FULL)
        case Finish.BUSY:
            return PlannerError(PlannerFault.TRANSIENT, with_words(BUSY, answer.failure or said))
        case Finish.PAUSED:
            return PlannerError(PlannerFault.MALFORMED, with_words(PAUSED, said))
        case Finish.ERROR:
            return PlannerError(PlannerFault.MALFORMED, with_words(FAILED, answer.failure or said))
        case Finish.CALLED:
            return no_words(answer, named) or no_call(answer)
        case Finish.DONE:
            return no_words(answer, named)
    assert_never(answer.finish)


def no_words(answer: ModelAnswer, named: Names) -> PlannerError | None:
    """The error for an answer that ended in order and holds nothing to use."""
    if not answer.calls and not answer.said:
        return PlannerError(PlannerFault.MALFORMED, "The model's answer was empty.")
    if not answer.calls and call_as_text.is_one(answer.said, named.wire.values()):
        return PlannerError(PlannerFault.MALFORMED, with_words(AS_TEXT, answer.said))
    return None


def no_call(answer: ModelAnswer) -> PlannerError | None:
    """The error for words that announce a call which was lost on the way: they end no run."""
    if answer.calls:
        return None
    return PlannerError(PlannerFault.MALFORMED, with_words(NOT_CALLED, answer.said))


def cut_off(answer: ModelAnswer, most: int) -> str:
    """A sentence that says where the answer was cut off, and what used up its tokens."""
    where = f"The model's answer was cut off at {most:,} tokens, the most that an answer may have"
    thought = answer.thinking or (answer.reported and answer.reported.reasoning)
    if thought and not answer.said and not answer.calls:
        return f"{where}; all of them went into thinking."
    return with_words(f"{where}.", answer.said)


def with_words(sentence: str, words: str) -> str:
    said = figures.cut(confidential.current().text(words), LONGEST_WORDS)
    return f"{sentence} It said: “{said}”" if words else sentence


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
