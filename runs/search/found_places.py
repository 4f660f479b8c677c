"""Where in a run its words were found: the first event that holds them, for readers who may read
it. For a page of runs at once.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from console.journal import content_words
from console.journal.models import Event
from runs.models import Run
from runs.search import content_match
from runs.search.asker import Asker

AROUND = 36
SHOWN = ("run", "seq", "step", "tool", "kind", "external_id", "data")


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
    found = (
        Event.objects.filter(content_match.content(words, asker), run__in=wanted)
        .order_by("run", "seq")
        .distinct("run")
        .only(*SHOWN)
    )
    return {event.run: place(event, place_of) for event in found}


def normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def in_text(words: str) -> re.Pattern[str]:
    """The words one after the other, however the numbers among them are written."""
    said = r"[^\w]+".join(map(content_words.written, content_words.compounds(words)))
    return re.compile(rf"(?<![^\W_]){said}(?![^\W_])", re.IGNORECASE)


def place(event: Event, words: re.Pattern[str]) -> FoundPlace:
    return FoundPlace(
        event.seq, event.step or 0, event.tool or event.kind, around(event.data or "", words)
    )


def around(data: str, words: re.Pattern[str]) -> str:
    """A little of the content on both sides of the words, on one line."""
    text = normal(data)
    found = words.search(text)
    if not found:
        return ""
    begin = max(found.start() - AROUND, 0)
    cut = " ".join(re.sub(r'[{}\[\]"]', " ", text[begin : found.end() + AROUND]).split())
    return f"{'…' if begin else ''}{cut}…"
