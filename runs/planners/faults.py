"""Whatever can go wrong between the console and a provider, as a PlannerError with a plain
sentence. Never quotes a key.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from pydantic_ai import exceptions

from console.journal import database_clock
from console.json_value import Json
from console.outside import addresses, confidential
from policies.retries import hints
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.planners import return_time
from runs.planners.endpoint import NO_KEY, Endpoint

LONGEST: Final = 300
NUMBER: Final = r"[^\d]{0,30}(\d[\d,._]*+)(?! *+\+)"
BEFORE: Final = r"(?<!\d)(?<!\d,)(\d[\d,]*+) (?:tokens? )?(?:maximum|max) context"
"""The number before its words, not behind them."""
WINDOW: Final = tuple(
    re.compile(words if words is BEFORE else words + NUMBER, re.IGNORECASE)
    for words in (
        r"[>≥]",
        (
            r"\b(?:maximum|max|available) (?:context|input|sequence|prompt)(?: (?:length|size"
            r"|tokens))?"
        ),
        r"\bcontext (?:length|size|window|limit)",
        r"\b(?:max_model_len|n_ctx|num_ctx|max_seq_len)",
        r"\b(?:maximum|max|allowed|permitted) (?:number of )?(?:input |prompt )?tokens",
        r"\b(?:limit|limited to|at most|up to|cannot exceed|must have less than)",
        r"\binput length should be \[\d+,",
        r"\bmax_new_tokens` must be",
        BEFORE,
    )
)
"""Where the words of providers, servers and gateways name what a model takes."""
SMALLEST_WINDOW: Final = 256
WORTH_A_RETRY: Final = frozenset({408, 409, 425})
TOO_LARGE: Final = 413
SLOW_DOWN: Final = 429  # "too many tokens" a minute are not too many for the window
NEVER_FITS: Final = re.compile(
    r"request too large for|tokens must be reduced in order to run", re.IGNORECASE
)
"""A request of more tokens than a minute's limit has."""
NO_CREDIT: Final = "The account at {where} has no credit or quota left"
QUOTA: Final = re.compile(
    r"insufficient_quota|exceeded your current quota|credit balance is too low|billing_hard_limit",
    re.IGNORECASE,
)
"""Words about a quota that money fills and time does not: without a time to come back, asking again
is of no use.
"""
ANSWER_FIELD: Final = re.compile(
    r"max_(?:completion_|output_|new_)?tokens|maxOutputTokens|maximum output", re.IGNORECASE
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
    )
)
"""Where a provider says how many tokens of one answer its model gives at most."""
TOO_LONG: Final = "The context is too long for {model}"
OVERFLOW: Final = re.compile(
    r"context[_ ](length|window|size|limit)|(prompt|input|request) (is )?too (long|large)|too many"
    r" (input |prompt )?tokens"
    r"|exceed\w* .{0,40}(max_model_len|maximum (number of )?(input )?tokens|token limit|max length)"
    r"|reduce the length of|maximum (prompt|input|sequence) length|range of input length"
    r"|must have less than \d+ tokens|tokens \+ `?max_new_tokens|shorten your (input|prompt)",
    re.IGNORECASE,
)
"""Of OpenAI's code and words, Anthropic's, and those of vLLM, llama.cpp, Ollama and gateways before
them.
"""


class NotTheFormat(Exception):
    """An answer that is not what the wire format says; its words say in what."""


def lacking(what: str, reply: Json) -> NotTheFormat:
    """The error for an answer without what makes it one, with the words that it has instead."""
    said = message(reply)
    return NotTheFormat(f"{what}, and says: {said}" if said else what)


