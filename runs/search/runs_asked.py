"""The runs that a query finds."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from console.journal import content_condition, content_words
from runs.language.query_terms import Query, Term
from runs.models import Run
from runs.models.run_parts import OVER
from runs.reading import fleet
from runs.search import (
    content_match,
    event_leads,
    event_terms,
    run_terms,
    runs_led,
    status_counts,
)
from runs.search.asker import Asker
from runs.search.runs_led import LedRuns
from runs.search.settled import settled

OF_ONE_EVENT = frozenset({"tool", "verdict", "kind"})
"""Asked for together they speak of one event: the call of this tool that had this verdict."""
NOTHING = Q()
IN_INDEXES = frozenset({"agent", "principal", "age"})
"""What the indexes that lists walk have beside a status."""
HEAVY = event_terms.CONTENT | {"limit"}
"""Fields of events; and what compares columns of each row, to which no index leads."""


def condition(query: Query, asker: Asker) -> Q:
    """The condition on `runs_run`. Raises Mistake for a time that cannot be."""
    led, found, _ = taken_apart(query, asker)
    return found & led.every if led else found


def taken_apart(query: Query, asker: Asker, most: int | None = None) -> tuple[LedRuns | None, Q, Q]:
    """What leads to the runs that a query finds, the term that leads farthest back, by as many
    events at most; what it asks of them beside that; and what all that are not over fulfil among
    them. Raises Mistake.
    """
    together = [term for term in query.named(*OF_ONE_EVENT) if not term.negative]
    found, led = Q(), [with_event(together, asker)] if together else []
    without: list[LedRuns] = []
    for term in query.terms:
        if term in together:
            continue
        if term.name and term.name not in event_terms.CONTENT:
            one = run_terms.of_run(term, asker)
            found &= ~one if term.negative else one
        elif term.negative and (term.name or content_match.ways(term.value)):
            without.append(of_event(term, asker))
        elif term.name or content_match.ways(term.value):
            led.append(of_event(term, asker))
    for number, each in enumerate(led):
        # where one leads to few, these are looked into for all the others
        if not any(before.few for before in led[:number]):
            each.begin(most)
    found &= left_out(without, most, alone=not led)
    first, live = min(led, key=farthest, default=None), Q()
    for each in led:
        found &= Q() if each is first else each.every
        live &= each.perhaps
    return first, found, live


def left_out(without: Sequence[LedRuns], most: int | None, *, alone: bool) -> Q:
    """The condition on runs that they are none of these. Where nothing else leads to runs, the
    events of what is left out lead to it: if it is little, no other run has to be looked into.
    """
    found = Q()
    for each in without:
        if alone:
            each.begin(runs_led.FEW if most is None else min(most, runs_led.FEW))
        found &= ~each.every
    return found


def farthest(led: LedRuns) -> tuple[bool, datetime, int]:
    return not led.whole, led.since, len(led.runs)


def of_event(term: Term, asker: Asker) -> LedRuns:
    return with_event([term], asker) if term.name else text(term.value, asker)


def with_event(terms: Sequence[Term], asker: Asker) -> LedRuns:
    """Runs with an event that is all of this, among those that are open to this reader."""
    found = Q()
    for term in terms:
        found &= event_terms.of_content(term, asker)
    # the index says as much of an act as the act's own event, which is long
    beside = Q() if all(term.name == "act" for term in terms) else found
    return LedRuns(event_leads.ways(terms, asker), found, asker, beside)


def text(value: str, asker: Asker) -> LedRuns:
    """Free text: words of the goal or of what the run did, or an id or how it begins."""
    words, bounds = content_match.settled_content(value, asker), run_terms.prefix_bounds(value)
    ids = Q(id__range=bounds) | Q(correlation_id__range=bounds) if bounds else Q()
    in_order = content_words.following(value)
    beside = Q(content_condition.holds(in_order)) if in_order else Q()
    return LedRuns(content_match.ways(value), words, asker, beside, ids)


@dataclass(frozen=True, slots=True)
class FoundRuns:
    """The runs that a query finds, in the two parts in which they are listed: of those that meet
    the rest of it, the ones that are led to where something leads to them. `light`: the table of
    runs answers the rest.
    """

    rest: fleet.Parts
    led: LedRuns | None = None
    light: bool = False

    def page(self, before: str = "", size: int = fleet.PAGE) -> fleet.FleetPage:
        if self.led and (self.led.few or (self.led.whole and self.light)):
            only = self.led.every_settled
            live, ended = (part if part is None else part.filter(only) for part in self.rest)
            return fleet.whole_page((live, ended), before, size)
        narrower = self.led.narrowed if self.led else fleet.undivided
        return fleet.page(self.rest, before, size, narrower)

    def known(self) -> list[QuerySet[Run]]:
        """Those that are known without a look into runs."""
        only = self.led.known if self.led else Q()
        return [part.filter(only) for part in self.rest if part is not None]

    @property
    def whole(self) -> bool:
        """Whether there are no others than those that are known."""
        return self.led is None or self.led.whole


def found(query: Query, asker: Asker, most: int | None = None) -> FoundRuns:
    """What a query finds, led to by as many events at most. Where it asks for one status, each part
    is the walk of its index. Raises Mistake for a time that cannot be.
    """
    one = status_of(query)
    led, rest, live = taken_apart(query.without(one) if one else query, asker, most)
    found = parts(one.value if one else "", settled(rest), live, over=is_over(query))
    return FoundRuns(found, led, light=asks_of_one_event(query))


def asks_of_one_event(query: Query) -> bool:
    """Whether all that it asks about events is asked of a single one, which leads to the runs."""
    heavy = [term for term in query.terms if not term.name or term.name in HEAVY]
    if any(term.negative or term.name == "limit" for term in heavy):
        return False
    return len(heavy) == 1 or all(term.name in OF_ONE_EVENT for term in heavy)


def parts(status: str, rest: Q, live: Q = NOTHING, *, over: bool) -> fleet.Parts:
    """The runs of this status that meet the rest, and `live` where they are not over; those that
    are `over` alone.
    """
    of_live, ended = fleet.PARTS[status]
    runs = Run.objects.filter(rest)
    return (
        None if of_live is None or over else runs.filter(of_live, live, status__in=fleet.LIVE),
        None if ended is None else runs.filter(ended, status__in=OVER),
    )


def is_over(query: Query) -> bool:
    """Whether it asks for ended runs alone: it says when they ended, or how."""
    return any(
        not term.negative and (term.name == "ended" or run_terms.OVER.issuperset(term.values))
        for term in query.named("ended", "status")
    )


def counted(rest: Query, statuses: Sequence[str], asker: Asker) -> list[int]:
    """How many runs of each of these statuses meet the rest, a query that is light. Raises Mistake
    for a time that cannot be.
    """
    _, condition, _ = taken_apart(rest, asker)
    if not is_over(rest) and any(term.name not in IN_INDEXES for term in rest.terms):
        return list(fleet.count_all(*status_counts.statement(condition, tuple(statuses))))
    return list(fleet.count_all(*_counting(condition, tuple(statuses), over=is_over(rest))))


@functools.lru_cache(maxsize=128)
def _counting(condition: Q, statuses: Sequence[str], *, over: bool) -> tuple[str, Sequence[Any]]:
    """The statement that counts them: the same one is asked at each look, and putting it together
    takes longer than carrying it out.
    """
    return fleet.counting([
        [each for each in parts(status, condition, over=over) if each is not None]
        for status in statuses
    ])  # fmt: skip


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
    """Whether an index of the table of runs answers it, without a look at events or words."""
    return all(term.name and term.name not in HEAVY for term in query.terms)
