"""Functions that expressions may call besides CEL's own: numbers written as text, times without a
zone, hosts and links, provenance.

None of them raises, since the library would log it and lose the words. What is wrong goes to
`complaints`, and the expression has no answer.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from policies.taint.leaves import leaves
from policies.taint.normal_form import UNSEEN
from policies.taint.provenance import Provenance
from policies.taint.search_terms import TooMuchToSearch, patterns

T = TypeVar("T")

NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,9})?", re.ASCII)
AUTHORITY = re.compile(r"[a-z][a-z0-9+.-]{0,30}://([^/?#]*)(?:[/?#]|\Z)", re.ASCII)
HOST = re.compile(r"(?:[a-z0-9_-]{1,63}\.){0,10}[a-z0-9_-]{1,63}|\[[0-9a-f:.]{2,45}\]", re.ASCII)
# What readers of addresses step over before one, besides what nobody sees.
BEFORE = (
    "".join(each for each in map(chr, range(0x3001)) if each.isspace() or not each.isprintable())
    + "<([{\"'`"
)
# What some of them take for one: `https:host`, `http:/host`, `host.tld/path`.
LINK = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]{0,30}://|[A-Za-z][A-Za-z0-9+.-]{1,30}:[/\\]"
    r"|[Hh][Tt][Tt][Pp][Ss]?:\S|[/\\]{2}[^\s/\\]|[Ww]{3}\.\S|(?:\d{1,3}\.){3}\d{1,3}(?:[/?#]|:\d)"
    r"|(?:[A-Za-z0-9_-]{1,63}\.){1,10}[A-Za-z]{2,24}(?::\d{1,5}(?:/|\Z)|[/?]\S))"
)
WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+", re.ASCII)
LONGEST_NAME = 80
LINK_NAMES = frozenset(
    "url uri href link endpoint webhook callback host hostname domain website proxy".split()
)
NAMES = frozenset(
    "number moment host links lower tainted trusted said origins recorded listed telling".split()
)
MOST_LINKS = 1_000
MOST_READ = 40_000_000  # characters that all functions together read of one case, some 5 ns each
# what a look at one text or number within a value counts as, when links are looked for
EACH_LEAF = 500
ENOUGH = 1_000  # characters from the first one on that an address may begin with
GRAVE = re.compile(r"[\x00-\x20\x7f\\]")


def number(value: Any, complaints: list[str]) -> int | float | None:
    """The number, also when it is written as text: 50, 50.0, "50.00"."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    complaints.append(f"{_shown(value)} is not a number")
    return None


def moment(value: Any, complaints: list[str]) -> datetime | None:
    """A time in ISO 8601; without a zone it is taken as UTC."""
    if isinstance(value, datetime):
        return value
    try:
        read = datetime.fromisoformat(value.strip())
    except (ValueError, AttributeError):
        complaints.append(f"{_shown(value)} is not a time")
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def host(value: Any) -> str:
    """The host that a URL leads to, in lower case; empty when readers could disagree about it, so
    that no list of allowed hosts is passed by a trick.
    """
    if not isinstance(value, str) or GRAVE.search(value):
        return ""
    if (found := AUTHORITY.match(value.lower())) is None or "@" in found[1] or "%" in found[1]:
        return ""
    name = re.sub(r":\d{0,5}\Z", "", found[1]).rstrip(".")
    return name if HOST.fullmatch(name) else ""


def links(
    value: Any, complaints: list[str], goes_on: Callable[[], bool] = lambda: True
) -> list[str] | None:
    """Every argument that is a link or is named like one; a field's name may be a link too. Links
    within prose are not meant, since nobody follows them. No answer when there are more than can be
    looked at.
    """
    found: list[str] = []
    for path, text in leaves(value, ""):
        if isinstance(text, str) and (LINK.match(_opening(text)) or _named_like_a_link(path)):
            found.append(text)
        if not goes_on():
            return None
    if len(found) > MOST_LINKS:
        complaints.append(f"more than {MOST_LINKS:,} links are too many to be judged")
        return None
    return found


