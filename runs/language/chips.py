"""Each condition of a query as a chip: what it says in words, and the query without it. Pure."""

from dataclasses import dataclass

from runs.language import query_terms
from runs.language.query_terms import Query, Term

OVER = {"<": "under", "<=": "at most", ">": "over", ">=": "at least"}
UNIT = {"w": "weeks", "d": "d", "h": "h", "m": "min", "s": "s"}


@dataclass(frozen=True, slots=True)
class Chip:
    """`label` is the field (or `contains`), `said` its values; `text` is the condition as it is
    typed, `without` the query that is left when it is taken away.
    """

    label: str
    said: str
    text: str
    without: str
    negative: bool = False


def chips(query: Query) -> list[Chip]:
    return [chip(query, term) for term in query.terms]


def chip(query: Query, term: Term) -> Chip:
    rest = query_terms.text_of(query.without(term))
    text = query_terms.term_text(term)
    return Chip(term.name or "contains", said(term), text, rest, term.negative)


def said(term: Term) -> str:
    """`failed or live`, `over $1`, `under 1 h`, `over 80%`."""
    if term.relation == ":":
        return " or ".join(value.replace("_", " ") if term.name == "reason" else value
                           for value in term.values)  # fmt: skip
    value = f"${term.value}" if term.name == "cost" else term.value
    return f"{OVER[term.relation]} {value}"
