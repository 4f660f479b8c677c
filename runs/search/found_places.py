"""Where in a run its words were found: the first event that holds them, for readers who may read
it. For a page of runs at once.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

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
    wanted = [run.pk for run in runs if words.lower() not in run.goal.lower()]
    if not wanted or not words:
        return {}
    hit = content_match.content(words, asker) | content_match.told(asker) & Q(external_id=words)
    found = (
        Event.objects.filter(hit, run__in=wanted)
        .order_by("run", "seq")
        .distinct("run")
        .only(*SHOWN)
    )
    return {event.run: place(event, words) for event in found}


def place(event: Event, words: str) -> FoundPlace:
    return FoundPlace(
        event.seq, event.step or 0, event.tool or event.kind, around(event.data or "", words)
    )


def around(data: str, words: str) -> str:
    """A little of the content on both sides of the words, on one line."""
    written = json.dumps(words, ensure_ascii=False)[1:-1]
    at = data.lower().find(written.lower())
    begin = max(at - AROUND, 0)
    cut = " ".join(re.sub(r'[{}\[\]"]', " ", data[begin : at + len(written) + AROUND]).split())
    return f"{'…' if begin else ''}{cut}…" if at >= 0 else ""
