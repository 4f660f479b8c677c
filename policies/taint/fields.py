"""A result read as a table: the values that stand in fields of their own, apart from running text.
Pure.

Whoever wants an agent to do something has to say it in words, within some text. What stands alone
in a field of a record that a tool keeps was put there by the tool. A text that is no table has no
fields, whatever it looks like.
"""

import ast
import json
import re
from collections.abc import Iterator
from itertools import islice

MOST_FIELDS = 20_000
LONGEST_LITERAL = 50_000
DEEPEST = 40
FIELD = re.compile(r"((?:- |  )*)(?:([A-Za-z_][\w -]{0,60}):(?: |$))?(.*)", re.ASCII)
QUOTED = re.compile(r"'((?:[^']|'')*)'|\"((?:[^\"\\]|\\.)*)\"")
OPEN = re.compile(r"(?:'(?:[^']|'')*|\"(?:[^\"\\]|\\.)*)\Z")
BLOCK_TEXT = re.compile(r"[|>][-+0-9]*\s*")


def of_text(text: str) -> list[str] | None:
    """The values in a JSON object or list, or in a list with one field a line; None of a text that
    is neither.
    """
    stripped = text.strip()
    if stripped[:1] in {"{", "["}:
        found = _read(stripped)
        return None if found is None else list(islice(_values(found), MOST_FIELDS))
    return _listed(stripped.splitlines()) if stripped.startswith("- ") else None


def _read(text: str) -> object:
    """JSON, or the way Python prints the same; None of neither."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text) if len(text) <= LONGEST_LITERAL else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _values(found: object) -> Iterator[str]:
    """Texts and numbers, outermost first; what lies too deep is left out."""
    level = [found]
    for _ in range(DEEPEST):
        inner: list[object] = []
        for each in level:
            if isinstance(each, dict):
                inner += each.values()
            elif isinstance(each, list):
                inner += each
            elif each is not None and not isinstance(each, bool):
                yield str(each)
        level = inner


def _listed(lines: list[str]) -> list[str] | None:
    """The values of a list whose lines are `- value`, `- name: value` or `name: value`. A value
    that goes on over further lines is one value, whatever its lines look like; None of a list that
    does not end, or has blocks of text.
    """
    found: list[str] = []
    running: list[str] = []
    for line in lines[:MOST_FIELDS]:
        if running:
            running.append(line.strip())
            if not OPEN.match(" ".join(running)):
                found.append(_plain(" ".join(running)))
                running = []
            continue
        marks, name, value = FIELD.fullmatch(line).groups()  # type: ignore[union-attr]
        if not marks or BLOCK_TEXT.fullmatch(value):
            return None
        if "- " not in marks and name is None:
            if not found:
                return None
            found[-1] = f"{found[-1]} {value.strip()}"
        elif OPEN.match(value) and not QUOTED.fullmatch(value):
            running = [value]
        else:
            found.append(_plain(value))
    return None if running else [each for each in found if each]


def _plain(value: str) -> str:
    """A value without its quotation marks."""
    inside = QUOTED.fullmatch(value.strip())
    return value.strip() if inside is None else (inside[1] or inside[2] or "").replace("''", "'")
