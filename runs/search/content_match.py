"""Which events hold words in what was asked, answered, called or returned, as far as whoever asks
may read it.
"""

import json
import re
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from console.journal import content_search, content_words, index_state
from console.journal.content_search import WantedWords
from console.journal.content_words import WORD
from console.journal.models import Event
from runs.reading import redaction
from runs.search.asker import Asker

LARGE = 200_000
"""From so many events on, the index is asked."""
MOST = 500
"""Most events whose runs are looked up: of beginnings, which have the goals, and of all."""
BEGUN = ("kind", "run.created")


def content(words: str, asker: Asker) -> Q:
    """The condition on events: `words` stand in its content one after the other, whole, whatever
    their case. An event that this reader may not read never holds anything.
    """
    return told(asker) & Q(data__iregex=pattern(words))


def runs_with(words: str, asker: Asker) -> Q:
    """The condition on runs: their goal or some event of theirs holds these words, or bears them as
    the name that a tool itself gave to what it made or found.
    """
    if indexed(words):
        return Q(pk__in=newest_with(words, asker))
    found = content(words, asker) | told(asker) & Q(external_id=words)
    return Q(goal__icontains=words) | Q(
        Exists(Event.objects.filter(found, run=OuterRef("pk")).order_by())
    )


def found(words: str, asker: Asker) -> Q:
    """The condition on events that hold these words: by the index in a large house."""
    if not indexed(words):
        return content(words, asker)
    wanted = tuple((WORD, word) for word in content_words.asked(words))
    asked = WantedWords((wanted,), newest_first=True, limit=MOST)
    return told(asker) & Q(pk__in=content_search.having(asked, asker.clearance))


def indexed(words: str) -> bool:
    """Whether words are looked up in the index rather than read for: in a large house, where they
    are found whole only, in the newest runs that have them.
    """
    return bool(content_words.asked(words)) and index_state.read().seen > LARGE


def newest_with(words: str, asker: Asker) -> list[UUID]:
    """The runs of the newest events that have these words, by their goals and by all they did."""
    wanted = tuple((WORD, word) for word in content_words.asked(words))
    found: set[int] = set()
    for having in ((BEGUN, *wanted), wanted):
        asked = WantedWords((having,), newest_first=True, limit=MOST)
        found.update(content_search.having(asked, asker.clearance))
    events = Event.objects.filter(told(asker), pk__in=found).order_by()
    return list(events.values_list("run", flat=True).distinct())


def told(asker: Asker) -> Q:
    """Events whose tool and content this reader may read: those that tell readers without tools
    nothing of one are left out for them.
    """
    open_ = Q(visibility__in=asker.open_to)
    return open_ if asker.sees_tools else open_ & ~Q(kind__in=redaction.GUARDED)


def pattern(words: str) -> str:
    """PostgreSQL's regular expression for whole words as they stand in JSON."""
    written = json.dumps(words, ensure_ascii=False)[1:-1]
    escaped = re.sub(r"([^\w\s])", r"\\\1", written)
    first, last = (r"(^|[^[:alnum:]_])", r"($|[^[:alnum:]_])")
    return (
        f"{first if written[:1].isalnum() else ''}{escaped}{last if written[-1:].isalnum() else ''}"
    )
