"""The runs that a query finds."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from runs.language.query_terms import Query, Term
from runs.models import Run
from runs.models.run_parts import OVER
from runs.reading import fleet
from runs.search import content_match, event_leads, event_terms, run_terms, runs_led
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


def with_event(terms: Sequence[Term], asker: Asker) -> Q:
    """Runs with an event that is all of this, among those that are open to this reader."""
    found = Q()
    for term in terms:
        found &= event_terms.of_content(term, asker)
    return runs_led.having(event_leads.ways(terms, asker), found, asker)


def text(value: str, asker: Asker) -> Q:
    """Free text: words of the goal or of what the run did, or an id or how it begins. Signs alone
    ask for nothing.
    """
    ways = content_match.ways(value)
    if not ways:
        return Q()
    found = runs_led.having(ways, content_match.content(value, asker), asker)
    bounds = run_terms.prefix_bounds(value)
    return found | Q(id__range=bounds) | Q(correlation_id__range=bounds) if bounds else found


def parts(query: Query, asker: Asker) -> fleet.Parts:
    """The runs that a query finds, in the two parts in which they are listed. Where it asks for one
    status, each part is the walk of its index. Raises Mistake for a time that cannot be.
    """
    one = status_of(query)
    live, ended = fleet.PARTS[one.value] if one else fleet.PARTS[""]
    rest = condition(query.without(one) if one else query, asker)
    return (
        None if live is None else Run.objects.filter(live, rest, status__in=fleet.LIVE),
        None if ended is None else Run.objects.filter(ended, rest, status__in=OVER),
    )


def status_of(query: Query) -> Term | None:
    """The one status that a query asks for, when it is one whose parts are known."""
    found = [term for term in query.named("status") if not term.negative]
    if len(found) == 1 and len(found[0].values) == 1 and found[0].value in fleet.PARTS:
        return found[0]
    return None


def matching(query: Query, asker: Asker) -> QuerySet[Run]:
    """The runs that a query finds for this reader. Raises Mistake for a time that cannot be."""
    return Run.objects.filter(condition(query, asker))


def is_light(query: Query) -> bool:
    """Whether a row of the table of runs answers it, without a look at events or words."""
    return all(term.name and term.name not in event_terms.CONTENT for term in query.terms)