MEANINGS: Final[tuple[tuple[tuple[type[Exception], ...], PlannerFault, str], ...]] = (
    ((exceptions.ModelRateLimitError,), PlannerFault.RATE_LIMITED, "{where} asks to slow down"),
    (
        (exceptions.ModelQuotaExceededError,),
        PlannerFault.FATAL,
        NO_CREDIT,
    ),
    ((exceptions.ModelContextWindowExceededError,), PlannerFault.OVERFLOW, TOO_LONG),
    ((exceptions.ModelAuthenticationError,), PlannerFault.FATAL, "{where} refused {key}"),
    (
        (exceptions.ModelNotFoundError,),
        PlannerFault.FATAL,
        "{where} knows no model {model}, or the base URL is wrong",
    ),
    (
        (exceptions.ModelTimeoutError, exceptions.ModelRequestTimeout),
        PlannerFault.TRANSIENT,
        "{where} did not answer in time",
    ),
    (
        (exceptions.ModelConnectionError,),
        PlannerFault.TRANSIENT,
        "The connection to {where} failed",
    ),
    (
        (exceptions.ModelUnavailableError, exceptions.ModelServerError),
        PlannerFault.TRANSIENT,
        "{where} is in trouble",
    ),
    ((exceptions.ModelHTTPError,), PlannerFault.FATAL, "{where} refused the request"),
    ((exceptions.UserError,), PlannerFault.FATAL, "The request to {where} could not be made"),
    (
        (Exception,),
        PlannerFault.MALFORMED,
        "{where} answered with something that is not the {wire} format",
    ),
)


def planner_error(error: Exception, endpoint: Endpoint) -> PlannerError:
    """What a failed request means for the run: whether to ask again, when,
    and what to tell people."""
    back = wait(error)
    fault, sentence = meaning(error)
    if fault is PlannerFault.RATE_LIMITED and back is None and QUOTA.search(text_of(error)):
        fault, sentence = PlannerFault.FATAL, NO_CREDIT
    text = sentence.format(
        where=urlsplit(endpoint.base_url).hostname or endpoint.wire,
        wire=endpoint.wire,
        model=endpoint.model,
        key="a request without a key" if endpoint.key == NO_KEY else "the API key",
    )
    status = f" ({error.status_code})" if isinstance(error, exceptions.ModelHTTPError) else ""
    said = words(error)
    return PlannerError(
        fault,
        endpoint.without_key(f"{text}{status}: {said}" if said else f"{text}{status}."),
        back,
        window=named_window(error) if fault is PlannerFault.OVERFLOW else None,
        provider=endpoint.provider,
        trouble=trouble(error),
        answer_limit=named_answer_limit(error) if fault is PlannerFault.ANSWER_LIMIT else None,
        unanswered=unanswered(error),
    )


def trouble(error: Exception) -> str:
    """The trouble as a status or in two words: `529`, `no connection`, `no answer`."""
    if isinstance(error, exceptions.ModelHTTPError):
        return str(error.status_code)
    if isinstance(error, exceptions.ModelTimeoutError | exceptions.ModelRequestTimeout):
        return "no answer"
    return "no connection" if isinstance(error, exceptions.ModelConnectionError) else ""


def unanswered(error: Exception) -> bool:
    """Whether the request went out and nothing came back that says what it cost."""
    if isinstance(error, exceptions.ModelConnectionError):
        return error.phase != "connect"
    return isinstance(error, NotTheFormat)


def meaning(error: Exception) -> tuple[PlannerFault, str]:
    """The fault and the sentence of the first kind an error is of; statuses and words that say more
    than their kind come first.
    """
    if isinstance(error, exceptions.ModelHTTPError) and too_long(error):
        return PlannerFault.OVERFLOW, TOO_LONG
    if isinstance(error, exceptions.ModelHTTPError) and named_answer_limit(error):
        return PlannerFault.ANSWER_LIMIT, "{model} gives no answer that long"
    if isinstance(error, exceptions.ModelHTTPError) and error.status_code in WORTH_A_RETRY:
        return PlannerFault.TRANSIENT, "{where} could not take the request"
    return next(
        (fault, sentence) for kinds, fault, sentence in MEANINGS if isinstance(error, kinds)
    )


