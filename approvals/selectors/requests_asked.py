"""The query of the approvals' queue, in the words of the fleet's box: what each condition asks of a
request, of its run and of who decided, and what is wrong with what was typed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from approvals.models import Request
from approvals.rules.request_vocabulary import RequestKind
from console.journal.records import PEOPLE
from runs.language import chips, grammar
from runs.language.chips import Chip
from runs.language.mistakes import Mistake, MistakeShown
from runs.language.query_fields import OF_REQUESTS
from runs.language.query_terms import Query, Term
from runs.models import Run
from runs.search import people_named, run_terms, statement_limit
from runs.search.asker import Asker
from runs.search.statement_limit import TooSlow

AskedRow = TypeVar("AskedRow")

RISKS: Mapping[str, Q] = {
    "irreversible": Q(effect="irreversible"),
    "reversible": Q(effect="reversible"),
    "tainted": Q(tainted=True),
    "in-doubt": Q(kind=RequestKind.IN_DOUBT),
    "budget": Q(kind=RequestKind.BUDGET),
    "loop": Q(kind=RequestKind.LOOP),
    "acceptance": Q(kind=RequestKind.ACCEPTANCE),
    "undo": Q(kind=RequestKind.UNDO),
}
ONE_STATUS = "a list of requests has one status, open unless another is asked for."


def status(query: Query) -> str:
    """The one status that is asked for. Raises Mistake for several."""
    found = query.named("status")
    for term in found:
        if term.negative or len(term.values) > 1 or term is not found[0]:
            raise Mistake(term.start, term.end, ONE_STATUS)
    return found[0].value if found else "open"


def view(text: str) -> str:
    """The view of the queue that a query asks for; empty for the usual one, and for a mistake."""
    try:
        asked = status(grammar.parse(text, OF_REQUESTS))
    except Mistake:
        return ""
    return "" if asked == "open" else asked


def condition(query: Query, asker: Asker) -> Q:
    """What a query asks beside the status. Raises Mistake."""
    status(query)
    found = Q()
    for term in query.terms:
        if term.name != "status":
            one = ASKED[term.name](term, asker)
            found &= ~one if term.negative else one
    return found


@dataclass(slots=True)
class RequestsBox:
    """What was typed, the condition that it makes (nothing fits a mistake), its chips, and what is
    wrong: a mistake with its place, or that it took too long. `place` is what it is called where it
    is completed.
    """

    text: str
    found: Q = field(default_factory=Q)
    chips: Sequence[Chip] = ()
    mistake: MistakeShown | None = None
    slow: str = ""
    place: str = "approvals"

    @property
    def address(self) -> str:
        return reverse("approvals:queue")

    action = address

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        return tuple((each.example, each.meaning) for each in OF_REQUESTS.values())

    def answered(self, ask: Callable[[], tuple[list[AskedRow], str]]) -> tuple[list[AskedRow], str]:
        """What is found; nothing, and the box says why, where it takes too long."""
        if not self.text:
            return ask()
        try:
            with statement_limit.within():
                return ask()
        except TooSlow as slow:
            self.slow = str(slow)
            return [], ""


def box(text: str, asker: Asker) -> RequestsBox:
    try:
        query = grammar.parse(text, OF_REQUESTS)
        return RequestsBox(text, condition(query, asker), chips.chips(query))
    except Mistake as mistake:
        return RequestsBox(text, Q(pk__in=[]), mistake=MistakeShown.of(text, mistake))


def each(of: Callable[[str, Asker], Q]) -> Callable[[Term, Asker], Q]:
    """Any of the values is enough."""

    def asked(term: Term, asker: Asker) -> Q:
        found = Q()
        for value in term.values:
            found |= of(value, asker)
        return found

    return asked


def worded(column: str) -> Callable[[str, Asker], Q]:
    """A column that holds a word: the word, or how it begins before a `*`."""
    return lambda value, _asker: (
        Q(**{f"{column}__startswith": value[:-1]}) if value.endswith("*") else Q(**{column: value})
    )


def agent(value: str, _asker: Asker) -> Q:
    said, how = (value[:-1], "istartswith") if value.endswith("*") else (value, "iexact")
    return Q(**{f"agent__{how}": said}) | Q(**{f"agent_title__{how}": said})


def principal(value: str, asker: Asker) -> Q:
    return of_run(Q(principal_id__in=people_named.principals(value, asker)))


def approver(value: str, asker: Asker) -> Q:
    """Who decided, or has voted on what is not decided yet."""
    if value == people_named.ANYBODY:
        return Q(decided_by__startswith=PEOPLE)
    people = people_named.principals(value, asker)
    voted = Request.objects.filter(votes__voter__in=people).order_by().values("pk")
    decided = Q(decided_by_id__in=[str(person) for person in people])
    return decided | Q(pk__in=voted) | Q(decided_by=f"{PEOPLE}{value}")


def of_run(found: Q) -> Q:
    return Q(run__in=Run.objects.filter(found).order_by().values("pk"))


def happened(term: Term, asker: Asker) -> Q:
    begin, end = run_terms.window(term, asker)
    found = Q(asked_at__gte=begin) if begin else Q()
    return found & Q(asked_at__lt=end) if end else found


def beginning(column: str) -> Callable[[Term, Asker], Q]:
    return each(lambda value, _asker: between(column, run_terms.id_bounds(value)))


def between(column: str, bounds: tuple[UUID, UUID]) -> Q:
    """An id within bounds, which belong to it. A foreign key knows no range."""
    first, last = bounds
    return Q(**{f"{column}__gte": first, f"{column}__lte": last})


def text(term: Term, _asker: Asker) -> Q:
    """Free text: in what stands on the card, or how an id begins."""
    value = term.value
    found = Q(line__icontains=value) | Q(sentence__icontains=value) | Q(tool__icontains=value)
    found |= Q(pk__in=of_arguments(value)) | Q(note__icontains=value)
    bounds = run_terms.prefix_bounds(value)
    if bounds:
        found |= between("run", bounds) | between("correlation_id", bounds)
    return found


def of_arguments(value: str) -> object:
    written = Request.objects.alias(written=Cast("args", TextField()))
    return written.filter(written__icontains=value).order_by().values("pk")


ASKED: Mapping[str, Callable[[Term, Asker], Q]] = {
    "": text,
    "tool": each(worded("tool")),
    "agent": each(agent),
    "group": each(worded("group")),
    "risk": each(lambda value, _asker: RISKS[value]),
    "principal": each(principal),
    "approver": each(approver),
    "cost": lambda term, asker: of_run(run_terms.cost(term, asker)),
    "age": lambda term, asker: run_terms.since("asked_at", term, asker),
    "at": happened,
    "run": beginning("run"),
    "correlation": beginning("correlation_id"),
}
