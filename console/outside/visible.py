"""Text as a person may safely read it: what cannot be seen is written out, and an address of mixed
scripts says so. Pure.

Whoever writes to a file, a mail, a log or a terminal calls `seen`, `line` or `told` at that last
moment, a page `quoted`, whose forms come back through `unquoted`; what is stored and what runs stay
as they are.
"""

import re
import sys
import unicodedata
from functools import cache
from itertools import groupby

HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
KEPT = frozenset("\n\t")
ASTRAL = 0x10000
BLANK_LETTERS = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159"
"""Fillers, joiners and empty patterns: letters, marks and symbols by category that show nothing on
a screen.
"""
STRIKING = (
    "\u0334\u0335\u0336\u0337\u0338\u0489\u20d2\u20d3\u20d8\u20d9\u20da\u20dd\u20de\u20df\u20e0"
    "\u20e2\u20e4\u20e5\u20e6\u20ea\u20eb"
)
"""Marks drawn through or around what stands before them: a figure or a name looks taken back."""
SELECTORS = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
JOINER, NON_JOINER, EMOJI_STYLE = "\u200d", "\u200c", "\ufe0f"
STYLES = frozenset("\ufe0e\ufe0f")
KEYCAP, KEYCAP_BASES = "\u20e3", frozenset("0123456789#*")
NEGATION = "\u0338"
"""As it follows a sign of mathematics where ≠ is written as two characters."""
SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
FLAGS = tuple(
    "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in name) + "\U000e007f"
    for name in ("gbeng", "gbsct", "gbwls")
)
"""The only tag sequences that are drawn: England, Scotland, Wales.

Any other run of tags is hidden text.
"""
TAGS = frozenset("".join(FLAGS)) - {FLAGS[0][0]}
JOINING = (
    "ARABIC",
    "SYRIAC",
    "MONGOLIAN",
    "DEVANAGARI",
    "BENGALI",
    "GURMUKHI",
    "GUJARATI",
    "ORIYA",
    "TAMIL",
    "TELUGU",
    "KANNADA",
    "MALAYALAM",
    "SINHALA",
    "KHMER",
    "MYANMAR",
)
"""Scripts that are written with joiners and non-joiners between letters."""
TOKEN = re.compile(r"⟨U\+([0-9A-F]{4,6})⟩")
OPENING, OPENING_QUOTED = "⟨", "⟨U+27E8⟩"
WORD = re.compile(r"\S+")
ADDRESS = re.compile(r"@|://|\w\.\w")
PLACE = re.compile(r"@|://|[^\W\d_]\.[^\W\d_]")
"""An address and no number with a point, once its look-alikes are written as what they pose as."""
LOOK_ALIKE = "look-alike"
SLASHES = str.maketrans("⁄∕⧸", "///")
"""Signs that are read as a slash, and that Unicode calls compatible with none."""
STOPS = re.compile(r"(?<=[A-Za-z0-9])[。｡](?=[a-z])")
"""Full stops of another script within Latin letters, which browsers take for dots."""
LEADER = "\u2024"
POSING_KINDS = ("<compat>", "<wide>", "<narrow>", "<font>")
NOT_POSING = frozenset("…‥№")
PHONETIC = ((0x131, 0x131), (0x1C0, 0x1C3), (0x250, 0x2AF), (0x1D00, 0x1DBF), (0xA720, 0xA7FF))
"""Latin letters of phonetic alphabets and old hands, of which ɡ, ɑ and ᴏ look like plain ones."""
LIKE_LATIN = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧικνορτυχ")
"""Greek letters that look like Latin ones; the others in prose are formulas (ΔT, β-carotene) and
not worth a remark.
"""
TURNING = frozenset({"R", "AL", "AN"})
"""Classes of characters that are written from right to left."""
ISOLATE, END = "\u2068", "\u2069"
TOGETHER = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"})
"""Scripts that often stand in one word with Latin letters and look like none of them."""


def hidden(character: str) -> bool:
    """Whether this character, alone, shows nothing on a screen, strikes others out, moves them
    about, or commands a terminal.
    """
    code = ord(character)
    if any(first <= code <= last for first, last in SELECTORS):
        return True
    if character in BLANK_LETTERS or character in STRIKING:
        return True
    return unicodedata.category(character) in HIDDEN_CATEGORIES and character not in KEPT


def _ranges() -> str:
    """Every hidden character of the first plane as a class of a regular expression."""
    category, kept = unicodedata.category, {ord(each) for each in KEPT}
    plain = {code for code in range(ASTRAL) if category(chr(code)) in HIDDEN_CATEGORIES} - kept
    selectors = {code for first, last in SELECTORS for code in range(first, last + 1)}
    codes = sorted(
        code
        for code in plain | selectors | set(map(ord, BLANK_LETTERS + STRIKING))
        if code < ASTRAL
    )
    runs = [
        [pair[1] for pair in run]
        for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0])
    ]
    return "".join(f"\\u{run[0]:04x}-\\u{run[-1]:04x}" for run in runs)


@cache
def _pattern() -> re.Pattern[str]:
    """Characters that have to be looked at: the hidden ones of the first plane, and all
    beyond it.
    """
    return re.compile(f"[{_ranges()}]|[\\U{ASTRAL:08x}-\\U{sys.maxunicode:08x}]")


def seen(text: str) -> str:
    """The text with each hidden character written out, as in `⟨U+202E⟩`.

    Newlines, tabs, emoji and joined scripts stay as they are.
    """
    return _pattern().sub(_written, text)


def line(text: str) -> str:
    """`seen`, on one line: for a cell, a subject, a row of a terminal."""
    return seen(text).replace("\n", "⟨U+000A⟩").replace("\t", "⟨U+0009⟩")


