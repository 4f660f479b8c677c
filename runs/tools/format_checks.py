"""The JSON Schema formats that are enforced. Each is one look at the text,
bounded by its length."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit
from uuid import UUID

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,30})?([Zz]|[+-]\d\d:\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
CLOCK = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,30})?)?([Zz]|[+-]\d\d:\d\d)?")
ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*")
LONGEST = {
    "date-time": 80,
    "date": 10,
    "time": 60,
    "email": 2_000,
    "uri": 100_000,
    "uuid": 36,
    "ipv4": 15,
    "ipv6": 80,
}


def is_moment(value: str) -> bool:
    """RFC 3339 with its offset: a moment without one is another moment on another machine."""
    return bool(MOMENT.fullmatch(value) and datetime.fromisoformat(value.upper()))


def is_day(value: str) -> bool:
    return bool(DAY.fullmatch(value) and date.fromisoformat(value))


def is_clock(value: str) -> bool:
    return bool(CLOCK.fullmatch(value) and time.fromisoformat(value.upper()) is not None)


def is_address(value: str) -> bool:
    return bool(ADDRESS.fullmatch(value))


def is_uri(value: str) -> bool:
    parts = urlsplit(value)
    return bool(parts.scheme and (parts.netloc or parts.path))


def is_uuid(value: str) -> bool:
    return len(value) == 36 and UUID(value) is not None


def _bounded(name: str, fits: Callable[[str], object]) -> Callable[[str], bool]:
    """The check, with bounds: a text longer than any such value is refused, as is one whose reader
    raises.
    """

    def check(value: str) -> bool:
        try:
            return len(value) <= LONGEST[name] and bool(fits(value))
        except ValueError:
            return False

    return check


FORMATS: Mapping[str, Callable[[str], bool]] = {
    name: _bounded(name, fits)
    for name, fits in {
        "date-time": is_moment,
        "date": is_day,
        "time": is_clock,
        "email": is_address,
        "uri": is_uri,
        "uuid": is_uuid,
        "ipv4": lambda value: str(IPv4Address(value)),
        "ipv6": lambda value: str(IPv6Address(value)),
    }.items()
}
