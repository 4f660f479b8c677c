"""Queries of the fleet: parts by status, keyset pages, capped counts. Reads only; bounded however
many runs there are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from console.journal import any_of
from console.journal.kept_reads import KeptRead
from runs.engine.vocabulary import FINAL, RunStatus
from runs.models import Agent, Run
from runs.models.run_parts import BAD as BAD
from runs.models.run_parts import BADLY, LEFT
from runs.models.run_parts import KILLED_IN_DOUBT as KILLED_IN_DOUBT
from runs.models.run_parts import LIVE as LIVE
from runs.models.run_parts import PERSON as PERSON

PAGE = 50
MOST_COUNTED = 1_000
NOBODY = "SELECT NULL::uuid WHERE false"
"""The statement for the ids of no runs."""
MOVING = [RunStatus.RUNNING.value, RunStatus.COMPENSATING.value]
PARTS: dict[str, tuple[Q | None, Q | None]] = {
    "": (Q(), Q()),
    "live": (Q(), None),
    "queued": (Q(status=RunStatus.QUEUED), None),
    "running": (Q(status__in=MOVING), None),
    "person": (PERSON, LEFT),
    "paused": (Q(status=RunStatus.PAUSED), None),
    "failed": (None, BADLY),
    "ended": (None, Q()),
}
"""What a status asks of runs that are not over and of those that are, everything for an empty one:
every part is the walk of an index that was made for it. None where it has none of them.
"""
SHOWN = ("agent", "principal")
NAMES = ("id", "name", "title", "planner", "username")
UNREAD = (
    "snapshot",
    "head",
    *(f"agent__{each.name}" for each in Agent._meta.concrete_fields if each.name not in NAMES),
    *(f"principal__{each.name}" for each in User._meta.concrete_fields if each.name not in NAMES),
)
"""Of agents and people a list shows names."""


@dataclass(frozen=True, slots=True)
class FleetPage:
    """Runs in order, those that are not over first; `older` is the cursor of the next page, empty
    at the end. `total`: how many there are in all, None where nobody has counted.
    """

    runs: Sequence[Run]
    older: str
    total: int | None = None


def prefix_bounds(text: str) -> tuple[UUID, UUID] | None:
    """The first and last id that begin with `text`,
    None when it cannot be the beginning of an id."""
    digits = text.replace("-", "").lower()
    if not 4 <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


Parts = tuple[QuerySet[Run] | None, QuerySet[Run] | None]
"""What matches in two parts: runs that are not over, and ended ones; None for none."""


@dataclass(frozen=True, slots=True)
class PagePlace:
    """Where a page begins: with the runs that come after one that began then; None: at the top."""

    at: datetime | None = None
    after: UUID | None = None

    @property
    def beyond(self) -> Q:
        if self.at is None:
            return Q()
        # the first condition alone says where an index is entered
        same = Q(created_at__lt=self.at) | Q(id__lt=self.after)
        return Q(created_at__lte=self.at) & same


Narrower = Callable[[QuerySet[Run], PagePlace], Sequence[QuerySet[Run]]]
"""Takes some runs apart into parts that follow one another, the newest first, as far as they matter
for what lies beyond a place.
"""


def undivided(found: QuerySet[Run], place: PagePlace) -> Sequence[QuerySet[Run]]:
    return [found]


def listed(found: QuerySet[Run], place: PagePlace, most: int) -> list[Run]:
    ordered = found.filter(place.beyond).order_by("-created_at", "-id")
    return list(ordered.select_related(*SHOWN).defer(*UNREAD)[:most])


def page(
    parts: Parts, before: str = "", size: int = PAGE, narrower: Narrower = undivided
) -> FleetPage:
    """Runs that are not over, newest first, then ended runs, newest first. A keyset walk: page
    1,000 costs what page 1 does.
    """
    live, ended = parts
    begins, place = cursor(before)
    found: list[QuerySet[Run]] = []
    if begins == "live" and live is not None:
        found += (each.filter(place.beyond) for each in narrower(live, place))
    if begins == "live":
        place = PagePlace()
    if ended is not None:
        found += (each.filter(place.beyond) for each in narrower(ended, place))
    runs = one_after_the_other(found, size + 1)
    more = len(runs) > size
    return FleetPage(runs[:size], mark(runs[size - 1]) if more else "")


WHOLE = """WITH known (id, created_at, part) AS MATERIALIZED ({known})
    SELECT (SELECT count(*) FROM known), ARRAY(SELECT id FROM known WHERE {beyond}
        ORDER BY part, created_at DESC, id DESC LIMIT %s)"""
BEYOND = "(part > %s OR (part = %s AND (created_at, id) < (%s, %s)))"


def whole_page(parts: Parts, before: str = "", size: int = PAGE) -> FleetPage:
    """A page of `parts` that are few, in the order of `page`, and how many they are."""
    there = [(part, found) for part, found in enumerate(parts) if found is not None]
    known = [numbered(found, part) for part, found in there or [(0, Run.objects.none())]]
    begins, place = cursor(before)
    beyond, values = "true", list[Any]()
    if place.at is not None:
        part = int(begins == "ended")
        beyond, values = BEYOND, [part, part, place.at, place.after]
    text = WHOLE.format(known=" UNION ALL ".join(each for each, _ in known), beyond=beyond)
    of_parts = chain.from_iterable(params for _, params in known)
    total, ids = count_all(text, [*of_parts, *values, size + 1])
    runs = in_order(ids)
    return FleetPage(runs[:size], mark(runs[size - 1]) if len(runs) > size else "", total)


def numbered(found: QuerySet[Run], part: int) -> tuple[str, Sequence[Any]]:
    """The statement for what puts the runs of a part in order."""
    try:
        text, params = found.order_by().values_list("pk", "created_at").query.sql_with_params()
    except EmptyResultSet:  # Django knows already that there is none
        text, params = "SELECT NULL::uuid, NULL::timestamptz WHERE false", ()
    return f"SELECT *, {part} FROM ({text}) AS part", params  # noqa: S608  Django's own


def one_after_the_other(found: Sequence[QuerySet[Run]], most: int) -> list[Run]:
    """The newest runs of the first of these, then those of the next, in two statements however many
    are needed: PostgreSQL begins with one when those before it have not given enough. It never
    works on them side by side, since each has a limit of its own.
    """
    each = [part.order_by("-created_at", "-id").values_list("pk", flat=True)[:most]
            for part in found]  # fmt: skip
    if not each:
        return []
    return in_order(each[0].union(*each[1:], all=True)[:most] if each[1:] else each[0])


def in_order(ids: Iterable[UUID]) -> list[Run]:
    """These runs. It asks where there are none as well: an empty page makes as many statements."""
    places = {key: place for place, key in enumerate(ids)}
    return sorted(_some(any_of.listed(places)), key=lambda run: places[run.pk])


def mark(run: Run) -> str:
    part = "ended" if run.status in FINAL else "live"
    return f"{part}~{run.created_at.timestamp() * 1_000_000:.0f}~{run.id.hex}"


def cursor(before: str) -> tuple[str, PagePlace]:
    """The place where a page begins: in which part, and after which run. A cursor that cannot be
    read is the first page.
    """
    try:
        part, at, key = before.split("~")
        created = datetime.fromtimestamp(0, tz=UTC) + timedelta(microseconds=int(at))
        place = PagePlace(created, UUID(key))
    except (ValueError, OverflowError):
        return "live", PagePlace()
    return ("ended" if part == "ended" else "live"), place


def some(ids: Sequence[UUID]) -> list[Run]:
    return _some(any_of.listed(ids)) if ids else []


_some = KeptRead(
    lambda: Run.objects.filter(any_of.keys(())).select_related(*SHOWN).defer(*UNREAD),
    any_of.listed(()),
)


def going(ids: Iterable[UUID]) -> Iterable[UUID]:
    """Those of the runs that are not over."""
    runs = Run.objects.filter(any_of.keys(ids), status__in=LIVE)
    return runs.order_by().values_list("pk", flat=True)


def only_matching(matching: QuerySet[Run], ids: Sequence[UUID]) -> list[Run]:
    """Those of the ids that match, newest first."""
    return listed(matching.filter(id__in=ids), PagePlace(), len(ids)) if ids else []


def left(matching: QuerySet[Run], known: Sequence[Run]) -> set[str]:
    """Those of the known runs that the query no longer lets through."""
    if not known:
        return set()
    ids = {run.pk for run in known}
    stay = set(matching.filter(id__in=ids).order_by().values_list("id", flat=True))
    return {str(run) for run in ids - stay}


def bounded(found: QuerySet[Run]) -> tuple[str, Sequence[Any]]:
    """The statement for the ids of these runs, one more than are counted."""
    try:
        return found.order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
    except EmptyResultSet:  # Django knows already that there is none
        return NOBODY, ()


def counted(found: Sequence[Sequence[QuerySet[Run]]]) -> list[int]:
    """How many runs each group has, counted no further than `MOST_COUNTED` in one statement."""
    return list(count_all(*counting(found)))


def counting(found: Sequence[Sequence[QuerySet[Run]]]) -> tuple[str, list[Any]]:
    """The statement that counts each group: one part after the other, as far as there may be more
    than are counted.
    """
    texts: list[str] = []
    params: list[Any] = []
    for group in found:
        parts = [bounded(each) for each in group]
        together = " UNION ALL ".join(f"({text})" for text, _ in parts) or NOBODY
        first = f"SELECT FROM ({together}) AS parts LIMIT {MOST_COUNTED + 1}"
        texts.append(f"(SELECT count(*) FROM ({first}) AS each)")  # noqa: S608  Django's own
        params += chain.from_iterable(values for _, values in parts)
    return f"SELECT {', '.join(texts) or 0}", params


def count_all(text: str, params: Sequence[Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        return cursor.fetchone() or ()
