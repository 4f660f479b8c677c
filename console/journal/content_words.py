"""What an event can be found by: the words and whole values of its content, and the words of its
envelope. Pure.

Texts are normalised (NFC) and case-folded. A number is found however it is written: `1,234.50`,
`1234.5` and the JSON number are the same word. Of a value that is kept beside its event, how it
begins and ends is read.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from console.journal import spill
from console.journal.records import ALWAYS_HIDDEN, USER_HIDDEN, VISIBLE, JournalRecord

CONTENT = (
    "goal",
    "thought",
    "thinking",
    "summary",
    "final",
    "text",
    "answer",
    "detail",
    "args",
    "result",
    "error",
    "sentence",
    "reason",
    "message",
    "note",
    "why",
    "what",
)
"""The parts of an event's data that somebody said, asked, passed on or got back."""
WORD, VALUE = "word", "value"
MOST = 1_000
"""Most words and values of one event that are kept; a longer text is found by its beginning."""
LONGEST = 200
_COMPOUND = re.compile(r"\w+(?:[.,:@/'-]\w+)*")
_PARTS = re.compile(r"[.,:@/'_-]+")
_NUMBER = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?")
BEGINS, ENDS = r"(^|[^[:alnum:]])", r"($|[^[:alnum:]])"
BETWEEN = r"""([^[:alnum:]"\\]|\\["\\/nrt])+"""
"""What stands between two words of one text: no word, and not where a text ends in JSON."""
BITS = 40
SPAN = 15
"""An event's keys lie in a bucket of `2 ** SPAN` neighbouring events: a search walks bucket after
bucket and ends with the first full page, however many events have the word.
"""
BESIDE = 4
"""The keys of one word in `2 ** BESIDE` neighbouring buckets stand side by side in the index, so a
rare word is looked up in all of them on the same few pages.
"""
COMMON = f"(number >> {BESIDE} << {BITS + BESIDE}) | (number & {2**BESIDE - 1})"
"""What the keys of the bucket of this number have in common, in SQL; `bucket` says it of an event.
"""


def folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def bare(word: str) -> str:
    """A number without commas and closing zeros; any other word as it is."""
    if not _NUMBER.fullmatch(word):
        return word
    plain = word.replace(",", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


@functools.lru_cache(maxsize=16_384)
def words(text: str) -> frozenset[str]:
    """The words of a text. What holds together without a space, such as an address, is found whole
    and by its parts.
    """
    found: set[str] = set()
    for match in _COMPOUND.finditer(folded(text)):
        compound = match.group()
        found.add(bare(compound))
        if not _NUMBER.fullmatch(compound) and _PARTS.search(compound):
            found.update(bare(part) for part in compound.split("@") if part)
            found.update(bare(part) for part in _PARTS.split(compound) if part)
        if len(found) >= MOST:
            break
    return frozenset(word for word in found if len(word) <= LONGEST)


def asked(text: str) -> list[str]:
    """The words that an event has to have when somebody searches for this text."""
    found = (match.group() for match in _COMPOUND.finditer(folded(text)))
    return list(dict.fromkeys(bare(word) for word in found if len(word) <= LONGEST))


def compounds(text: str) -> list[str]:
    """The words of a text as they are typed, in order, in the form NFC."""
    found: list[str] = _COMPOUND.findall(unicodedata.normalize("NFC", text))
    return found


def following(text: str) -> str:
    """PostgreSQL's regular expression for the words of a text one after the other, in a text in
    JSON whose form is NFC, whatever their case; empty for a single word.
    """
    found = compounds(text)
    if len(found) < 2:
        return ""
    return f"{BEGINS}{BETWEEN.join(map(written, found))}{ENDS}"


def written(word: str) -> str:
    """A number in each way in which it may be written; any other word as it is."""
    plain = bare(word)
    if not _NUMBER.fullmatch(word):
        return re.sub(r"([^\w])", r"\\\1", word)
    whole, _, part = plain.partition(".")
    digits = ",?".join(whole)
    return f"{digits}[.]{part}0*" if part else f"{digits}([.]0+)?"


@functools.lru_cache(maxsize=16_384)
def value(text: str) -> str:
    """A whole value as it is compared: folded, on one line, a number bare."""
    return bare(" ".join(folded(text).split()))


def leaves(part: Any) -> Iterator[str]:
    """The texts and numbers of a value as texts, names of keys left out."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, bool) or part is None:
        return
    elif isinstance(part, int | float):
        yield f"{part:.12f}" if isinstance(part, float) and abs(part) < 1e12 else str(part)
    elif isinstance(part, Mapping):
        mark = spill.marker(part)
        for each in (mark["head"], mark["tail"]) if mark is not None else part.values():
            yield from leaves(each)
    elif isinstance(part, Sequence):
        for each in part:
            yield from leaves(each)


def of_content(data: Mapping[str, Any], parts: Iterable[str] = CONTENT) -> set[tuple[str, str]]:
    """What these parts of the content can be found by, each as (field, text)."""
    found: set[tuple[str, str]] = set()
    for leaf in leaves([data[name] for name in parts if name in data]):
        found.update((WORD, word) for word in words(leaf))
        if len(leaf) <= LONGEST and (whole := value(leaf)):
            found.add((VALUE, whole))
        if len(found) >= MOST:
            break
    return found


def families(name: str) -> list[str]:
    """The families of a dotted name: `run.` of `run.paused`, `user:` of `user:anna`."""
    return [name[: match.end()] for match in re.finditer(r"[.:]", name) if match.end() < len(name)]


ENVELOPE = ("kind", "actor", "person", "tool", "agent", "outcome", "verdict", "model")
NAMED = ("kind", "actor", "tool")
"""Fields of the envelope that are found by their families as well."""


TOOLS = frozenset({"tool", "outcome", "verdict", "model"})
"""Fields of the envelope that tell of a tool."""


def of_envelope(record: JournalRecord) -> set[tuple[str, str]]:
    return named({name: text for name in ENVELOPE if (text := getattr(record, name))})


def named(texts: Mapping[str, str]) -> set[tuple[str, str]]:
    """What an envelope with these texts can be found by. A person's label is found without what
    stands behind the name as well.
    """
    found = {each for each in texts.items() if each[1]}
    for name in NAMED:
        found.update((name, family) for family in families(texts.get(name, "")))
    if short := texts.get("actor", "").partition(" (")[0]:
        found.add(("actor", short))
    return found


def of_tool(tool: str, external_id: str) -> set[tuple[str, str]]:
    """The name of a tool, and the words of what the tool itself calls something, as words."""
    found = {(WORD, word) for word in words(external_id)}
    return found | {(WORD, folded(tool))} if tool else found


@functools.lru_cache(maxsize=131_072)
def digest(visibility: str, field: str, text: str) -> int:
    """The key of a word among events of one visibility, without their bucket: who may not read an
    event asks for other keys, and learns nothing of its words, not even by the time it takes.
    """
    told = f"{visibility}\0{field}\0{text}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(told, digest_size=BITS // 8).digest()) << BESIDE


def bucket(event: int) -> int:
    number = event >> SPAN
    return (number >> BESIDE << (BITS + BESIDE)) | (number & ((1 << BESIDE) - 1))


def keys(
    event: int,
    record: JournalRecord,
    guarded: frozenset[str] = frozenset(),
    others: Iterable[tuple[str, str]] = (),
    *,
    of_house: bool = False,
) -> list[int]:
    """The keys of an event; none for what is always hidden, which no search may find. What events
    of `guarded` kinds tell in detail is found only by those who may read what is hidden. `others`
    are names that it can be found by beside those of its envelope. What happened to the house is
    found by all that it tells: whom, which policy, what it was and what it is.
    """
    if record.visibility == ALWAYS_HIDDEN:
        return []
    place, reads = bucket(event), USER_HIDDEN if hides(record, guarded) else record.visibility
    parts = record.data if of_house else CONTENT
    said = of_content(record.data, parts) | of_tool(record.tool, record.external_id)
    found = {digest(reads, *each) for each in said} | names(record, guarded, others)
    return sorted(place | each for each in found)


def names(
    record: JournalRecord,
    guarded: frozenset[str] = frozenset(),
    others: Iterable[tuple[str, str]] = (),
) -> set[int]:
    """Those of them that are of its envelope or of the `others`, without their bucket."""
    seen, envelope = record.visibility, of_envelope(record).union(others)
    if not hides(record, guarded):
        return {digest(seen, *each) for each in envelope}
    found = {digest(seen, *each) for each in envelope if each[0] not in TOOLS}
    return found | {digest(USER_HIDDEN, *each) for each in envelope}


def hides(record: JournalRecord, guarded: frozenset[str]) -> bool:
    """Whether everybody may read it, but not what it tells in detail."""
    return record.kind in guarded and record.visibility == VISIBLE
