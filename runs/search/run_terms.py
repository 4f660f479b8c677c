"""What each condition of a query asks of a run: of its row, or of the events that are open to
whoever asks.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.models import (
    BooleanField,
    DurationField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    Q,
    Value,
)
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan, GreaterThanOrEqual

from runs.engine.vocabulary import FINAL, RunStatus, StopReason, Waiting
from runs.language import moments
from runs.language.mistakes import Mistake
from runs.language.query_terms import Term
from runs.models.run_parts import LIFE
from runs.reading import fleet
from runs.search import people_named
from runs.search.asker import Asker

SHORT = timedelta(days=2)
STRAY = timedelta(hours=1)
"""How much later a run may seem to have begun than it ended, by a clock that was put back."""
LOOKUPS = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
EARLIER = {"<": "gt", "<=": "gte", ">": "lt", ">=": "lte"}
"""What is younger began later."""
STATUSES = {
    "live": Q(status__in=fleet.LIVE),
    "queued": Q(status=RunStatus.QUEUED),
    "running": Q(status__in=fleet.MOVING),
    "waiting": Q(status=RunStatus.WAITING),
    "paused": Q(status=RunStatus.PAUSED),
    "person": fleet.PERSON,
    "in-doubt": Q(waiting_for=Waiting.IN_DOUBT) | fleet.KILLED_IN_DOUBT,
    "undoing": Q(status=RunStatus.COMPENSATING),
    "ended": Q(status__in=sorted(FINAL)),
    "completed": Q(status=RunStatus.COMPLETED),
    "stopped": Q(status=RunStatus.STOPPED),
    "failed": Q(status=RunStatus.STOPPED, stop_reason__in=fleet.BAD),
    "killed": Q(
        status=RunStatus.STOPPED,
        stop_reason__in=[StopReason.USER_KILLED, StopReason.KILLED_IN_DOUBT],
    ),
}
OVER = frozenset({"ended", "completed", "stopped", "failed", "killed"})
"""The words for a status that speak of runs that are over alone."""


def of_run(term: Term, asker: Asker) -> Q:
    """What a field of the run asks of its row. Raises Mistake for a time that cannot be."""
    return FIELDS[term.name](term, asker)


def status(term: Term, asker: Asker) -> Q:
    found = Q()
    for value in term.values:
        found |= STATUSES[value]
    return found


def reason(term: Term, asker: Asker) -> Q:
    return Q(stop_reason__in=[value.upper() for value in term.values])


def agent(term: Term, asker: Asker) -> Q:
    return Q(
        agent_id__in=sorted({key for value in term.values for key in people_named.agents(value)})
    )


def principal(term: Term, asker: Asker) -> Q:
    found = {key for value in term.values for key in people_named.principals(value, asker)}
    return Q(principal_id__in=sorted(found))


def cost(term: Term, asker: Asker) -> Q:
    return Q(**{f"usd__{LOOKUPS[term.relation]}": term.number})


def steps(term: Term, asker: Asker) -> Q:
    return Q(**{f"step__{LOOKUPS[term.relation]}": whole(term)})


def whole(term: Term) -> int:
    """The whole number that whole numbers compare to as they do to the term's."""
    return math.ceil(term.number) if term.relation in ("<", ">=") else math.floor(term.number)


def tokens(term: Term, asker: Asker) -> Q:
    over = GreaterThanOrEqual if term.relation in ("<", ">=") else GreaterThan
    found = Q(over(F("tokens_in") + F("tokens_out"), whole(term)))
    return ~found if term.relation.startswith("<") else found


def limit(term: Term, asker: Asker) -> Q:
    """How much of some limit is used: above is one of them above, below is all of them below."""
    over = GreaterThanOrEqual if term.relation in ("<", ">=") else GreaterThan
    found = Q()
    for used, most in (
        (F("step"), "max_steps"),
        (F("tokens_in") + F("tokens_out"), "max_tokens"),
        (F("usd"), "max_usd"),
        (active_seconds(asker.now), "max_seconds"),
    ):
        part = ExpressionWrapper(used * Value(100.0), output_field=FloatField())
        share = ExpressionWrapper(F(most) * Value(float(term.number)), output_field=FloatField())
        found |= Q(over(part, share)) & Q(**{f"{most}__gt": 0})
    return ~found if term.relation.startswith("<") else found


def active_seconds(now: datetime) -> Any:
    """Running time so far, in seconds; its clock goes on while it runs."""
    going = ExpressionWrapper(Value(now) - F("clock_since"), output_field=DurationField())
    since = Func(going, function="EXTRACT", template="EXTRACT(EPOCH FROM %(expressions)s)",
                 output_field=FloatField())  # fmt: skip
    return F("active_seconds") + Coalesce(since, Value(0.0), output_field=FloatField())


def since(column: str, term: Term, asker: Asker) -> Q:
    """How long ago it was; what has not been is of no age."""
    return Q(**{f"{column}__{EARLIER[term.relation]}": asker.now - term.span})


def ended(term: Term, asker: Asker) -> Q:
    """How long ago they ended. What ended before some time began before it as well, so that a list
    of such runs need not walk past all newer ones.
    """
    found = since("ended_at", term, asker)
    if term.relation.startswith(">"):
        found &= Q(created_at__lte=asker.now - term.span + STRAY)
    return found


def window(term: Term, asker: Asker) -> tuple[datetime | None, datetime | None]:
    """The span of time that `at:` asks for. Raises Mistake when it ends before it begins."""
    begin, end = moments.resolved(moments.asked(term.value), asker.now, asker.zone)
    if begin and end and begin >= end:
        raise Mistake(term.start, term.end, "this span of time ends before it begins.")
    return begin, end


def alive(term: Term, asker: Asker) -> Q:
    """Runs that had begun and had not ended then. In a short span few lived, and an index of lives
    has them; through a long one the list itself is walked.
    """
    begin, end = window(term, asker)
    found = Q(created_at__lt=end) if end else Q()
    if begin:
        found &= Q(ended_at__isnull=True) | Q(ended_at__gte=begin)
    if begin and end and end - begin <= SHORT:
        found &= Q(Func(LIFE, span_between(begin, end), template="%(expressions)s",
                        arg_joiner=" && ", output_field=BooleanField()))  # fmt: skip
    return found


def span_between(begin: datetime, end: datetime) -> Func:
    return Func(Value(begin), Value(end), Value("[)"), function="tstzrange",
                output_field=DateTimeRangeField())  # fmt: skip


def id_bounds(digits: str) -> tuple[UUID, UUID]:
    """First and last id that begin with these digits."""
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def prefix_bounds(text: str) -> tuple[UUID, UUID] | None:
    """First and last id that begin like a word of free text; None for what cannot begin one."""
    return fleet.prefix_bounds(text)


def beginning(column: str) -> Callable[[Term, Asker], Q]:
    def of(term: Term, asker: Asker) -> Q:
        found = Q()
        for value in term.values:
            found |= Q(**{f"{column}__range": id_bounds(value)})
        return found

    return of


FIELDS: dict[str, Callable[[Term, Asker], Q]] = {
    "status": status,
    "reason": reason,
    "agent": agent,
    "principal": principal,
    "cost": cost,
    "steps": steps,
    "tokens": tokens,
    "limit": limit,
    "age": lambda term, asker: since("created_at", term, asker),
    "ended": ended,
    "at": alive,
    "run": beginning("id"),
    "correlation": beginning("correlation_id"),
}
