"""The address of a list of runs: a query and a place in it; and what addresses of former days mean
in it. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from runs.language import query_terms
from runs.language.query_terms import Query, Term

LONGEST = 2_000
VIEWS = {
    "All": "",
    "Running": "status:running",
    "Waiting for people": "status:person",
    "Paused": "status:paused",
    "Failed or stopped early": "status:failed",
    "Ended": "status:ended",
}
"""The views that everybody has, by title: what each adds to the query."""
FORMER_VIEWS = {
    "running": "running", "person": "person", "paused": "paused", "bad": "failed", "ended": "ended",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FleetAddress:
    """`text` is the query as it was typed, `before` the cursor of a page."""

    text: str = ""
    before: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        return cls(former(query).strip()[:LONGEST], query.get("before", "")[:80])

    def query(self, **changes: Any) -> str:
        """The query string of this address with some of it changed. It says `q` even of everything,
        since an address without a query opens the fleet with a person's first view.
        """
        wanted = replace(self, **changes)
        pairs = {"q": wanted.text, "before": wanted.before}
        kept = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{kept or 'q='}"


def in_view(query: Query, view: str) -> str:
    """The text of the query with this view's status in place of its own."""
    return " ".join(filter(None, (view, query_terms.text_of(out_of_views(query)))))


def out_of_views(query: Query) -> Query:
    """The query without the status that a view stands for."""
    return Query(tuple(term for term in query.terms if not is_status(term)))


def is_status(term: Term) -> bool:
    return term.name == "status" and not term.negative


def former(query: Mapping[str, str]) -> str:
    """The text of the query, with what `view`, `agent` and `mine` of former addresses ask for in
    front of it.
    """
    terms = []
    if status := FORMER_VIEWS.get(query.get("view", "")):
        terms.append(Term("status", (status,)))
    if agent := query.get("agent", "").replace("\0", "").strip():
        terms.append(Term("agent", (agent[:80],)))
    if query.get("mine") == "1":
        terms.append(Term("principal", ("me",)))
    return " ".join(filter(None, (query_terms.text_of(Query(tuple(terms))), query.get("q", ""))))
