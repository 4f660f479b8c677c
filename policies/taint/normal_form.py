"""Text brought to one form, so that a value is found again however it was written: escapes, letter
case, spaces, number formats. Pure.

Every pattern here is linear: the text comes from whoever wants to get past it.
"""

import base64
import html
import re
import unicodedata
from itertools import islice

from console.outside import visible

APART = frozenset({"Cc", "Cn", "Co", "Cs", "So", "Zl", "Zp"})  # parts words, or shows as a box
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[bfnrt\"\\/])")
BLANKS = frozenset("bfnrt")
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
DECODINGS = 3  # text may be encoded within encoded text
BRACKETED = re.compile(r"[\[({<]\s{0,3}(at|dot)\s{0,3}[\])}>]")
NOT_WORD = re.compile(r"[\W_]+")
ASCII_WORDS = {code: chr(code) if chr(code).isalnum() else " " for code in range(128)}
NUMBER = re.compile(r"\d+(?:[.,']\d+)*", re.ASCII)
SEPARATOR = re.compile(r"[.,']")
SPACED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d{1,9})?(?!\d)", re.ASCII)
WRAPPED = re.compile(r"[A-Za-z0-9+/_-]{12,4000}={0,2}")
SHORTEST_WRAPPED = 8
MOST_WRAPPED = 50
SIGNS = {"at": "@", "dot": "."}


class _Unseen(dict[int, int | None]):
    """What a text is without characters that nobody sees between two letters: marks of direction,
    joiners, fillers, tags. Each character is judged once.
    """

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        gone = visible.hidden(character) and unicodedata.category(character) not in APART
        self[code] = None if gone else code
        return self[code]


UNSEEN = _Unseen()


def unwrapped(value: object) -> list[str]:
    """The texts within base64 or hexadecimal digits in a text."""
    if not isinstance(value, str):
        return []
    found = islice(
        (read for wrapped in WRAPPED.finditer(value) if (read := _unwrapped(wrapped)) is not None),
        MOST_WRAPPED,
    )
    return list(found)


def _unwrapped(found: re.Match[str]) -> str | None:
    """The decoded text, None when it is not text: random letters hardly ever decode to letters."""
    digits = found[0].removeprefix("0x")
    for read in (bytes.fromhex, _base64):
        try:
            text = read(digits).decode()
        except ValueError:
            continue
        if text.isprintable() and len(text) >= SHORTEST_WRAPPED:
            return text
    return None


def _base64(digits: str) -> bytes:
    bare = digits.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)


def decoded(text: str) -> str:
    """The text in lower case, with JSON, percent and HTML escapes undone, invisible characters
    removed, `(at)` and `[dot]` read as meant.
    """
    for _ in range(DECODINGS):
        before = text
        if "%" in text:
            text = PERCENT.sub(_percent, text)
        if "&" in text:
            text = html.unescape(text)
        if "\\" in text:
            text = ESCAPE.sub(_escape, text)
        if text == before:
            break
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(UNSEEN))
    return BRACKETED.sub(lambda found: SIGNS[found[1]], text.casefold())


def spaced(plain: str) -> str:
    """The text with one space in place of whatever separates its words, control characters too."""
    return " ".join(plain.split())


def worded(plain: str) -> str:
    """The words with one space before, between and after them: ` write to anna example com `."""
    bare = plain.translate(ASCII_WORDS) if plain.isascii() else NOT_WORD.sub(" ", plain)
    return f" {' '.join(bare.split())} "


def numbers(plain: str) -> set[str]:
    """Every number in the text, in one form. `1,800` may be 1800 or 1.8, so both are given."""
    found = set(NUMBER.findall(plain))
    readings = {reading for text in found for reading in readings_of(text)}
    return readings | {
        reading
        for text in SPACED.findall(plain)
        for reading in readings_of(re.sub(r"[ \u00a0\u202f]", "", text))
    }


def readings_of(text: str) -> set[str]:
    """What digits with separators can mean; empty for dates, versions and the like."""
    if text.isdecimal():
        return {canonical(text, "")}
    parts, signs = SEPARATOR.split(text), SEPARATOR.findall(text)
    whole = (
        {canonical("".join(parts), "")}
        if len(set(signs)) == 1 and all(len(part) == 3 for part in parts[1:])
        else set()
    )
    fraction_follows = (
        signs[-1] != "'"
        and signs[-1] not in signs[:-1]
        and all(len(part) == 3 for part in parts[1:-1])
    )
    return whole | ({canonical("".join(parts[:-1]), parts[-1])} if fraction_follows else set())


def canonical(whole: str, fraction: str) -> str:
    """The number in its one form: `0180` and `50` of `0180.50` give `180.5`."""
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _escape(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] == "u" and len(code) > 1:
        return chr(int(code[1:], 16))
    return " " if code in BLANKS else code


def _percent(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")
