"""What nobody's browser would send: bodies of the wrong shape, size, type and meaning, for any form
of the house.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xyz"
FIELDS = (
    "act", "arg-amount", "arg-order_id", "arg-reason", "digest", "version", "note",
    "standing_limit", "standing_free", "pick", "raise_by",
    "happened", "agent", "goal", "steps", "tokens", "usd", "seconds", "reach", "tool", "target",
    "reason", "resume", "value", "username",
    "password", "next", "_save", "_try", "try-source", "try-args", "action", "_selected_action",
    "index",
)  # fmt: skip
ACTS = {
    "act": "approve",
    "happened": "yes",
    "reach": "agent",
    "action": "delete_selected",
    "pick": "1:1:0",
}


@dataclass(frozen=True, slots=True)
class Body:
    """Sent as it stands."""

    name: str
    content: bytes
    kind: str = FORM


def form(name: str, fields: Mapping[str, str]) -> Body:
    return Body(name, "&".join(f"{key}={value}" for key, value in fields.items()).encode())


def all_of(value: str, **more: str) -> dict[str, str]:
    """Every field there is, with this value, but for what must be a word to get any further."""
    return {**dict.fromkeys(FIELDS, value), **ACTS, **more}


MALFORMED = (
    Body("nothing", b""),
    form("numbers that are none", all_of("x{", **{"arg-amount": "x{", "arg-order_id": "abc"})),
    form("a NUL", all_of("%00")),
    form("a NUL inside of JSON", all_of("%7B%22a%22:%22%5Cu0000%22%7D")),
    form("half a character inside of JSON", all_of("%22%5Cud800%22")),
    form("bytes that are no text", all_of("%ed%a0%80%ff")),
    form("huge numbers", all_of("9" * 400, version="9" * 30, pick=f"{'9' * 30}:{'9' * 30}:x")),
    form("numbers beyond all", all_of("1e999")),
    form("a stale digest", all_of("1", digest="f" * 64, version="1")),
    form("foreign ids", all_of("999999999", pick="999999999:1:0", _selected_action="999999999")),
    form("a long text", all_of("a" * 30_000)),
    Body("JSON instead of a form", b'{"act": "approve", "version": [1]}', "application/json"),
    Body("JSON with half a character", b'{"act": "\\ud800", "n": 1e999', "application/json"),
    Body(
        "a cut multipart form",
        b'--xyz\r\nContent-Disposition: form-data; name="act"\r\n\r\nappro',
        MULTIPART,
    ),
    Body("a multipart form without its end", b"--xyz\r\nnonsense", "multipart/form-data"),
    Body("a kind that is none", b"\x00\xff\xfe", "a/b; charset=klingon"),
    Body("a form in an unknown alphabet", b"act=approve&note=%ff", f"{FORM}; charset=klingon"),
)

ODD = (
    "\x00", "x{", "9" * 40, "-1", "1e999", "2026-99-99", "0001-01-01T00:00", "9999-12-31T23:59:59",
    "not-a-uuid", "%ed%a0%80", "'\"<>", "", "\u00b2", "--1", "\u0661",
)  # fmt: skip
PARAMETERS = (
    "view", "agent", "q", "before", "after", "mine", "ids", "new", "here", "like", "tool", "risk",
    "age", "group", "kind", "actor", "run",
    "correlation", "since", "until", "reach", "target", "steps", "tokens", "usd", "seconds", "goal",
    "rows", "card", "p", "o", "all", "e",
    "id__exact", "status__exact", "enabled__exact", "pulled_at__year", "pulled_at__day",
    "created_at__gte", "_to_field",
    "_popup", "ahead", "as", "at", "from", "next", "process",
)  # fmt: skip


def queries() -> list[tuple[str, dict[str, Any]]]:
    """Every parameter at once with the same odd value, and those that fail only alone."""
    whole = [(repr(odd), dict.fromkeys(PARAMETERS, odd)) for odd in ODD]
    return [
        *whole,
        *((f"{name}={odd!r}", {name: odd}) for name in PARAMETERS for odd in ODD[2:9:3]),
    ]


def tried(number: int, *, all_of_them: bool) -> Sequence[Body]:
    """All of them, or a third, another one at each door: for whom nearly every door is as it is for
    the owner, or closed.
    """
    return MALFORMED if all_of_them else MALFORMED[number % 3 :: 3]
