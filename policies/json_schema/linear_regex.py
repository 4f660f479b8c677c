"""Patterns that somebody else wrote, run by an engine that needs linear time whatever they are: no
look-around, no back-references.

JSON Schema means JavaScript's patterns. What the engine writes otherwise is put into its own form;
what it does not have is refused.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

from policies.json_schema.work_limit import WorkBudget

LONGEST = 2_000
LARGEST = 10_000
"""Largest size of a pattern with its counted repetitions written out; building one of that size
takes some 25 ms.
"""
WIDE = 80
"""The size that a Unicode class counts as: it is a table of hundreds of ranges."""
AT_ONCE = 100
"""How many places of a pattern one character can be compared with in one step."""
TOKEN = re.compile(
    r"""(?P<wide>\\[dDwWsS]|\\[pP](?:\{[^{}]{1,60}\}|[A-Z]))
      | (?P<code>\\u(?:[0-9a-fA-F]{4}|\{[0-9a-fA-F]{1,6}\}))
      | (?P<control>\\c[A-Za-z])
      | (?P<zero>\\0(?![0-9]))
      | (?P<end>\\Z)
      | (?P<escape>\\.)
      | (?P<count>\{(?P<least>\d{1,9})(?:(?P<open>,)(?P<most>\d{0,9}))?\})
      | (?P<start>\[\^?)
      | (?P<group>\((?:\?(?:
            <[A-Za-z_]\w{0,60}>|P<[A-Za-z_]\w{0,60}>
          | [imsxU-]{1,8}:|:|(?P<looks>=|!|<=|<!)|[imsxU-]{1,8}\)))?)
      | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)


class BadPattern(ValueError):
    """A pattern that is not run here. The text says why, without a full stop."""


class LinearPattern:
    """A pattern made ready. `width`: how many of its places one character may have to be compared
    with.
    """

    __slots__ = ("_validator", "size", "source", "width")

    def __init__(self, source: str, *, ignoring_case: bool = False) -> None:
        """Raises BadPattern."""
        reading = _Reading()
        written = reading.translated(source)
        self.source, self.size, self.width = source, reading.size, max(reading.width, 1)
        prefix = "(?i)" if ignoring_case else ""
        schema = core_schema.str_schema(pattern=f"{prefix}{written}", regex_engine="rust-regex")
        try:
            self._validator = SchemaValidator(schema)
        except SchemaError as wrong:
            raise BadPattern(_why(str(wrong))) from wrong

    def found_in(self, text: str, work: WorkBudget) -> bool:
        """Whether it matches anywhere in the text. Raises TooMuch."""
        work.spend(1 + len(text) * self.width // AT_ONCE)
        return self._validator.isinstance_python(text)


@lru_cache(maxsize=2_048)
def compiled(source: str) -> LinearPattern:
    """The pattern made ready, once in a process. Raises BadPattern."""
    return LinearPattern(source)


class _Reading:
    """Reads a pattern once: how large it becomes when its counted repetitions are written out, and
    how this engine writes it.
    """

    def __init__(self) -> None:
        self._open: list[tuple[int, int]] = []
        self.size = self.width = 0
        self._last = (0, 0)

    def translated(self, source: str) -> str:
        if len(source) > LONGEST:
            raise BadPattern(f"it has more than {LONGEST:,} characters")
        tokens = TOKEN.finditer(source)
        written = "".join(self._token(found, tokens) for found in tokens)
        if self.size > LARGEST:
            raise BadPattern("its counted repetitions multiply to more than can be held")
        return written

    def _token(self, found: re.Match[str], rest: Iterator[re.Match[str]]) -> str:
        text = found.group()
        match found.lastgroup if found["looks"] is None else "looks":
            case "looks":
                raise BadPattern(
                    "it looks ahead or behind, which takes an engine that can be made to run for"
                    " ever"
                )
            case "start":
                return self._class(text, rest)
            case "group":
                return self._group(text)
            case "count" | "least" | "open" | "most":
                return self._repeated(found)
            case "wide":
                self._atom(WIDE)
            case "sign":
                return self._sign(text)
            case _:
                self._atom(1)
        return _escaped(found)

    def _sign(self, sign: str) -> str:
        if sign == ")":
            self._close()
        elif sign in "*+?|":
            return sign
        elif sign not in "^$":
            self._atom(1 if sign.isascii() else 3)
        return "\\" + sign if sign in "{}" else sign

    def _atom(self, size: int) -> None:
        self._last = (size, 1)
        self.size += size
        self.width += 1

    def _group(self, text: str) -> str:
        if not text.endswith(")") or text == "(":
            self._open.append((self.size, self.width))
            self._last = (0, 0)
        return text

    def _close(self) -> None:
        if self._open:
            size, width = self._open.pop()
            self._last = (self.size - size, self.width - width)

    def _repeated(self, found: re.Match[str]) -> str:
        times = max(int(found["most"] or found["least"]), 1)
        size, width = self._last
        self.size += size * (times - 1)
        self.width += width * (times - 1)
        self._last = (size * times, width * times)
        if self.size > LARGEST:
            raise BadPattern("its counted repetitions multiply to more than can be held")
        return found.group()

    def _class(self, start: str, rest: Iterator[re.Match[str]]) -> str:
        """A class:

        JavaScript knows no class within a class and no `&&` in one; there `[` and `&` are
        themselves.
        """
        written, size, after_wide = [start], 1 if start == "[" else 3, False
        for place, found in enumerate(rest):
            text = found.group()
            if text == "]" and place == 0:
                raise BadPattern("it has an empty class, which matches nothing or anything")
            if text == "]":
                self._atom(size)
                return "".join([*written, "]"])
            wide = found["wide"] is not None
            size += WIDE if wide else 1
            written.append("\\-" if text == "-" and after_wide else _in_class(found))
            after_wide = wide
        raise BadPattern("it has a class without its end")


def _in_class(found: re.Match[str]) -> str:
    text = found.group()
    if text == "\\b":
        return r"\x08"
    if text.startswith("\\"):
        return _escaped(found)
    return "".join(f"\\{sign}" if sign in "[&~" else sign for sign in text)


def _escaped(found: re.Match[str]) -> str:
    """The escape in this engine's notation."""
    text = found.group()
    match found.lastgroup:
        case "control":
            return f"\\x{ord(text[2]) % 32:02x}"
        case "zero":
            return r"\x00"
        case "end":
            return r"\z"
        case "escape" if text[1] in "123456789k":
            raise BadPattern(
                "it refers back to what it has matched, which takes an engine that can be made to"
                " run for ever"
            )
        case _:
            return text


def _why(said: str) -> str:
    """The engine's own reason, without its drawing of the place."""
    reason = said.strip().rpartition("error: ")[2].splitlines()[0].strip().rstrip(".")
    return f"it is no pattern: {reason[:150]}"
