"""Times of events as ranges of their ids, since ids follow the clock."""

from datetime import datetime, timedelta

from django.db import connection

from console.journal import index_state
from runs.language.query_terms import Query, Term
from runs.search import run_terms
from runs.search.asker import Asker

SPARE = timedelta(minutes=15)
"""How much farther than was seen so far times may stray from the order of ids."""
FIRST_AT = "SELECT journal_first_at(%s)"
Moments = tuple[datetime | None, datetime | None]


def of(term: Term, asker: Asker) -> Moments:
    """From when until when, None where it is open. Raises Mistake for a time that cannot be."""
    if term.name == "at":
        return run_terms.window(term, asker)
    at = asker.now - term.span
    return (at, None) if term.relation.startswith("<") else (None, at)


def between(query: Query, asker: Asker) -> tuple[int | None, int | None]:
    """The ids between which the events of a query lie, by the times it asks for; None where it asks
    for none. Raises Mistake for a time that cannot be.
    """
    spans = [of(term, asker) for term in query.named("at", "age") if not term.negative]
    begins = [begin for begin, _ in spans if begin]
    ends = [end for _, end in spans if end]
    skew = strayed(asker) if spans else None
    if skew is None:
        return None, None
    first = first_at(max(begins) - skew) if begins else None
    last = first_at(min(ends) + skew) if ends else None
    return (None if first is None else first - 1), last


def strayed(asker: Asker) -> timedelta | None:
    """How far times have strayed from the order of ids; None while that is not known."""
    tail = asker.tail
    unread, state = tail.keys, index_state.read()
    if tail.more:
        return None
    found = timedelta(seconds=state.skew)
    if unread and tail.earliest and tail.latest:
        found = max(found, max(state.latest or tail.latest, tail.latest) - tail.earliest)
    return found + SPARE


def first_at(at: datetime) -> int | None:
    """The id of the first event of that time or later, one past the newest where there is none;
    None in an empty journal.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIRST_AT, [at])
        found: tuple[int | None] = cursor.fetchone()
    return found[0]