def told(text: str) -> str:
    """`line`, with a remark after each address or name whose letters come from several scripts."""
    return remarked(line(text))


def apart(text: str) -> str:
    """`told`, for plain text beside other text: letters written from right to left are isolated
    (U+2068 … U+2069), so that they do not move their neighbours.
    """
    shown = told(text)
    turned = not shown.isascii() and any(
        unicodedata.bidirectional(each) in TURNING for each in shown
    )
    return f"{ISOLATE}{shown}{END}" if turned else shown


def quoted(text: str) -> str:
    """`seen`, from which `unquoted` makes the very same text again: what already looks written out
    is told apart from what is.
    """
    return seen(TOKEN.sub(lambda found: f"{OPENING_QUOTED}{found[0][1:]}", text))


def unquoted(text: str) -> str:
    """The text behind a `quoted` one that a person sent back, so that no `⟨U+202E⟩` ends up in what
    is stored or run.
    """
    return TOKEN.sub(_meant, text)


def differs(text: str) -> bool:
    """Whether a person is shown something other than the text itself."""
    return quoted(text) != text.replace("\r\n", "\n")


def remarked(text: str) -> str:
    """The text with a remark after each address or name whose letters come from several scripts."""
    return text if text.isascii() else WORD.sub(_remarked, text)


def _meant(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return (
        chr(code)
        if code <= sys.maxunicode and (code == ord(OPENING) or hidden(chr(code)))
        else found[0]
    )


def _written(found: re.Match[str]) -> str:
    character = found[0]
    if ord(character) >= ASTRAL and not hidden(character):
        return character
    if character == "\r" and found.string.startswith("\n", found.end()):
        return ""  # a line end as Windows and browsers write it
    return character if _belongs(found) else f"⟨U+{ord(character):04X}⟩"


def _belongs(found: re.Match[str]) -> bool:
    """Whether a joiner or a selector does its ordinary work between its neighbours, as in emoji,
    keycaps, Arabic and Indic scripts.
    """
    character, text = found[0], found.string
    before, after = text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1]
    if character in TAGS:
        start = text.rfind(FLAGS[0][0], max(0, found.start() - len(FLAGS[0])), found.start())
        return start >= 0 and text.startswith(FLAGS, start)
    if character == NEGATION:
        return unicodedata.category(before or " ") == "Sm"
    if character in STYLES:
        return _pictured(before) or (before in KEYCAP_BASES and after == KEYCAP and before != "")
    if character == JOINER and _pictured(after):
        return (
            _pictured(before)
            or before in SKIN_TONES
            or (before == EMOJI_STYLE and _pictured(text[found.start() - 2 : found.start() - 1]))
        )
    return character in (JOINER, NON_JOINER) and _joined(before) and _joined(after)


def _pictured(character: str) -> bool:
    """Whether it is an emoji, or a symbol that has an emoji's form."""
    return (
        bool(character)
        and (unicodedata.category(character) in ("So", "Sm") or character in "‼⁉〰")
        and not hidden(character)
    )


def _joined(character: str) -> bool:
    return (
        bool(character)
        and unicodedata.category(character)[0] in "LM"
        and _script(character) in JOINING
    )


def _remarked(found: re.Match[str]) -> str:
    word = found[0]
    if word.isascii():  # most are: this is asked of each word of a page
        return word
    strange = strangers(word)
    return f"{word} ⟨holds {' and '.join(strange)} letters⟩" if strange else word


def strangers(word: str) -> list[str]:
    """The scripts besides Latin in a word that mixes them: in an address over its whole length,
    otherwise within one run of letters. `LOOK_ALIKE` besides where an address holds what poses.
    """
    if word.isascii():
        return []
    address = ADDRESS.search(word) is not None
    parts = [word] if address else re.findall(r"[^\W\d_]+", word)
    mixed = [found for found in map(_scripts, parts) if "LATIN" in found and len(found) > 1]
    names = {name for found in mixed for name in found} - {"LATIN"}
    if names == {"GREEK"} and not address and not LIKE_LATIN.intersection(word):
        return []
    return [*sorted(name.capitalize() for name in names), *_look_alikes(word)]


def _look_alikes(word: str) -> list[str]:
    """Says so when an address holds a sign or a letter that is read as another, though no other
    alphabet: a roman numeral for an l, a leader for a dot, a phonetic ɡ.
    """
    word = STOPS.sub(LEADER, word)
    posing = any(map(_poses, word))
    plain = unicodedata.normalize("NFKC", word).translate(SLASHES) if posing else ""
    return [LOOK_ALIKE] if PLACE.search(plain) else []


def _poses(character: str) -> bool:
    code = ord(character)
    if character.isascii() or character in NOT_POSING:
        return False
    if code in SLASHES or any(first <= code <= last for first, last in PHONETIC):
        return True
    kind = unicodedata.decomposition(character).partition(" ")[0]
    other = character.isalpha() and _script(character) != "LATIN"
    plain = unicodedata.normalize("NFKC", character)
    return kind in POSING_KINDS and plain.isascii() and not other


def _scripts(text: str) -> set[str]:
    found = {_script(character) for character in set(text) if character.isalpha()}
    return found - TOGETHER - {""}


@cache
def _script(character: str) -> str:
    """The letter's script: the first word of its Unicode name; look-alike alphabets under their own
    name.
    """
    name = unicodedata.name(character, "")
    first = name.partition(" ")[0]
    return (
        "LATIN"
        if first in {"FEMININE", "MASCULINE", "MICRO", "OHM", "KELVIN", "ANGSTROM"}
        else first
    )
