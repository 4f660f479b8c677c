"""Errors that a provider states in a body that came with a 200, or in one of its choices. Pure."""

from collections.abc import Mapping
from typing import Final

from console.json_value import Json
from runs.planners.error_message import codes, message

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
        "budget_exceeded",
    }
)
FILTERS: Final = frozenset(
    "content_filter content_policy_violation invalid_prompt ResponsibleAIPolicyViolation"
    " data_inspection_failed DataInspectionFailed moderation_blocked content_moderation".split()
)
RISKY: Final = "Content Exists Risk"
"""In DeepSeek's words, without a code of its own."""
SPOILT_CALL: Final = "tool_use_failed"
SLOW_DOWN: Final = 429
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
    "throttlingexception": 429,
    "modelnotreadyexception": 429,
    "serviceunavailableexception": 503,
    "internalserverexception": 500,
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
    if (
        stated := body.get("error")
        or body.get("errors")
        or next(filter(None, map(of_choice, choices(body))), None)
    ):
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


def filtered(body: Json) -> bool:
    """Whether it was a filter that turned the request away, for what is said in it."""
    inner = body.get("error") if isinstance(body, Mapping) else None
    beside = inner.get("metadata") if isinstance(inner, Mapping) else None
    flagged = isinstance(beside, Mapping) and bool(beside.get("flagged_input"))
    return flagged or not FILTERS.isdisjoint(codes(body)) or RISKY in message(body)


def passing(body: Json) -> int | None:
    """The status of a trouble that will pass, by an error's codes; some come with a 400."""
    found = (STATUSES.get(each.lower()) for each in codes(body))
    return next((each for each in found if each and (each == SLOW_DOWN or each >= 500)), None)
