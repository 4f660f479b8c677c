"""A tool's result as JSON. A call that happened is never called a failure because its result was
hard to write down.
"""

import base64
import dataclasses
import hashlib
import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from uuid import UUID

from pydantic import BaseModel

from console.json_value import Json
from console.outside import confidential
from runs.engine import pictures

DEPTH = 48
EXACT_DIGITS = 15
ALREADY = frozenset({bool, str, int})
INLINE_BYTES = 64 * 1024


def jsonable(value: object, depth: int = 0) -> Json:
    """JSON of `value`: money as numbers, times as ISO 8601, bytes and foreign objects as marked
    objects (`$bytes`, `$object`).
    """
    if value is None or type(value) in ALREADY:
        return value
    if depth > DEPTH:
        return _foreign(value, "nested too deep")
    if isinstance(value, Enum):
        return jsonable(value.value, depth + 1)
    if isinstance(value, str | int | float | Decimal):
        return _scalar(value)
    return _container(value, depth) if _is_container(value) else _leaf(value)


def _scalar(value: str | int | float | Decimal) -> Json:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if not math.isfinite(value):
        return str(value)
    return _decimal(value) if isinstance(value, Decimal) else float(value)


def _decimal(value: Decimal) -> Json:
    """The number, where a double shows the same digits; otherwise its text."""
    return float(value) if len(value.as_tuple().digits) <= EXACT_DIGITS else str(value)


def _is_container(value: object) -> bool:
    instance = dataclasses.is_dataclass(value) and not isinstance(value, type)
    return instance or isinstance(value, Mapping | list | tuple | set | frozenset | BaseModel)


def _container(value: object, depth: int) -> Json:
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {_key(key): jsonable(each, depth + 1) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return [jsonable(each, depth + 1) for each in sorted(value, key=repr)]
    return (
        [jsonable(each, depth + 1) for each in value]
        if isinstance(value, list | tuple)
        else _foreign(value, "not JSON")
    )


def _key(key: object) -> str:
    return str(jsonable(key)) if not isinstance(key, str) else str(key)


def _leaf(value: object) -> Json:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, UUID | PurePath):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _binary(bytes(value))
    return _foreign(value, "not JSON")


def _binary(content: bytes) -> Json:
    try:
        return content.decode()
    except UnicodeDecodeError:
        if (picture := pictures.inlined(content)) is not None:
            return picture
        marked = {"$bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        return marked | (
            {"base64": base64.b64encode(content).decode()} if len(content) <= INLINE_BYTES else {}
        )


def _foreign(value: object, why: str) -> Json:
    kind = type(value)
    try:
        shown = confidential.shortened(repr(value), 500)
    except Exception as error:  # noqa: BLE001
        # a repr may do anything at all; the marker names what it did
        shown = f"repr failed: {type(error).__name__}"
    return {"$object": f"{kind.__module__}.{kind.__qualname__}", "why": why, "repr": shown}