def _opening(text: str) -> str:
    """The text from where an address in it would be read, whatever stands before that is skipped or
    cannot be seen.
    """
    seen = ""
    for place in range(0, len(text), ENOUGH):
        piece = text[place : place + ENOUGH]
        seen = (seen + (piece if piece.isascii() else piece.translate(UNSEEN))).lstrip(BEFORE)
        if len(seen) >= ENOUGH:
            break
    return seen


def _named_like_a_link(path: str) -> bool:
    return any(word.lower() in LINK_NAMES for word in WORD.findall(path[-LONGEST_NAME:]))


class Functions:
    """The functions that one case's expressions call. `tainted`, `trusted` and `origins` have no
    answer when nobody tracked where values come from.
    """

    def __init__(self, provenance: Provenance | None) -> None:
        self.complaints: list[str] = []
        self._provenance = provenance
        self._left = MOST_READ

    def named(self, names: frozenset[str]) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names & NAMES}

    def number(self, value: Any = None) -> int | float | None:
        return number(value, self.complaints)

    def moment(self, value: Any = None) -> datetime | None:
        return moment(value, self.complaints)

    def host(self, value: Any = None) -> str:
        return host(value) if self._reads(value) else ""

    def links(self, value: Any = None) -> list[str] | None:
        found = links(value, self.complaints, self._spend_on_leaf)
        return found if self._reads("") else None

    def lower(self, value: Any = None) -> str | None:
        if isinstance(value, str):
            return value.lower() if self._reads(value) else None
        self.complaints.append(f"{_shown(value)} is not text")
        return None

    def _spend_on_leaf(self) -> bool:
        self._left -= EACH_LEAF
        return self._left >= 0

    def _reads(self, value: Any) -> bool:
        """Pay for looking at a text once; a complaint when that is too much."""
        self._left -= len(value) if isinstance(value, str) else 0
        if self._left < 0:
            self.complaints.append("its texts are too much to read as often as it wants to")
        return self._left >= 0

    def tainted(self, value: Any = None) -> bool | None:
        """Whether the value was first seen in a tool's result, and never said by anybody who may
        give orders.
        """
        return self._looked_up(lambda book: book.source(value) is not None)

    def trusted(self, value: Any = None) -> bool | None:
        """Whether the value stands in the goal, the agent's prompt or a person's words."""
        return self._looked_up(lambda book: book.trusted(value))

    def said(self, value: Any = None) -> bool | None:
        """Whether the value is trusted, and no running text that a tool brought has it as well."""
        return self._looked_up(lambda book: book.said(value))

    def listed(self, value: Any = None) -> bool | None:
        """Whether the value is recorded, and is no amount."""
        return self._looked_up(lambda book: book.listed(value))

    def recorded(self, value: Any = None) -> bool | None:
        """Whether the value stands in fields of its own in what tools keep, and in no text."""
        return self._looked_up(lambda book: book.recorded(value))

    def telling(self, value: Any = None) -> bool | None:
        """Whether some of the value is too particular to be said by chance: no small number, no
        common word.
        """
        try:
            return any(patterns(leaf) for _, leaf in leaves(value, "") if self._reads(leaf))
        except TooMuchToSearch as much:
            self.complaints.append(str(much))
            return None

    def origins(self, value: Any = None) -> list[str] | None:
        """The tools in whose results it was seen."""
        return self._looked_up(lambda book: [origin.tool for origin in book.origins(value)])

    def _looked_up(self, asked: Callable[[Provenance], T]) -> T | None:
        if self.complaints or (book := self._book()) is None:
            return None
        try:
            return asked(book)
        except TooMuchToSearch as much:
            self.complaints.append(str(much))
            return None

    def _book(self) -> Provenance | None:
        if self._provenance is None:
            self.complaints.append("nobody knows where these values come from")
        return self._provenance


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"“{value[:40]}”" if isinstance(value, str) else f"{value!s:.40}"
