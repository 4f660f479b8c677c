"""What in a query leads to events by the index of words, so that they are not looked for one by
one.
"""

from itertools import product
from math import prod

from console.journal.content_search import Ways
from runs.language.query_terms import Query

LED = frozenset({"tool", "kind", "verdict"})
MOST = 24
"""Most ways that are walked at once."""


def of(query: Query) -> Ways:
    """Names that every event of the query has, as ways to fit; none where nothing leads to them."""
    terms = [term for term in query.named(*LED) if not term.negative]
    choices = [
        [(term.name, value) for value in term.values]
        for term in terms
        if not any(value.endswith("*") for value in term.values)
    ]
    if not choices or prod(map(len, choices)) > MOST:
        return ()
    return tuple(product(*choices))
