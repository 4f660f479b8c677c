"""The one thing that an id names: a run, or an event within it; by its beginning, by a correlation
id, or by what a tool itself calls it.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from console.journal import content_search
from console.journal.content_search import WantedWords
from console.journal.models import Event
from runs.models import Run
from runs.search import content_match, run_terms
from runs.search.asker import Asker

WITH_LETTERS = 6
DIGITS = 8
"""So many characters begin an id and are no other number or word."""
MOST = 1_000
"""So many events with the words of an id are too many for it to be one thing's."""
OWN_ID = re.compile(r"\S{4,200}")
"""What is letters alone is a word, and many events have it."""


@dataclass(frozen=True, slots=True)
class OneThing:
    """A run, and the `seq` of the event that was meant; 0 for the run as a whole."""

    run: UUID
    seq: int = 0


def named(text: str, asker: Asker) -> OneThing | None:
    """None when nothing is named so, or several things are."""
    return of_run(text) or of_tool(text, asker)


def may_name(text: str) -> bool:
    """Whether a text may be an id at all; a word is none."""
    return run_terms.prefix_bounds(text) is not None or is_own_id(text)


def is_own_id(text: str) -> bool:
    return OWN_ID.fullmatch(text) is not None and not text.isalpha()


def of_run(text: str) -> OneThing | None:
    bounds = run_terms.prefix_bounds(text)
    digits = text.replace("-", "")
    if bounds is None or len(digits) < (DIGITS if digits.isdecimal() else WITH_LETTERS):
        return None
    return only(Q(id__range=bounds)) or only(Q(correlation_id__range=bounds))


def only(condition: Q) -> OneThing | None:
    found = list(Run.objects.filter(condition).order_by().values_list("id", flat=True)[:2])
    return OneThing(found[0]) if len(found) == 1 else None


def of_tool(text: str, asker: Asker) -> OneThing | None:
    """The first event in which a tool named it so, when that was in one run only."""
    if not is_own_id(text):
        return None
    wanted = WantedWords(content_match.ways(text), limit=MOST, tail=asker.tail)
    led = content_search.having(wanted, asker.clearance)
    told = content_match.told(asker) & Q(external_id=text, pk__in=led)
    found = Event.objects.filter(told).order_by("id").values_list("run", "seq")
    runs = {run for run, _ in found}
    return OneThing(*found[0]) if len(runs) == 1 and len(led) < MOST else None
