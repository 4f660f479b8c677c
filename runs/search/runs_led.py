"""Runs by what happened in them. The index of words leads to them from the newest event back; only
runs that began before all of what it has led to are looked into one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from console.journal import any_of, content_condition, content_search
from console.journal.content_search import WantedWords, Ways
from console.journal.models import Event
from runs.models import Run
from runs.reading.fleet import PagePlace
from runs.search import event_times
from runs.search.asker import Asker
from runs.search.settled import as_text, settled

LED_AT_ONCE = 2_000
"""How many events are led to."""
FEW = 500
"""So many runs that are led to are looked into at once, whatever else is asked of them: to count
them takes as much.
"""
NEVER = datetime.max.replace(tzinfo=UTC)
LED = """WITH led AS MATERIALIZED ({led}), known AS (SELECT event FROM led ORDER BY event DESC
        LIMIT CASE WHEN (SELECT count(*) FROM led) < %s THEN %s ELSE %s END)
    SELECT (array_agg(DISTINCT run) FILTER (WHERE {beside}))::text, min(ts),
        (SELECT count(*) FROM led)
    FROM journal_event WHERE id IN (SELECT event FROM known)"""
"""The runs as a text: it goes back to the database in each part of the statement for a page. Where
there are more events than are led to, half of them give the runs of a page, and to look all up
takes longer than to be led there.
"""
LOOKED_INTO = """coalesce((SELECT true FROM journal_event
    WHERE {condition} AND journal_event.run = runs_run.id LIMIT 1), false)"""


@dataclass
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

    @cached_property
    def known_settled(self) -> Q:
        """`known`, once it has been led to them."""
        return settled(self.known)

    @cached_property
    def every_settled(self) -> Q:
        """`every`, once it has been led to them."""
        return settled(self.every)

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
        beside, params = as_text(self.beside, Event)
        with connection.cursor() as cursor:
            bounds = most, most, (most + 1) // 2
            text = LED.format(beside=beside, led=led.text)
            cursor.execute(text, [*led.params, *bounds, *params])
            runs, oldest, number = cursor.fetchone() or ("", None, 0)
        self.runs = runs.strip("{}").split(",") if runs else ()
        self.whole = number < most
        strayed = event_times.strayed(self.asker)
        if oldest and strayed is not None:
            self.since = oldest + strayed

    def narrowed(self, among: QuerySet[Run], place: PagePlace) -> list[QuerySet[Run]]:
        """Those among these runs: first what is known to be all that began after some time, then
        what began before it, unless the place lies there. To what is far behind nothing leads soon.
        """
        if self.whole or self.since >= (place.at or NEVER):
            return [among.filter(self.every_settled)]
        newer = among.filter(self.known_settled, created_at__gt=self.since)
        return [newer, among.filter(self.every_settled, created_at__lte=self.since)]


def looked_into(condition: Q) -> RawSQL:
    """Whether a run of `runs_run` has such an event: asked of run after run, so that a page ends
    with its last one, never by collecting all such events.
    """
    text, params = as_text(condition, Event)
    looked = LOOKED_INTO.format(condition=text)
    return RawSQL(looked, params, output_field=BooleanField())  # noqa: S611  Django's own text