def too_long(error: exceptions.ModelHTTPError) -> bool:
    """Whether the request itself is too long, however long one waits."""
    if error.status_code == SLOW_DOWN:
        return NEVER_FITS.search(message(error.body)) is not None
    return error.status_code == TOO_LARGE or overflows(error.body)


def rejected(error: Exception) -> bool:
    """Whether it is what was asked that is wrong, and neither who asks nor where."""
    return isinstance(error, exceptions.ModelHTTPError) and error.status_code in (400, 422)


def wait(error: Exception) -> float | None:
    """Seconds that the provider asks to wait, in whichever way it says so; None when it
    does not.
    """
    if not isinstance(error, exceptions.ModelHTTPError):
        return error.retry_after if isinstance(error, exceptions.ModelAPIError) else None
    limited = error.status_code == SLOW_DOWN
    headers = error.headers or {}
    # dates are meant by the clock of whoever wrote them
    at = hints.http_date(headers.get("date", "")) or database_clock.now()
    return return_time.seconds(headers, error.body, at, limited=limited)


def words(error: Exception) -> str:
    """The provider's own words where it put them as errors are put, cut to size; for a broken
    connection, what broke it; for the unexpected, its name as well.
    """
    if isinstance(error, exceptions.ModelConnectionError):
        text = str(list(causes(error))[-1])
    elif isinstance(error, exceptions.ModelHTTPError):
        # a page in place of an error may be anything that can be reached from here
        text = "" if isinstance(error.body, str) else message(error.body)
    elif isinstance(error, exceptions.ModelAPIError | exceptions.UserError | NotTheFormat):
        text = str(error)
    else:
        text = f"{type(error).__name__}: {addresses.said(error)}"
    text = confidential.current().text(" ".join(text.split()))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def message(body: Json) -> str:
    """The message within an error's body, wherever its maker puts it."""
    while not isinstance(body, str):
        if isinstance(body, dict):
            names = ("error", "message", "detail", "msg", "errors", "status_msg")
            body = next((body[name] for name in names if body.get(name)), "")
        elif isinstance(body, list) and body:
            body = body[0]
        else:
            return ""
    return body


def text_of(error: Exception) -> str:
    """Everything that a refusal says, codes included, as one text to search in."""
    body = error.body if isinstance(error, exceptions.ModelHTTPError) else None
    return f"{error} {body}"[: 4 * LONGEST]


def overflows(body: Json) -> bool:
    """Whether an error's body says that the request does not fit the model's window: by its code or
    type, or else in words.
    """
    inner = body.get("error") if isinstance(body, dict) else None
    told = [
        each.get(name)
        for each in (body, inner)
        if isinstance(each, dict)
        for name in ("code", "type")
    ]
    return any(OVERFLOW.search(each) for each in (*told, message(body)) if isinstance(each, str))


def named_answer_limit(error: Exception) -> int | None:
    """Tokens that the model gives in one answer, where a refusal says that more were asked for."""
    text = message(error.body) if isinstance(error, exceptions.ModelHTTPError) else ""
    if not ANSWER_FIELD.search(text):
        return None
    found = next((match for pattern in ANSWER_MOST if (match := pattern.search(text))), None)
    return int(re.sub(r"[^\d]", "", found[1])) if found else None


def named_window(error: Exception) -> int | None:
    """Tokens that the model takes, where a refusal for length names them: in a field of its own, or
    in words.
    """
    body = error.body if isinstance(error, exceptions.ModelHTTPError) else None
    inner = body.get("error") if isinstance(body, dict) else None
    for each in (body, inner):
        told = each.get("n_ctx") if isinstance(each, dict) else None
        if isinstance(told, int) and told >= SMALLEST_WINDOW:
            return told
    text = message(body) or str(error)
    found = (pattern.search(text) for pattern in WINDOW)
    numbers = (int(re.sub(r"[^\d]", "", match[1])) for match in found if match)
    return next((number for number in numbers if number >= SMALLEST_WINDOW), None)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
