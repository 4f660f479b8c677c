"""Runs by what was asked, said, called with and answered in them, as far as whoever asks may
read it: the newest that have the words.
"""

from uuid import UUID

from django.db import connection

from console.journal import content_search, content_words
from console.journal.content_search import WantedWords
from console.journal.content_words import WORD
from console.journal.visibility import Clearance

MOST = 500
"""Most events whose runs are looked up: of beginnings, which have the goals, and of all."""
BEGUN = ("kind", "run.created")
RUNS = "SELECT DISTINCT run FROM journal_event WHERE id = ANY(%s)"


def runs_with(words: str, clearance: Clearance, most: int = MOST) -> list[UUID]:
    """The runs that have an event with all of these words, by their newest events; none for a text
    without words.
    """
    asked = tuple((WORD, word) for word in content_words.asked(words))
    if not asked:
        return []
    found: set[int] = set()
    for having in ((BEGUN, *asked), asked):
        wanted = WantedWords((having,), newest_first=True, limit=most)
        found.update(content_search.having(wanted, clearance))
    with connection.cursor() as cursor:
        cursor.execute(RUNS, [list(found)])
        return [row[0] for row in cursor.fetchall()]
