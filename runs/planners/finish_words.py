"""Why a model stopped, in the many words that servers have for it. Pure."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from console.json_value import Json


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
        " max_length max_new_tokens truncated incomplete max_output out_of_tokens not_finished"
    ),
    Finish.FILTERED: (
        "content_filter content_filtered content_policy_violation safety image_safety refusal"
        " recitation prohibited_content image_prohibited_content blocklist spii sensitive"
        " guardrail_intervened guardrails content_policy error_toxic model_armor blocked"
    ),
    Finish.WINDOW: (
        "model_context_window_exceeded context_window_exceeded context_length_exceeded"
        " context_length context_full error_limit"
    ),
    Finish.BUSY: (
        "insufficient_system_resource network_error engine_overloaded time_limit overloaded"
        " server_error rate_limit preempted"
    ),
    Finish.PAUSED: "pause_turn",
    Finish.ERROR: (
        "error malformed_function_call malformed_response malformed_tool_use malformed_model_output"
        " unexpected_tool_call too_many_tool_calls missing_thought_signature abort aborted"
        " cancelled canceled timeout failed error_invalid_generation repetition"
    ),
}
NAMED_BY: Final = re.compile(r"\A(?:finish|stop)reason")
"""What some libraries write before the word: the name of its type."""


def letters(word: str) -> str:
    """The letters alone: servers write `max_tokens`, `max-tokens`, `MaxTokens` and worse."""
    return NAMED_BY.sub("", re.sub(r"[^a-z]", "", word.lower()))


FINISHES: Final = {letters(word): end for end, words in WORDS_OF.items() for word in words.split()}


def finish(word: Json) -> Finish:
    """The reason in a server's word, however it is spelled; an unknown word counts as an ordinary
    end.
    """
    return FINISHES.get(letters(str(word or "")), Finish.DONE)
