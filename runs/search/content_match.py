"""Which events hold words in what was asked, answered, called or returned, as far as whoever asks
may read it.
"""

import json
import re

from django.db.models import Exists, OuterRef, Q

from console.journal.models import Event
from runs.reading import redaction
from runs.search.asker import Asker


def content(words: str, asker: Asker) -> Q:
    """The condition on events: `words` stand in its content one after the other, whole, whatever
    their case. An event that this reader may not read never holds anything.
    """
    return told(asker) & Q(data__iregex=pattern(words))


def runs_with(words: str, asker: Asker) -> Q:
    """The condition on runs: some event of theirs holds these words, or bears them as the name that
    a tool itself gave to what it made or found.
    """
    found = content(words, asker) | told(asker) & Q(external_id=words)
    return Q(Exists(Event.objects.filter(found, run=OuterRef("pk")).order_by()))


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
