"""Makes any Python value storable as jsonb, and says what it changed.

Pure, and slow on purpose: only odd values come here.

Each change is noted as "path: what it was". Numbers are brought into the form in which jsonb gives
them back, so that a digest computed before storing equals the one computed after reading.
"""

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from console.json_value import Json

MAX_DEPTH = 100
MAX_DIGITS = 4_000  # Python itself refuses to print longer integers
TOO_LONG = 10**MAX_DIGITS
MAX_NOTES = 50
OURS = ("$spilled", "$sanitised")  # markers only the journal may write


@dataclass(slots=True)
class Notes:
    """What was changed, at most `MAX_NOTES` in words and the rest as a count."""

    lines: list[str] = field(default_factory=list)
    more: int = 0

    def add(self, path: str, what: str) -> None:
        if len(self.lines) < MAX_NOTES:
            self.lines.append(f"{path[:200]}: {what}")
        else:
            self.more += 1

    def written(self) -> list[str]:
        return [*self.lines, f"and {self.more} more"] if self.more else self.lines


def clean_text(text: str) -> tuple[str, str]:
    """The text PostgreSQL can store, and what was wrong with it ("" when nothing)."""
    wrong = []
    if "\x00" in text:
        text, wrong = text.replace("\x00", "␀"), ["NUL"]
    if not text.isascii():
        visible = text.encode("utf-8", "backslashreplace").decode("utf-8")
        if visible != text:
            text, wrong = visible, [*wrong, "lone surrogate"]
    return text, " and ".join(wrong)


def clean(value: object, notes: Notes, path: str = "", above: tuple[int, ...] = ()) -> Json:
    """A JSON value as near to `value` as JSON allows.

    Never raises for anything a tool could hand over.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value, notes, path)
    if isinstance(value, int | float):
        return _number(value, notes, path)
    if isinstance(value, Mapping | list | tuple):
        return _container(value, notes, path, above)
    return _foreign(value, notes, path, above)


def _text(value: str, notes: Notes, path: str) -> str:
    text, wrong = clean_text(str(value.value) if isinstance(value, Enum) else value)
    if wrong:
        notes.add(path, wrong)
    return text


def _number(value: float, notes: Notes, path: str) -> int | float | str:
    if isinstance(value, int):
        if abs(value) < TOO_LONG:
            return int(value)
        notes.add(path, f"an integer of {value.bit_length()} bits, written in hexadecimal")
        return hex(value)
    if not math.isfinite(value):
        notes.add(path, "not a finite number")
        return str(float(value))
    if abs(value) >= 1e16:  # jsonb gives these back without an exponent, that is as integers
        return int(value)
    return float(value) or 0.0  # and knows no minus zero


def _container(value: Any, notes: Notes, path: str, above: tuple[int, ...]) -> Json:
    if id(value) in above:
        notes.add(path, "contains itself")
        return "[contains itself]"
    if len(above) >= MAX_DEPTH:
        notes.add(path, f"nested deeper than {MAX_DEPTH}")
        return "[nested too deep]"
    above = (*above, id(value))
    if not isinstance(value, Mapping):
        return [
            clean(item, notes, f"{path}[{position}]", above) for position, item in enumerate(value)
        ]
    cleaned: dict[str, Json] = {}
    for key, item in value.items():
        name = _key(key, cleaned, notes, path)
        cleaned[name] = clean(item, notes, f"{path}.{name}" if path else name, above)
    return cleaned


def _key(key: object, taken: Mapping[str, Json], notes: Notes, path: str) -> str:
    name, wrong = clean_text(key if isinstance(key, str) else _scalar_key(key))
    if not isinstance(key, str):
        wrong = f"a key of type {type(key).__name__}"
    elif name in OURS:
        name, wrong = f"${name}", f"a key named {name}"
    while name in taken:
        name, wrong = f"{name}'", "two keys that read the same"
    if wrong:
        notes.add(f"{path}.{name}" if path else name, wrong)
    return name


def _scalar_key(key: object) -> str:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int) and abs(key) >= TOO_LONG:
        return hex(key)
    return _printed(key)


def _foreign(value: object, notes: Notes, path: str, above: tuple[int, ...]) -> Json:
    """A form that a person can read of a value that JSON cannot say, and a note of its type."""
    notes.add(path, f"a {type(value).__name__}")
    if isinstance(value, Enum):
        return clean(value.value, notes, path, above)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    if isinstance(value, set | frozenset):
        return _container(_ordered(value), notes, path, above)
    return clean_text(_printed(value))[0]


def _ordered(values: Iterable[object]) -> list[object]:
    return sorted(values, key=_printed)


def _printed(value: object) -> str:
    try:
        return value if isinstance(value, str) else repr(value)
    except Exception as broken:  # noqa: BLE001
        # a foreign object's own code: whatever it raises is only one more thing to say about it
        return f"<{type(value).__name__} that cannot be printed: {type(broken).__name__}>"


def deeper_than(value: object, limit: int) -> bool:
    """Whether containers are nested deeper than `limit`."""
    if isinstance(value, Mapping):
        return limit == 0 or any(deeper_than(item, limit - 1) for item in value.values())
    if isinstance(value, list | tuple):
        return limit == 0 or any(deeper_than(item, limit - 1) for item in value)
    return False
