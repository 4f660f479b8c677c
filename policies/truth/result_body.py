"""The body of a tool result, opened as far as it will open: nothing, data, or text. Judges nothing.

Text that looks like JSON but is not (cut off, or a Python repr) is read tolerantly, from its head
only.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from policies.truth.sign import TruthThresholds

NOTHING = frozenset({"", "null", "none", "undefined", "nan", "nil", "''", '""'})
LITERALS = {"true": True, "false": False, "null": None, "none": None}
TOKEN = re.compile(
    r'"((?:[^"\\]|\\.)*+)"|\'((?:[^\'\\]|\\.)*+)\'|([{}\[\],:()])|([^\s{}\[\],:()"\']++)', re.DOTALL
)
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
PREFACE = re.compile(r"[^\n{\[]{1,120}:\s{0,4}\n\s{0,4}(?=[{\[])")
TOLERANT_CHARS = 500
CLOSERS = "}]).…"  # an ellipsis says that somebody shortened it on purpose


@dataclass(frozen=True, slots=True)
class Body:
    """`value` is what it holds: None for nothing, a str for text, else data.

    `broken` data was read tolerantly and breaks off.
    """

    value: Any
    broken: bool = False


def opened(result: Any, thresholds: TruthThresholds) -> Body:
    """The result as data when it is data, also when it comes as text."""
    if not isinstance(result, str):
        return Body(result)
    text = result.strip()
    if len(text) <= 9 and text.lower() in NOTHING:
        return Body(None)
    if text[0] in "{[":
        return _container(text, thresholds)
    if text[0] == '"' and text[-1] == '"' and len(text) <= thresholds.parse_chars:
        return Body(_parsed(text, text))
    if preface := PREFACE.match(text):
        return _container(text[preface.end() :], thresholds)
    return Body(result)


def _container(text: str, thresholds: TruthThresholds) -> Body:
    """The text as JSON if it parses; else the pairs and items that its head shows; else the text
    itself.
    """
    if len(text) <= thresholds.parse_chars:
        value = _parsed(text, None)
        if value is not None:
            return Body(value)
    value, end = tolerant(text[:TOLERANT_CHARS])
    if (
        not value
        or _words_only(value)
        or (text[end:].strip() and end < min(len(text), TOLERANT_CHARS))
    ):
        return Body(text)
    return Body(value, broken=end == len(text) and text[-1] not in CLOSERS)


def _parsed(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # not JSON is an answer here, not a fault
        return otherwise


def tolerant(text: str) -> tuple[Any, int]:
    """Dicts, lists and scalars out of text that only resembles JSON, and where the outermost
    container (or the text) ends.
    """
    root: Any = [] if text[:1] == "[" else {}
    stack: list[Any] = [root]
    keys: list[str | None] = [None]  # per open container: the key that waits for its value
    last = ""
    for match in TOKEN.finditer(text, 1):
        mark = match[3]
        if mark == ",":
            keys[-1] = None
        elif mark == ":":
            keys[-1] = last
        elif mark is None:
            value = match[match.lastindex or 0]
            last = value
            _put(stack[-1], keys[-1], _literal(value) if match.lastindex == 4 else value)
        elif mark in "{[(":
            inner: Any = {} if mark == "{" else []
            _put(stack[-1], keys[-1], inner)
            stack.append(inner)
            keys.append(None)
        else:
            stack.pop()
            keys.pop()
            if not stack:
                return root, match.end()
    return root, len(text)


def _put(container: Any, key: str | None, value: Any) -> None:
    if container.__class__ is list:
        container.append(value)
    elif key is not None and key not in container:
        container[key] = value


def _literal(word: str) -> Any:
    if word.lower() in LITERALS:
        return LITERALS[word.lower()]
    if NUMBER.fullmatch(word):
        return float(word) if "." in word else int(word)
    return _Word(word)


class _Word(str):
    """A text that stood without quotation marks."""

    __slots__ = ()


def _words_only(value: Any) -> bool:
    """Whether a list holds nothing but words without quotation marks, as `[object Object]` and
    `[WARN: x]` do, which are no lists.
    """
    return isinstance(value, list) and all(isinstance(item, _Word) for item in value)
