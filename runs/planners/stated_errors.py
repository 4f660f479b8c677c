"""Errors that a provider states in a body that came with a 200, or in one of its choices. Pure."""

from collections.abc import Mapping
from typing import Final

from console.json_value import Json

FAILED: Final = 400
QUOTA: Final = frozenset(
    {
        "insufficient_quota",
        "insufficient_balance",
        "insufficient_user_quota",
        "billing_error",
        "payment_required",
        "Arrearage",
        "billing_hard_limit_reached",
        "credit_balance_exhausted",
        "exceeded_current_quota_error",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
STATUSES: Final = {
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "too_many_requests": 429,
    "overloaded_error": 529,
    "overloaded": 503,
    "server_is_overloaded": 503,
    "api_error": 500,
    "server_error": 500,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "resource_exhausted": 429,
    "throttling": 429,
    "unavailable": 503,
    "deadline_exceeded": 504,
    "unauthenticated": 401,
    "permission_denied": 403,
    "invalid_argument": 400,
    **dict.fromkeys(QUOTA, 429),
}
"""What an error that came with a 200 would have come with, by its code or type."""
STATUS_FIELDS: Final = ("code", "status", "type", "statusCode", "status_code")
BASE: Final = "base_resp"
OF_BASE: Final = {"1002": 429, "1039": 429, "1004": 401, "2049": 401, "1008": 402}
"""Where MiniMax keeps its errors, beside a 200, and its numbers for what others say by a status."""
OF_A_MODEL: Final = (
    "content",
    "tool_calls",
    "function_call",
    "refusal",
    "reasoning_content",
    "reasoning",
)


def within(body: Json) -> Json:
    """The error of an answer that says 200 and holds nothing but one; None for any other."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, Mapping) or body.get("content") or any(map(speaks, choices(body))):
        return None
    if stated := body.get("error") or next(filter(None, map(of_choice, choices(body))), None):
        return stated
    if isinstance(base := body.get(BASE), Mapping) and base.get("status_code"):
        return base
    marked = "error" in (body.get("type"), body.get("object"))
    return body if marked or (not choices(body) and named_status(body)) else None


def choices(body: Mapping[str, Json]) -> list[Json]:
    found = body.get("choices")
    return found if isinstance(found, list) else []


def speaks(choice: Json) -> bool:
    """Whether a choice holds anything that a model gave."""
    if not isinstance(choice, Mapping):
        return bool(choice)
    message = choice.get("message") or choice.get("delta") or {}
    if not isinstance(message, Mapping):
        return True
    return any(message.get(name) for name in OF_A_MODEL) or bool(choice.get("text"))


def of_choice(choice: Json) -> Json:
    return choice.get("error") if isinstance(choice, Mapping) else None


def status_of(error: Json) -> int:
    """The status that such an error would have come with."""
    return named_status(error) or 500


def named_status(error: Json) -> int | None:
    """The status that an error names, in a number of its own or by a code or type."""
    told = error if isinstance(error, Mapping) else {}
    for value in (told.get(name) for name in STATUS_FIELDS):
        text = str(value or "").lower()
        if text.isdecimal() and len(text) == 3 and int(text) >= FAILED:
            return int(text)
        if text in STATUSES:
            return STATUSES[text]
    return OF_BASE.get(str(told.get("status_code")))


def codes(body: Json) -> set[str]:
    """Every code and type that an error's body names."""
    if isinstance(body, list):
        return set().union(*map(codes, body)) if body else set()
    if not isinstance(body, Mapping):
        return set()
    inner = codes(body.get("error"))
    return inner | {str(body[name]) for name in ("code", "type") if body.get(name)}
