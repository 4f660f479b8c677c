"""The words in which providers, servers and gateways say that a request, or the answer that it asks
for, is longer than the model takes, and how much that is. Pure.
"""

import re
from typing import Final

from console.json_value import Json
from runs.planners.error_message import codes, message

NUMBER: Final = r"[^\d]{0,30}(\d[\d,._]*+)(?! *+\+)"
BEFORE: Final = r"(?<!\d)(?<!\d,)(\d[\d,]*+) (?:tokens? )?(?:maximum|max) context"
"""The number before its words, not behind them."""
WINDOW: Final = tuple(
    re.compile(words if words is BEFORE else words + NUMBER, re.IGNORECASE)
    for words in (
        r"[>≥]",
        (
            r"\b(?:maximum|max|available) (?:context|input|sequence|prompt|model)"
            r"(?: (?:length|size|tokens))?"
        ),
        r"\bcontext (?:length|size|window|limit)",
        r"\b(?:max_model_len|n_ctx|num_ctx|max_seq_len)",
        (
            r"\b(?:maximum|max|allowed|permitted) (?:number of )?(?:input |prompt )?"
            r"token(?:s| length)"
        ),
        r"\b(?:limit|limited to|at most|up to|cannot exceed|must have less than|max size)",
        r"\binput length should be \[\d+,",
        r"\bmax_new_tokens` must be",
        BEFORE,
    )
)
SMALLEST_WINDOW: Final = 256
ANSWER_FIELD: Final = re.compile(
    r"max_(?:completion_|output_|new_)?tokens|maxOutputTokens|maximum output"
    r"|maximum tokens you requested",
    re.IGNORECASE,
)
ANSWER_MOST: Final = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"tokens: \d+ > (\d[\d,]*)",
        r"(?:at most|up to|maximum of) (\d[\d,]*) (?:completion|output)",
        (
            r"(?:less than or equal to|must be <=|\[1,|between 1 and"
            r"|from 1 \(inclusive\) to)[ `]{0,2}(\d[\d,]*)"
        ),
        r"requested exceeds the model limit of (\d[\d,]*)",
    )
)
OVERFLOW: Final = re.compile(
    r"context[_ ]?(length|window|size|limit)|(prompt|input|request) (is )?too (long|large)|too many"
    r" (input |prompt )?tokens"
    r"|exceed\w* .{0,40}(max_model_len|maximum (number of )?(input )?tokens|token limit|max length)"
    r"|(prompt|input)(?=[^.]{0,80}token)[^.]{0,60}exceed\w* [^.]{0,40}(limit|length|maximum)"
    r"|reduce the length of|maximum (prompt|input|sequence|model) length|range of input length"
    r"|must have less than \d+ tokens|tokens \+ `?max_new_tokens|shorten your (input|prompt)"
    r"|(prompt_|\A)tokens_(limit_reached|exceeded)|(Prompt|上下文|输入).{0,8}(超长|过长|超过|超出)",
    re.IGNORECASE,
)


def overflows(body: Json) -> bool:
    """Whether an error's body says that the request does not fit the model's window: by its code or
    type, or else in words.
    """
    return any(map(OVERFLOW.search, (*codes(body), message(body))))


def answer_limit(text: str) -> int | None:
    """Tokens that the model gives in one answer, where a refusal says that more were asked for."""
    if not ANSWER_FIELD.search(text):
        return None
    return next((whole(found[1]) for each in ANSWER_MOST if (found := each.search(text))), None)


def window(body: Json, text: str) -> int | None:
    """Tokens that the model takes, where a refusal for length names them: in a field of its own, or
    in words.
    """
    inner = body.get("error") if isinstance(body, dict) else None
    for each in (body, inner):
        told = each.get("n_ctx") if isinstance(each, dict) else None
        if isinstance(told, int) and told >= SMALLEST_WINDOW:
            return told
    found = (pattern.search(text) for pattern in WINDOW)
    numbers = (whole(match[1]) for match in found if match)
    return next((number for number in numbers if number >= SMALLEST_WINDOW), None)


def whole(number: str) -> int:
    return int(re.sub(r"[^\d]", "", number))
