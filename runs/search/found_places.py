"""Where in a run its words were found: the first event that holds them, and of its content the one
text or number that does, for readers who may read it. For a page of runs at once.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from console.journal import any_of, content_words, spill
from console.journal.models import Event
from policies.taint import leaves
from runs.models import Run
from runs.search import content_match
from runs.search.asker import Asker
from runs.search.settled import as_text

AROUND = 36
FIRST = """SELECT DISTINCT ON (run) run, seq, step, tool, kind, data FROM journal_event
    WHERE {having} AND run = ANY(%s::uuid[]) ORDER BY run, seq"""


class FirstEvent(NamedTuple):
    """The first event of a run that holds the words."""

    run: UUID
    seq: int
    step: int | None
    tool: str
    kind: str
    data: str | None


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """`seq` and `step` (0: none) of the event, its tool or kind, its content around the words."""

    seq: int
    step: int
    what: str
    said: str


def of(runs: Sequence[Run], words: str, asker: Asker) -> dict[UUID, FoundPlace]:
    """The place in each of the runs whose goal does not say it already."""
    place_of = in_text(words)
    wanted = [run.pk for run in runs if not place_of.search(normal(run.goal))]
    if not wanted or not content_match.ways(words):
        return {}
    having, params = as_text(content_match.settled_content(words, asker), Event)
    with connection.cursor() as cursor:
        cursor.execute(FIRST.format(having=having), [*params, any_of.listed(wanted)])
        found = map(FirstEvent._make, cursor.fetchall())
        return {event.run: place(event, place_of) for event in found}


def normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def in_text(words: str) -> re.Pattern[str]:
    """The words one after the other, however the numbers among them are written."""
    said = r"[^\w]+".join(map(content_words.written, content_words.compounds(words)))
    return re.compile(rf"(?<![^\W_]){said}(?![^\W_])", re.IGNORECASE)


def place(event: FirstEvent, words: re.Pattern[str]) -> FoundPlace:
    return FoundPlace(
        event.seq, event.step or 0, event.tool or event.kind, around(event.data or "{}", words)
    )


def around(data: str, words: re.Pattern[str]) -> str:
    """The text or number that has the words, under its own name; a long one is cut around them."""
    for path, value in leaves.leaves(content(json.loads(data)), ""):
        text = " ".join(normal(str(value)).split())
        if found := words.search(text):
            name = named(path)
            return f"{name}: {cut(text, found)}" if name else cut(text, found)
    return ""


def content(data: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody said, asked, passed on or got back, as the search reads it."""
    return {name: data[name] for name in content_words.CONTENT if name in data}


def named(path: str) -> str:
    """The last name on the way to a value within arguments or a result; other texts need none."""
    names = [name for name in re.sub(r"\[\d+\]", "", path).split(".") if name]
    return names[-1] if len(names) > 1 and spill.MARK not in names else ""


def cut(text: str, found: re.Match[str]) -> str:
    begin, end = max(found.start() - AROUND, 0), found.end() + AROUND
    return f"{'…' if begin else ''}{text[begin:end].strip()}{'…' if end < len(text) else ''}"
