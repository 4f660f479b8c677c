"""The type of a JSON value, by JSON Schema's names."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

KINDS = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})


def kind_of(value: Any, *, whole_floats: bool = True) -> str:
    """The value's type: `integer` also for 1.0, unless the draft (4) takes that for a number; empty
    for what is not JSON.
    """
    if isinstance(value, str):
        return "string"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float | Decimal):
        return "integer" if whole_floats and value == value // 1 else "number"
    if isinstance(value, Mapping):
        return "object"
    return "array" if isinstance(value, list | tuple) else ""


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """Whether it is a number that can be counted or measured by; JSON parsers also read `1e999` and
    `NaN`.
    """
    return is_number(value) and (isinstance(value, int) or math.isfinite(value))
