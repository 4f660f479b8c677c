"""The condition on runs for a whole query."""

from django.db.models import Exists, OuterRef, Q

from console.journal.models import Event
from runs.language.query_terms import Query, Term
from runs.search import content_match, event_terms, run_terms
from runs.search.asker import Asker

OF_ONE_EVENT = frozenset({"tool", "verdict", "kind"})
"""Asked for together they speak of one event: the call of this tool that had this verdict."""


def condition(query: Query, asker: Asker) -> Q:
    """The condition on `runs_run`. Raises Mistake for a time that cannot be."""
    together = [term for term in query.named(*OF_ONE_EVENT) if not term.negative]
    found = with_event(together, asker) if together else Q()
    for term in query.terms:
        if term not in together:
            one = of_any(term, asker)
            found &= ~one if term.negative else one
    return found


def of_any(term: Term, asker: Asker) -> Q:
    if not term.name:
        return text(term.value, asker)
    if term.name in event_terms.CONTENT:
        return with_event([term], asker)
    return run_terms.of_run(term, asker)


def with_event(terms: list[Term], asker: Asker) -> Q:
    """Runs with an event that is all of this, among those that are open to this reader."""
    found = Q(run=OuterRef("pk"))
    for term in terms:
        found &= event_terms.of_content(term, asker)
    return Q(Exists(Event.objects.filter(found).order_by()))


def text(value: str, asker: Asker) -> Q:
    """Free text: in the goal, as an id or how it begins, or in what the run did."""
    found = Q(goal__icontains=value) | content_match.runs_with(value, asker)
    bounds = run_terms.prefix_bounds(value)
    return found | Q(id__range=bounds) | Q(correlation_id__range=bounds) if bounds else found
