"""What each condition of a query asks of an event, and the condition on events for a whole query.

Who may not read an event's content can learn nothing of it: a condition on content holds for no
event that is hidden from them, and then hidden events do not even count.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.lookups import GreaterThanOrEqual, LessThan

from console.journal.models import OFTEN, Event
from runs.language.query_terms import Query, Term
from runs.models import Run
from runs.models.run_parts import LIVE, OVER
from runs.search import content_match, event_times, letting_go, people_named, run_terms
from runs.search.asker import Asker

CONTENT = frozenset({"tool", "model", "verdict", "kind", "actor", "approver", "act"})
"""Fields of the event itself that its visibility covers."""
HIDES = CONTENT | {"agent"}
"""Fields of which a hidden event has none: it does not even count as a match."""
TELLS_TOOLS = frozenset({"tool", "model", "verdict"})
STOPPED, EXTENDED = "run.stopped", "run.extended"
MOST_IN_SHORT = 100_000_000
"""More than there can be: a bound keeps the planner from walking all ids instead."""
Time = Combinable | ExpressionWrapper[Any]
READ_TIME: Time = ExpressionWrapper(F("ts") + Value(timedelta(0)), DateTimeField())
"""An event's time where its row is read. No index has it: PostgreSQL would take the one on time
beside a range of ids, and sort a whole day for its newest rows.
"""


def condition(query: Query, asker: Asker) -> Q:
    """The condition on `journal_event`. Raises Mistake for a time that cannot be."""
    found = Q(visibility__in=asker.open_to) if reads_content(query) else Q()
    for term in query.terms:
        one = of_event(term, asker)
        found &= ~one if term.negative else one
    return found


def reads_content(query: Query) -> bool:
    """Whether it asks about content, so that a hidden event may not even count as a match."""
    return any(
        term.name in HIDES
        or (not term.name and (term.negative or run_terms.prefix_bounds(term.value) is None))
        for term in query.terms
    )


def of_event(term: Term, asker: Asker) -> Q:
    """What a term asks of an event; of its run for a field of the run."""
    if term.name in CONTENT:
        return of_content(term, asker)
    if term.name in ENVELOPE:
        return ENVELOPE[term.name](term, asker)
    return Q(run__in=of_runs(run_terms.of_run(term, asker)))


def of_runs(condition: Q) -> QuerySet[Run, Any]:
    """The ids of runs, live ones and ended ones each by the indexes that there are of them."""
    either = Q(status__in=LIVE) | Q(status__in=OVER)
    return Run.objects.filter(condition & either).order_by().values("pk")


def of_content(term: Term, asker: Asker) -> Q:
    """What a field of the event itself asks, of events that may be read."""
    found = Q()
    for value in term.values:
        found |= COLUMNS[term.name](value, asker)
    if term.name in TELLS_TOOLS:
        return found & content_match.told(asker)
    return found & Q(visibility__in=asker.open_to)


def worded(column: str) -> Callable[[str, Asker], Q]:
    """A column that holds a word: the word, or how it begins before a `*`."""

    def of(value: str, asker: Asker) -> Q:
        if value.endswith("*"):
            return Q(**{f"{column}__startswith": value[:-1]}) & ~Q(**{column: ""})
        return Q(**{column: value})

    return of


def deciding(value: str, asker: Asker) -> Q:
    return people_named.acting(value, asker) & Q(kind__in=letting_go.DECISIONS)


COLUMNS: dict[str, Callable[[str, Asker], Q]] = {
    "tool": worded("tool"),
    "model": worded("model"),
    "verdict": worded("verdict"),
    "kind": worded("kind"),
    "actor": people_named.acting,
    "approver": deciding,
    "act": lambda value, asker: letting_go.act(value),
}


def text(term: Term, asker: Asker) -> Q:
    """Free text: an id or how it begins, a kind, who did it, or words in what was said, of a tool's
    name and of what a tool itself calls something. Signs alone ask for nothing.
    """
    value = term.value
    if not content_match.ways(value):
        return Q()
    named = Q(kind__startswith=value) if value.endswith(".") else Q(kind=value)
    if people_named.is_person(value):
        named |= people_named.acting(value, asker)
    found = Q(visibility__in=asker.open_to) & named | content_match.content(value, asker)
    bounds = run_terms.prefix_bounds(value)
    return found | Q(run__range=bounds) | Q(correlation_id__range=bounds) if bounds else found


def happened(term: Term, asker: Asker) -> Q:
    """What leads to the events of a query knows between which ids they lie, and walks these. While
    nobody can tell, a short span is cut out first, through the index on time.
    """
    begin, end = run_terms.window(term, asker)
    if event_times.strayed(asker) is not None:
        return during(READ_TIME, begin, end)
    if begin and end and end - begin <= run_terms.SHORT:
        inside = Event.objects.filter(ts__gte=begin, ts__lt=end).order_by()
        return Q(id__in=inside.values("pk")[:MOST_IN_SHORT])
    return during(F("ts"), begin, end)


def during(time: Time, begin: datetime | None, end: datetime | None) -> Q:
    after = Q(GreaterThanOrEqual(time, begin)) if begin else Q()
    return after & (Q(LessThan(time, end)) if end else Q())


def beginning(column: str) -> Callable[[Term, Asker], Q]:
    def of(term: Term, asker: Asker) -> Q:
        found = Q()
        for value in term.values:
            found |= Q(**{f"{column}__range": run_terms.id_bounds(value)})
        return found

    return of


def by_agents(term: Term, asker: Asker) -> Q:
    names = {name for value in term.values for name in people_named.agent_names(value)}
    return Q(agent__in=sorted(names), visibility__in=asker.open_to) & ~Q(agent="")


def of_reason(term: Term, asker: Asker) -> Q:
    """A stop by the reason that it gave, whatever became of its run; any other event by the reason
    for which its run stands. One query, for runs that went on after a stop.
    """
    asked = run_terms.reason(term, asker)
    extended = Event.objects.filter(~OFTEN, kind=EXTENDED).order_by().values("run")
    others = Run.objects.filter(pk__in=extended).exclude(asked).order_by()
    went_on = list(others.values_list("pk", flat=True))
    said, stopped = Q(), Q(kind=STOPPED, data__isnull=False)
    for value in term.values:
        said |= Q(data__contains=f'"reason":"{value.upper()}"')
    of = of_runs(asked | Q(pk__in=went_on))
    return Q(run__in=of) & (stopped & said | ~stopped & ~Q(run__in=went_on))


def for_people(term: Term, asker: Asker) -> Q:
    ids = {each for value in term.values for each in people_named.principals(value, asker)}
    return Q(principal__in=[str(each) for each in sorted(ids)])


ENVELOPE: dict[str, Callable[[Term, Asker], Q]] = {
    "": text,
    "age": lambda term, asker: run_terms.since("ts", term, asker),
    "at": happened,
    "run": beginning("run"),
    "correlation": beginning("correlation_id"),
    "agent": by_agents,
    "principal": for_people,
    "reason": of_reason,
}
"""What is read off an event's envelope without its content, and free text."""
