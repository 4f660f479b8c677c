"""The body of a tool result, opened as far as it will open: nothing, data, or text. Judges nothing.

Text that looks like JSON but is not (cut off, or a Python repr) is read tolerantly, from its head only.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from policies.rules.signs.sign import Thresholds

NOTHING = frozenset({"", "null", "none", "undefined", "nan", "nil", "''", '""'})
LITERALS = {"true": True, "false": False, "null": None, "none": None}
TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"|\'((?:[^\'\\]|\\.)*+)\'|([{}\[\],:()])|([^\s{}\[\],:()"\']++)', re.DOTALL)
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?")
PREFACE = re.compile(r"[^\n{\[]{1,120}:\s{0,4}\n\s{0,4}(?=[{\[])")
TOLERANT_CHARS = 1500
CLOSERS = "}]).…"  # an ellipsis says that somebody shortened it on purpose


@dataclass(frozen=True, slots=True)
class Body:
    """`value` is what it holds: None for nothing, a str for text, else data. `broken` data was read tolerantly and breaks off."""

    value: Any
    broken: bool = False


def opened(result: Any, thresholds: Thresholds) -> Body:
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


def _container(text: str, thresholds: Thresholds) -> Body:
    """JSON if it parses; else whatever pairs and items its head shows; else the text itself."""
    if len(text) <= thresholds.parse_chars:
        value = _parsed(text, None)
        if value is not None:
            return Body(value)
    value, end = tolerant(text[:TOLERANT_CHARS])
    if not value or value == _words_only(value) or (text[end:].strip() and end < min(len(text), TOLERANT_CHARS)):
        return Body(text)
    return Body(value, broken=end == len(text) and text[-1] not in CLOSERS)


def _parsed(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # not JSON is an answer here, not a fault
        return otherwise


def tolerant(text: str) -> tuple[Any, int]:
    """Dicts, lists and scalars out of text that only resembles JSON, and where the outermost container (or the text) ends."""
    reader = _Reader()
    for match in TOKEN.finditer(text):
        if not reader.take(match):
            return reader.root, match.end()
    return reader.root, len(text)


def _words_only(value: Any) -> Any:
    """`[object Object]` and `[WARN: x]` look like lists and are not."""
    return value if isinstance(value, list) and all(isinstance(item, _Word) for item in value) else None


class _Word(str):
    """Text that stood without quotation marks."""


class _Reader:
    """A stack of open containers; each holds the key that waits for its value."""

    def __init__(self) -> None:
        self.root: Any = None
        self.stack: list[Any] = []
        self.keys: list[str | None] = []
        self.last: Any = None

    def take(self, match: re.Match[str]) -> bool:
        """Read one token; False once the outermost container is closed."""
        kind = match.lastindex
        if kind == 3:
            return self._mark(match[3])
        self._put(_literal(match[4]) if kind == 4 else match[kind or 1])
        return True

    def _mark(self, mark: str) -> bool:
        if mark in "{[(":
            self._open({} if mark == "{" else [])
        elif mark in "}])":
            if self.stack:
                self.stack.pop()
                self.keys.pop()
            return bool(self.stack)
        elif mark == ":" and self.keys:
            self.keys[-1] = str(self.last)
        elif mark == "," and self.keys:
            self.keys[-1] = None
        return True

    def _open(self, container: Any) -> None:
        if self.root is None:
            self.root = container
        else:
            self._put(container)
        self.stack.append(container)
        self.keys.append(None)

    def _put(self, value: Any) -> None:
        self.last = value
        if not self.stack:
            return
        top, key = self.stack[-1], self.keys[-1]
        if isinstance(top, list):
            top.append(value)
        elif key is not None:
            top.setdefault(key, value)


def _literal(word: str) -> Any:
    if word.lower() in LITERALS:
        return LITERALS[word.lower()]
    if NUMBER.fullmatch(word):
        return float(word) if "." in word else int(word)
    return _Word(word)
