"""The JSON Schema formats that are enforced: jsonschema alone lets `date-time` through unread when an optional package is missing."""

import re
from datetime import date, datetime, time
from urllib.parse import urlsplit
from uuid import UUID

from jsonschema import FormatChecker

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?")
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*")


def is_moment(value: object) -> bool:
    """RFC 3339 with its offset: a moment without one is another moment on another machine."""
    return not isinstance(value, str) or bool(MOMENT.fullmatch(value) and datetime.fromisoformat(value.upper()))


def is_day(value: object) -> bool:
    return not isinstance(value, str) or bool(DAY.fullmatch(value) and date.fromisoformat(value))


def is_clock(value: object) -> bool:
    return not isinstance(value, str) or bool(CLOCK.fullmatch(value) and time.fromisoformat(value.upper()) is not None)


def is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(ADDRESS.fullmatch(value))


def is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    parts = urlsplit(value)
    return bool(parts.scheme and (parts.netloc or parts.path))


def is_uuid(value: object) -> bool:
    return not isinstance(value, str) or (len(value) == 36 and UUID(value) is not None)


FORMATS = FormatChecker(formats=("ipv4", "ipv6", "regex"))
FORMATS.checks("date-time", raises=ValueError)(is_moment)
FORMATS.checks("date", raises=ValueError)(is_day)
FORMATS.checks("time", raises=ValueError)(is_clock)
FORMATS.checks("email")(is_address)
FORMATS.checks("uri", raises=ValueError)(is_uri)
FORMATS.checks("uuid", raises=ValueError)(is_uuid)
