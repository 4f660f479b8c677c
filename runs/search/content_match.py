"""Which events hold words in what was asked, answered, called or returned, as far as whoever asks
may read it: whole words, however they and the numbers among them are written.
"""

from django.db.models import Q

from console.journal import content_condition, content_words
from console.journal.content_search import Ways
from console.journal.content_words import WORD
from runs.reading import redaction
from runs.search.asker import Asker


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


def told(asker: Asker) -> Q:
    """Events whose tool and content this reader may read: those that tell readers without tools
    nothing of one are left out for them.
    """
    open_ = Q(visibility__in=asker.open_to)
    return open_ if asker.sees_tools else open_ & ~Q(kind__in=redaction.GUARDED)
