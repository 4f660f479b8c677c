"""A JSON value as a person reads it, without braces and quotes: in a line, and in full. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console import figures

DEEPEST = 8
"""Whatever is nested deeper than this stays JSON."""
NONE = "none"
STEP = "  "


def in_line(value: Any, most: int) -> str:
    """The beginning of it in one line, short values first, since those are seldom prose:
    `total: 118.0 · status: delivered`. Of a list how many it has, and its first.
    """
    return figures.line(said(value), most)


def said(value: Any, depth: int = 0) -> str:
    if depth > DEEPEST or not isinstance(value, Mapping | list | tuple):
        return scalar(value)
    if not value:
        return NONE
    if isinstance(value, Mapping):
        parts = [f"{name}: {said(each, depth + 1)}" for name, each in value.items()]
        return " · ".join(sorted(parts, key=len))
    first = said(value[0], depth + 1)
    return first if len(value) == 1 else f"{len(value)}, the first: {first}"


def in_full(value: Any) -> str:
    """All of it, a line for each value, what belongs together indented."""
    return "\n".join(lines(value, 0)) if value or value == 0 else NONE


def lines(value: Any, depth: int) -> Iterator[str]:
    if depth > DEEPEST or not isinstance(value, Mapping | list | tuple):
        yield from scalar(value).splitlines() or [""]
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from entry(f"{name}:", each, depth)
    else:
        yield from items(value, depth)


def items(value: Sequence[Any], depth: int) -> Iterator[str]:
    for each in value:
        yield from entry("-", each, depth)


def entry(head: str, value: Any, depth: int) -> Iterator[str]:
    """A name or a dash, and its value behind it, or below it where it takes lines of its own."""
    below = list(lines(value, depth + 1)) if value or value == 0 else [NONE]
    nested = isinstance(value, Mapping | list | tuple) and value
    if len(below) == 1 and not nested:
        yield f"{head} {below[0]}"
        return
    if head == "-":
        yield f"- {below[0]}"
        yield from (f"{STEP}{line}" for line in below[1:])
        return
    yield head
    yield from (f"{STEP}{line}" for line in below)


def scalar(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
