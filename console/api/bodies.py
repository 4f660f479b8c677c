"""What a program sends, read strictly: one JSON object, each key once, nothing that no table can
hold. Pure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from console.doors.api_errors import ApiError

MOST_BYTES = 128 * 1024
"""A goal of 20,000 characters fits, however it is escaped."""
MOST_NOTE = 500
JSON = "application/json"
START = frozenset({"agent", "goal", "inputs", "limits", "priority"})
LIMITS = ("steps", "tokens", "usd", "seconds")


@dataclass(frozen=True, slots=True)
class StartWanted:
    """A run that is asked for. Limits are those that were given, as texts, as a form takes them;
    `priority` is empty where the agent's own holds.
    """

    agent: str
    goal: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    priority: str = ""


def wrong(message: str, code: str = "bad_request") -> NoReturn:
    raise ApiError(400, code, message)


def read(raw: bytes, content_type: str) -> dict[str, Any]:
    """The body as an object; an empty body is an empty object. Raises ApiError."""
    if len(raw) > MOST_BYTES:
        raise ApiError(413)
    if not raw:
        return {}
    if content_type.partition(";")[0].strip().lower() != JSON:
        not_json()
    return parsed(raw)


def not_json() -> NoReturn:
    wrong(f"Send JSON, with Content-Type: {JSON}.")


def parsed(raw: bytes) -> dict[str, Any]:
    """The text as one JSON object. Raises ApiError."""
    try:
        found = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=each_key_once,
            parse_constant=no_number,
            parse_float=Decimal,
        )
        storable(found)
    except ApiError:
        raise
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ApiError(400, "bad_json", f"This is not JSON in UTF-8: {said(error)}.") from error
    if not isinstance(found, dict):
        wrong("This is not one JSON object.")
    return found


def said(error: Exception) -> str:
    """What is wrong with the text, without repeating it."""
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"byte {error.start} belongs to no character"
        case RecursionError():
            return "it is nested too deeply"
    return "a number has too many digits"


def each_key_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        wrong("A key stands twice in one object.", "bad_json")
    return found


def no_number(name: str) -> NoReturn:
    wrong(f"{name} is no number in JSON.", "bad_json")


def storable(value: Any) -> None:
    """Raises ApiError for a NUL or half of a character, which no table can hold."""
    match value:
        case str() if any(each == "\0" or "\ud800" <= each <= "\udfff" for each in value):
            wrong("A text holds a NUL, or half of a character.", "bad_text")
        case dict():
            for name, each in value.items():
                storable(name)
                storable(each)
        case list():
            for each in value:
                storable(each)


def only(body: Mapping[str, Any], known: frozenset[str]) -> None:
    """Raises ApiError for a field that nobody reads: a mistyped limit must not be no limit."""
    if unknown := sorted(set(body) - known):
        wrong(f"Unknown: {', '.join(name[:40] for name in unknown[:5])}.", "unknown_field")


def text(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name, "")
    if not isinstance(found, str):
        wrong(f"{name} is a text.")
    return str(found)


def texts(body: Mapping[str, Any], name: str) -> dict[str, str]:
    found = body.get(name, {})
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        wrong(f"{name} is an object of texts.")
    return dict(found)


def start_wanted(body: Mapping[str, Any]) -> StartWanted:
    """The run that this body asks for. Whether it may start is not said here. Raises ApiError."""
    only(body, START)
    given = body.get("limits", {})
    if not isinstance(given, dict):
        wrong("limits is an object.")
    only(given, frozenset(LIMITS))
    limits = {name: number(name, value) for name, value in given.items() if value is not None}
    facts = (text(body, "agent"), text(body, "goal"), texts(body, "inputs"))
    return StartWanted(*facts, limits, text(body, "priority"))


def number(name: str, value: Any) -> str:
    """A limit as a text; money may be a text already, so that no digit of it is lost."""
    money = name == "usd" and isinstance(value, Decimal | str)
    if isinstance(value, bool) or not (isinstance(value, int) or money):
        wrong(f"limits.{name} is a{' whole' if name != 'usd' else ''} number.")
    return str(value)


def note(body: Mapping[str, Any]) -> str:
    """Why somebody acts on a run. Raises ApiError."""
    only(body, frozenset({"reason"}))
    found = text(body, "reason").strip()
    if len(found) > MOST_NOTE:
        wrong(f"A reason has at most {MOST_NOTE} characters.")
    return found


def amount(value: str) -> Decimal | None:
    """A limit's text as a number; None for what is none."""
    try:
        found = Decimal(value)
    except ArithmeticError:
        return None
    return found if found.is_finite() else None
