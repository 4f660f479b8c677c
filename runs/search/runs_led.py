"""Runs by what happened in them: by the index of words where few events have it, else by a look
into each run in its turn.
"""

from uuid import UUID

from django.db.models import BooleanField, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from console.journal import content_search
from console.journal.content_search import WantedWords, Ways
from console.journal.models import Event
from runs.search.asker import Asker

FEW = 2_000
"""Up to so many events lead to their runs; more of them are found soon by looking into runs."""


def having(ways: Ways, condition: Q, asker: Asker) -> Q:
    """The condition on runs that some event of theirs meets the condition. Every event that does
    fits one of the ways, which may be none.
    """
    wanted = WantedWords(ways, newest_first=True, limit=FEW + 1, tail=asker.tail)
    if wanted.leads:
        led = content_search.having(wanted, asker.clearance)
        if len(led) <= FEW:
            return Q(pk__in=runs_of(led, condition))
    return Q(looked_into(condition))


def runs_of(events: list[int], condition: Q) -> list[UUID]:
    """The runs of those of the events that meet the condition."""
    fit = (
        Event.objects.filter(condition, pk__in=events).order_by()
        if events
        else Event.objects.none()
    )
    return list(fit.values_list("run", flat=True).distinct())


def looked_into(condition: Q) -> Coalesce:
    """Whether a run has such an event: asked of run after run, so that a page ends with its last
    one, never by collecting all such events.
    """
    one = Event.objects.filter(condition, run=OuterRef("pk")).order_by()
    there = Subquery(one.values_list(Value(value=True))[:1], output_field=BooleanField())
    return Coalesce(there, Value(value=False), output_field=BooleanField())
