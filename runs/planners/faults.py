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
from runs.planners import overflow_words, return_time, stated_errors
from runs.planners.endpoint import NO_KEY, Endpoint
from runs.planners.error_message import codes, message

LONGEST: Final = 300
WORTH_A_RETRY: Final = frozenset({408, 409, 424, 425, 498, 499})
"""Of the statuses below 500 those that are nobody's fault: among them a model that failed behind
its gateway (424), one without room for now (498), a request that was given up (499).
"""
TIMED_OUT: Final = frozenset({408, 504, 524, 598, 599})
"""Statuses of whoever waited for the model in vain: it may have answered, and has to be paid
then.
"""
TOO_LARGE: Final = 413
SLOW_DOWN: Final = 429  # "too many tokens" a minute are not too many for the window
NEVER_FITS: Final = re.compile(
    r"request too large for|tokens must be reduced in order to run", re.IGNORECASE
)
"""A request of more tokens than a minute's limit has."""
NOT_ALLOWED: Final = 403
FORBIDDEN: Final = "{where} does not let {key} do this"
NO_CREDIT: Final = "The account at {where} has no credit or quota left"
QUOTA: Final = re.compile(
    r"insufficient_quota|exceeded your current quota|credit balance is too low|billing_hard_limit"
    r"|budget has been exceeded|over budget|insufficient (?:account )?balance|余额不足|欠费",
    re.IGNORECASE,
)
"""Words about a quota that money fills and time does not: without a time to come back, asking again
is of no use.
"""
SPOILT: Final = re.compile(
    r"(?:error|failed) (?:parsing|to parse) (?:tool call|input at pos)", re.IGNORECASE
)
"""Words about a tool call that the model wrote in a way that its server could not read."""
TOO_LONG: Final = "The context is too long for {model}"


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
    limited = fault is PlannerFault.RATE_LIMITED and back is None
    if (limited or fault is PlannerFault.FATAL) and QUOTA.search(text_of(error)):
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
        window=overflow_words.window(body_of(error), message(body_of(error)) or str(error))
        if fault is PlannerFault.OVERFLOW
        else None,
        provider=endpoint.provider,
        trouble=trouble(error),
        answer_limit=answer_limit(error) if fault is PlannerFault.ANSWER_LIMIT else None,
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
    if isinstance(error, exceptions.ModelHTTPError):
        return error.status_code in TIMED_OUT or spoilt(error)
    return isinstance(error, NotTheFormat)


def meaning(error: Exception) -> tuple[PlannerFault, str]:
    """The fault and the sentence of the first kind an error is of; statuses and words that say more
    than their kind come first.
    """
    if isinstance(error, exceptions.ModelHTTPError) and (told := stated(error)):
        return told
    return next(
        (fault, sentence) for kinds, fault, sentence in MEANINGS if isinstance(error, kinds)
    )


def stated(error: exceptions.ModelHTTPError) -> tuple[PlannerFault, str] | None:
    """What a refusal says in its own words and codes, or by a status that has a meaning of its
    own.
    """
    if spoilt(error):
        return PlannerFault.MALFORMED, "The model wrote a tool call that {where} could not read"
    if stated_errors.filtered(error.body):
        return PlannerFault.REFUSED, "The content filter of {where} turned the request away"
    if too_long(error):
        return PlannerFault.OVERFLOW, TOO_LONG
    if answer_limit(error):
        return PlannerFault.ANSWER_LIMIT, "{model} gives no answer that long"
    if error.status_code in WORTH_A_RETRY:
        return PlannerFault.TRANSIENT, "{where} could not take the request"
    return (PlannerFault.FATAL, FORBIDDEN) if error.status_code == NOT_ALLOWED else None


def spoilt(error: exceptions.ModelHTTPError) -> bool:
    """Whether it is what the model wrote that was refused, not what it was asked."""
    wrote = stated_errors.SPOILT_CALL in codes(error.body)
    return wrote or SPOILT.search(message(error.body)) is not None


def answer_limit(error: Exception) -> int | None:
    return overflow_words.answer_limit(message(body_of(error)))


def body_of(error: Exception) -> Json:
    return error.body if isinstance(error, exceptions.ModelHTTPError) else None


def too_long(error: exceptions.ModelHTTPError) -> bool:
    """Whether the request itself is too long, however long one waits."""
    if error.status_code == SLOW_DOWN:
        return NEVER_FITS.search(message(error.body)) is not None
    return error.status_code == TOO_LARGE or overflow_words.overflows(error.body)


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


def text_of(error: Exception) -> str:
    """Everything that a refusal says, codes included, as one text to search in."""
    return f"{error} {body_of(error)}"[: 4 * LONGEST]


def causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
