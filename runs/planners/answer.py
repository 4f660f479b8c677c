"""A model's answer, in whatever wire format, as a planner's turn. Raises PlannerError, with the
cost, for an answer that cannot be used. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

from console import figures
from console.json_value import Json
from console.outside import confidential
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import Opaque, PlannerTurn, ToolCall, Usage
from runs.planners import call_arguments, call_as_text
from runs.planners.conversation import Names
from runs.planners.finish_words import Finish
from runs.planners.reported import Reported

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


def once_each(calls: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The calls without those that came a second time under the same id, word for word: a gateway
    repeats what it streamed, and each would be made.
    """
    return list({once(call, place): call for place, call in enumerate(calls)}.values())


def once(call: Mapping[str, Any], place: int) -> str:
    said = {name: value for name, value in call.items() if name != "index"}
    return json.dumps(said, sort_keys=True) if call.get("id") else str(place)


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
        ToolCall(f"call_{step}_{place}", named.from_wire(each.name), call_arguments.read(each.args))
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
