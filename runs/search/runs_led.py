"""Runs by what happened in them. The index of words leads to them from the newest event back, until
a page is full; only runs that began before all of what it has led to are looked into one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BooleanField, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from console.journal import any_of, content_search
from console.journal.content_search import WantedWords, Ways
from console.journal.models import Event
from runs.models import Run
from runs.reading import fleet
from runs.reading.fleet import PagePlace
from runs.search import event_times
from runs.search.asker import Asker

LED_AT_ONCE = (2_000, 4_000)
"""How many events are led to at first, and how many more where their runs do not fill a page."""
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class LedRuns:
    """The runs with an event that meets the condition; each such event fits one of the ways, which
    may be none; and the runs with one of these `ids`. `runs` are those known so far, among them all
    that began after `since`, and all there are when they are `whole`. `before` is the oldest event
    that was led to.
    """

    ways: Ways
    condition: Q
    asker: Asker
    ids: Q
    runs: set[UUID] = field(default_factory=set)
    since: datetime = NEVER
    whole: bool = False
    rounds: int = 0
    before: int | None = None

    @property
    def known(self) -> Q:
        return any_of.keys(self.runs) | self.ids

    @property
    def every(self) -> Q:
        """The condition on runs that they are among these, known or not."""
        return self.known if self.whole else self.known | self.older

    @property
    def older(self) -> Q:
        """Runs that nothing has led to so far, and that have such an event."""
        begun = Q() if self.since is NEVER else Q(created_at__lte=self.since)
        return begun & Q(looked_into(self.condition))

    def go_on(self) -> bool:
        """Have the index lead to some more events. False where nothing comes of it."""
        if self.whole or not self.ways or self.rounds == len(LED_AT_ONCE):
            return False
        most, self.rounds = LED_AT_ONCE[self.rounds], self.rounds + 1
        wanted = WantedWords(self.ways, before=self.before, newest_first=True, limit=most,
                             tail=self.asker.tail)  # fmt: skip
        led = content_search.having(wanted, self.asker.clearance)
        self.note(led)
        self.whole = len(led) < most
        return True

    def note(self, led: list[int]) -> None:
        """Take note of the runs of these events, the newest of those not led to so far. Times may
        stray from the order of ids, so what is known begins that much later.
        """
        events = Event.objects.filter(any_of.ids(led))
        found = events.aggregate(
            runs=ArrayAgg("run", distinct=True, filter=self.condition, default=Value([])),
            oldest=Min("ts"),
        )
        self.runs.update(found["runs"])
        strayed = event_times.strayed(self.asker)
        if led:
            self.before = led[-1]
            self.since = NEVER if strayed is None else min(self.since, found["oldest"] + strayed)

    def listed(self, among: QuerySet[Run], place: PagePlace, most: int) -> list[Run]:
        """The newest of them among these runs, beyond a place."""
        runs: list[Run] = []
        for part in self.parts(among, place.at or NEVER):
            runs += fleet.listed(part, place, most - len(runs))
            if len(runs) >= most:
                break
        return runs

    def parts(self, among: QuerySet[Run], until: datetime) -> Iterator[QuerySet[Run]]:
        """Parts of them that began until then and follow one another, the newest first, found out
        as they are asked for. To what is far behind nothing leads soon.
        """
        while self.since < until and not self.whole:
            yield among.filter(self.known, created_at__gt=self.since, created_at__lte=until)
            until = self.since
            if not self.go_on():
                break
        yield among.filter(self.every, created_at__lte=until)


def begun(ways: Ways, condition: Q, asker: Asker, ids: Q) -> LedRuns:
    """The runs of the condition, as far as the newest events lead to them."""
    led = LedRuns(ways, condition, asker, ids)
    led.go_on()
    return led


def looked_into(condition: Q) -> Coalesce:
    """Whether a run has such an event: asked of run after run, so that a page ends with its last
    one, never by collecting all such events.
    """
    one = Event.objects.filter(condition, run=OuterRef("pk")).order_by()
    there = Subquery(one.values_list(Value(value=True))[:1], output_field=BooleanField())
    return Coalesce(there, Value(value=False), output_field=BooleanField())
