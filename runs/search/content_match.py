"""Which events hold words in what was asked, answered, called or returned, as far as whoever asks
may read it: whole words, however they and the numbers among them are written.
"""

import functools
from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from console.journal import content_condition, content_search, content_words
from console.journal.content_search import Ways
from console.journal.content_tail import ALL_INDEXED
from console.journal.content_words import WORD
from console.journal.models import Event
from console.journal.visibility import Clearance
from runs.reading import redaction
from runs.search.asker import Asker
from runs.search.settled import as_text


def ways(words: str) -> Ways:
    """What leads to the events with all of these words; none where there is no word in it."""
    found = tuple((WORD, word) for word in content_words.asked(words))
    return (found,) if found else ()


def content(words: str, asker: Asker) -> Q:
    """The condition on events: `words` stand in its content one after the other. An event that this
    reader may not read never holds anything.
    """
    following = content_words.following(words)
    return content_condition.having(ways(words), asker.clearance, asker.tail, following)


def settled_content(words: str, asker: Asker) -> Q:
    """`content`, for statements that read `journal_event` under that name. Its text is kept: the
    same words are asked for at each look, and putting it together takes longer than most of them.
    """
    keys = content_search.sought(ways(words), asker.clearance)
    if asker.tail.having(keys):
        return content(words, asker)
    text, params = _written(words, asker.clearance)
    return Q(RawSQL(text, params, output_field=BooleanField()))  # noqa: S611  Django's own text


@functools.lru_cache(maxsize=256)
def _written(words: str, clearance: Clearance) -> tuple[str, Sequence[Any]]:
    """The text for who has this clearance while every event is indexed."""
    found, following = ways(words), content_words.following(words)
    return as_text(content_condition.having(found, clearance, ALL_INDEXED, following), Event)


def told(asker: Asker) -> Q:
    """Events whose tool and content this reader may read: those that tell readers without tools
    nothing of one are left out for them.
    """
    open_ = Q(visibility__in=asker.open_to)
    return open_ if asker.sees_tools else open_ & ~Q(kind__in=redaction.GUARDED)
