"""One HTTP request to a model, and its JSON. Never repeated here, never redirected.

What goes wrong is raised as the error of its kind; `runs.planners.faults` says what it means.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic_ai import exceptions

from console.json_value import Json
from console.outside import outgoing
from runs.planners import connections, stated_errors
from runs.planners.endpoint import Endpoint, WireFormat
from runs.planners.error_message import codes
from runs.planners.faults import NotTheFormat

PATHS: Final = {WireFormat.OPENAI: "/chat/completions", WireFormat.ANTHROPIC: "/v1/messages"}
VERSION: Final = "2023-06-01"
AZURE: Final = (".azure.com", ".azure.us", ".azure.cn")
REDIRECTED: Final = 300
FAILED: Final = 400
AMISS: Final = frozenset({400, 403, 422})
"""Statuses of a request that is wrong, under which some say that they are busy."""
ELSEWHERE: Final = "it answers {status} and sends whoever asks elsewhere; is the base URL right?"
CATEGORIES: Final[dict[int, type[Any]]] = {
    400: exceptions.ModelRequestRejectedError,
    401: exceptions.ModelAuthenticationError,
    402: exceptions.ModelQuotaExceededError,
    403: exceptions.ModelAuthenticationError,
    404: exceptions.ModelNotFoundError,
    422: exceptions.ModelRequestRejectedError,
    429: exceptions.ModelRateLimitError,
    503: exceptions.ModelUnavailableError,
    529: exceptions.ModelOverloadedError,
}


def address(endpoint: Endpoint) -> str:
    """Where requests go: the path of the format after that of the base URL, whose query stays."""
    parts = urlsplit(endpoint.base_url)
    path, suffix = parts.path.rstrip("/"), PATHS[endpoint.wire]
    if path.endswith((suffix, suffix.removeprefix("/v1"))):
        suffix = ""
    elif path.endswith("/v1"):
        suffix = suffix.removeprefix("/v1")
    return urlunsplit((parts.scheme, parts.netloc, path + suffix, parts.query, ""))


def key_headers(endpoint: Endpoint, named: str = "") -> dict[str, str]:
    """The key in the header that the agent names, else in the one of its wire; Azure has one of its
    own.
    """
    host = urlsplit(endpoint.base_url).hostname or ""
    if named:
        return {named: endpoint.key}
    if endpoint.wire is WireFormat.ANTHROPIC:
        return {"x-api-key": endpoint.key}
    if host.endswith(AZURE):
        return {"api-key": endpoint.key}
    return {"authorization": f"Bearer {endpoint.key}"}


def wire_headers(wire: WireFormat) -> dict[str, str]:
    said = {"content-type": "application/json", "accept": "application/json"}
    return {**said, "anthropic-version": VERSION} if wire is WireFormat.ANTHROPIC else said


def encoded(body: Mapping[str, Json]) -> bytes:
    """The JSON of a request; a lone surrogate would break it."""
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")


async def post(endpoint: Endpoint, headers: Mapping[str, str], content: bytes) -> Json:
    """The JSON that came back. Raises a ModelAPIError, or NotTheFormat."""
    try:
        reply = await outgoing.post(
            connections.pool(),
            address(endpoint),
            content=content,
            headers={**wire_headers(endpoint.wire), **headers},
            seconds=connections.ANSWER_SECONDS,
        )
    except outgoing.AnswerTooLarge as much:
        raise NotTheFormat(str(much)) from much
    except outgoing.TimeoutException as late:
        raise exceptions.ModelTimeoutError(endpoint.model, str(late), phase=phase(late)) from late
    except outgoing.TransportError as broken:
        raise exceptions.ModelConnectionError(
            endpoint.model, str(broken), phase=phase(broken)
        ) from broken
    except (*outgoing.UNUSABLE, ValueError) as wrong:
        raise exceptions.UserError(str(wrong)) from wrong
    body = json_of(reply)
    if reply.status_code >= FAILED:
        raise refusal(endpoint, reply.status_code, body, reply.headers)
    if reply.status_code >= REDIRECTED:
        raise exceptions.UserError(ELSEWHERE.format(status=reply.status_code))
    if (error := stated_errors.within(body)) is not None:
        status = stated_errors.status_of(error)
        raise refusal(endpoint, status, {"error": error}, reply.headers)
    if body is None or isinstance(body, str):
        raise NotTheFormat(no_json(reply))
    return body


def no_json(reply: outgoing.Response) -> str:
    """What came in place of JSON, in words."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == outgoing.STREAM:
        return "it is a stream, which was not asked for"
    if kind == "text/html":
        return "it is a web page; is the base URL right?"
    return "it is no JSON" if reply.content.strip() else "it is empty"


def phase(error: outgoing.TransportError) -> Literal["connect", "read"]:
    """Whether the request went out before it failed, so that it may have to be paid."""
    return "connect" if isinstance(error, outgoing.NOT_SENT) else "read"


def json_of(reply: outgoing.Response) -> Json:
    """The body as JSON, or as the text that it is."""
    try:
        return reply.json()
    except (ValueError, RecursionError):
        return reply.text


def refusal(
    endpoint: Endpoint, status: int, body: Json, headers: Mapping[str, str]
) -> exceptions.ModelHTTPError:
    """The error of a status, or of the trouble that its codes name; an account without credit is
    told from one that asks too often.
    """
    named = stated_errors.passing(body) if status in AMISS else None
    status = named or status
    category = CATEGORIES.get(status) or (exceptions.ModelServerError if status >= 500 else None)
    if codes(body) & stated_errors.QUOTA:
        category = exceptions.ModelQuotaExceededError
    return exceptions.ModelHTTPError.for_category(
        category, status_code=status, model_name=endpoint.model, body=body, headers=headers
    )
