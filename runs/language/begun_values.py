"""Values of a query that are the beginning of known ones, and the query with one of those instead:
what to ask when nothing is found. Pure; which values exist is told by whoever asks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from runs.language import query_terms
from runs.language.query_fields import FIELDS, QueryField, Shape
from runs.language.query_terms import Query, Term

MOST = 3


@dataclass(frozen=True, slots=True)
class MeantQuery:
    """The condition that may be meant, `agent:order-fulfilment`, and the whole query with it."""

    text: str
    query: str


def meant(query: Query, known: Callable[[QueryField], Sequence[str]]) -> list[MeantQuery]:
    """What each unknown value of a field may be the beginning of, `MOST` for a value."""
    return [
        MeantQuery(query_terms.term_text(other), query_terms.text_of(_instead(query, term, other)))
        for term in query.terms
        if not term.negative and term.name in FIELDS and FIELDS[term.name].shape is Shape.OPEN
        for other in _others(term, known(FIELDS[term.name]))
    ]


def _others(term: Term, known: Sequence[str]) -> Iterator[Term]:
    there = {each.lower() for each in known}
    for number, value in enumerate(term.values):
        begun = value.lower()
        longer = (
            [] if begun in there else [each for each in known if each.lower().startswith(begun)]
        )
        for each in longer[:MOST]:
            values = (*term.values[:number], each, *term.values[number + 1 :])
            yield replace(term, values=values)


def _instead(query: Query, term: Term, other: Term) -> Query:
    return Query(tuple(other if each is term else each for each in query.terms))
