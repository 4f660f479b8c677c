"""Runs by what happened in them. The index of words leads to them from the newest event back; only
runs that began before all of what it has led to are looked into one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    BooleanField,
    Count,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from console.journal import any_of, content_condition, content_search
from console.journal.content_search import WantedWords, Ways
from console.journal.models import Event
from runs.models import Run
from runs.reading.fleet import PagePlace
from runs.search import event_times
from runs.search.asker import Asker

LED_AT_ONCE = 2_000
"""How many events are led to."""
FEW = 500
"""So many runs that are led to are looked into at once, whatever else is asked of them: to count
them takes as much.
"""
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class LedRuns:
    """The runs with an event that meets the condition; each such event fits one of the ways, which
    may be none; and the runs with one of these `ids`. `beside`: what meets the condition among the
    events that fit a way, nothing for all of them. `runs` are those known so far, among them all
    that began after `since`, and all there are when they are `whole`.
    """

    ways: Ways
    condition: Q
    asker: Asker
    beside: Q
    ids: Q = field(default_factory=Q)
    runs: Sequence[str] = ()
    since: datetime = NEVER
    whole: bool = False

    @property
    def known(self) -> Q:
        return any_of.written(self.runs) | self.ids

    @property
    def few(self) -> bool:
        """Whether these are all there are, and few."""
        return self.whole and len(self.runs) <= FEW

    @property
    def every(self) -> Q:
        """The condition on runs that they are among these, known or not."""
        return self.known if self.whole else self.known | self.older

    @property
    def older(self) -> Q:
        """Runs that nothing has led to so far, and that have such an event."""
        begun = Q() if self.since is NEVER else Q(created_at__lte=self.since)
        return begun & Q(looked_into(self.condition)) | self.ids

    @property
    def perhaps(self) -> Q:
        """The condition on runs that are not over that they may be among these."""
        named = content_condition.perhaps(self.ways, self.asker.clearance, self.asker.tail)
        return named | self.ids if named else Q()

    def begin(self, most: int | None = None) -> None:
        """Let the newest events lead to these runs, `most` of them. Times may stray from the order
        of ids, so what is known begins that much later.
        """
        most = LED_AT_ONCE if most is None else most
        if not self.ways or not most:
            return
        wanted = WantedWords(self.ways, newest_first=True, limit=most, tail=self.asker.tail)
        led = content_search.leading(wanted, self.asker.clearance)
        found = Event.objects.filter(pk__in=RawSQL(led.text, led.params)).aggregate(  # noqa: S611
            runs=Cast(ArrayAgg("run", distinct=True, default=Value([]),
                               filter=self.beside or None), TextField()),
            oldest=Min("ts"),
            number=Count("pk"),
        )  # fmt: skip
        # as a text: it goes back to the database in each part of the statement for a page
        self.runs = found["runs"].strip("{}").split(",") if found["runs"] != "{}" else ()
        self.whole = found["number"] < most
        strayed = event_times.strayed(self.asker)
        if found["number"] and strayed is not None:
            self.since = found["oldest"] + strayed

    def narrowed(self, among: QuerySet[Run], place: PagePlace) -> list[QuerySet[Run]]:
        """Those among these runs: first what is known to be all that began after some time, then
        what began before it, unless the place lies there. To what is far behind nothing leads soon.
        """
        if self.whole or self.since >= (place.at or NEVER):
            return [among.filter(self.every)]
        newer = among.filter(self.known, created_at__gt=self.since)
        return [newer, among.filter(self.every, created_at__lte=self.since)]


def looked_into(condition: Q) -> Coalesce:
    """Whether a run has such an event: asked of run after run, so that a page ends with its last
    one, never by collecting all such events.
    """
    one = Event.objects.filter(condition, run=OuterRef("pk")).order_by()
    there = Subquery(one.values_list(Value(value=True))[:1], output_field=BooleanField())
    return Coalesce(there, Value(value=False), output_field=BooleanField())
