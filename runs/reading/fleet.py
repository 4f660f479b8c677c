"""Queries of the fleet: filters from the URL, keyset pages, capped counts, figures. Reads only;
bounded however many runs there are.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Case, Count, Min, Q, QuerySet, Subquery, Value, When

from console.journal.records import VISIBLE
from console.journal.visibility import Clearance
from runs.engine.vocabulary import FINAL, RunStatus, StopReason, Waiting
from runs.models import Agent, Run
from runs.models.run_parts import BAD as BAD
from runs.models.run_parts import BADLY, LEFT, OVER
from runs.models.run_parts import KILLED_IN_DOUBT as KILLED_IN_DOUBT
from runs.models.run_parts import LIVE as LIVE
from runs.models.run_parts import PERSON as PERSON
from runs.reading import content_runs

READS: Clearance = frozenset({VISIBLE})
"""What everybody may read."""
PAGE = 50
MOST_COUNTED = 1_000
MOVING = [RunStatus.RUNNING.value, RunStatus.COMPENSATING.value]
STAKES = Case(
    When(
        Q(waiting_for=Waiting.IN_DOUBT)
        | KILLED_IN_DOUBT
        | Q(late__gt=0)
        | Q(leftover=True)
        | Q(findings__gt=0),
        then=Value(0),
    ),
    When(Q(status=RunStatus.WAITING) | Q(waiting_for=Waiting.UNDO), then=Value(1)),
    When(
        stop_reason__in=[StopReason.LOOP_DETECTED, StopReason.NO_PROGRESS, StopReason.DRIFTED],
        then=Value(2),
    ),
    When(stop_reason__in=[StopReason.BUDGET_EXCEEDED, StopReason.TIMEOUT], then=Value(3)),
    default=Value(4),
)
"""The order in which they are looked at: first what may be doubled or lost, then what waits to be
done, then what makes no progress, then what ran out of a budget.
"""
VIEWS: dict[str, tuple[str, Q]] = {
    "": ("All", Q()),
    "running": ("Running", Q(status__in=MOVING)),
    "person": ("Waiting for people", PERSON),
    "paused": ("Paused", Q(status=RunStatus.PAUSED)),
    "bad": ("Failed or stopped early", BADLY),
    "ended": ("Ended", Q(status__in=list(FINAL))),
}
PARTS: dict[str, tuple[Q | None, Q | None]] = {
    "": (Q(), Q()),
    "running": (Q(status__in=MOVING), None),
    "person": (PERSON, LEFT),
    "paused": (Q(status=RunStatus.PAUSED), None),
    "bad": (None, BADLY),
    "ended": (None, Q()),
}
"""Each view as its runs that are not over and those that are: every part is the walk of an index
that was made for it. None where a view has none of them.
"""
ARMS = (
    Q(status=RunStatus.WAITING, waiting_for=Waiting.IN_DOUBT),
    Q(status=RunStatus.COMPENSATING, waiting_for=Waiting.IN_DOUBT),
    KILLED_IN_DOUBT,
    Q(late__gt=0),
    Q(leftover=True),
    Q(findings__gt=0),
    Q(status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL),
    Q(status__in=list(FINAL), waiting_for=Waiting.UNDO),
    Q(status=RunStatus.PAUSED) & ~Q(stop_reason=StopReason.USER_PAUSED),
)
"""`PERSON`, one index each."""
MOST_WEIGHED = 200
"""Most runs of each arm that are weighed against the others: those that began first."""
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
class FleetFilters:
    """What the URL asks for. What cannot be read is left out, and is never an error."""

    view: str = ""
    agent: str = ""
    text: str = ""
    mine: bool = False
    before: str = ""
    among: tuple[UUID, ...] | None = None
    """The runs that the text leads to, once they were looked up."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        view = query.get("view", "")
        return cls(
            view=view if view in VIEWS else "",
            agent=query.get("agent", "")[:80],
            text=query.get("q", "").replace("\0", "").strip()[:200],
            mine=query.get("mine") == "1",
            before=query.get("before", "")[:80],
        )

    def query(self, **changes: Any) -> str:
        """The query string of these filters with some of them changed."""
        wanted = replace(self, **changes)
        pairs = {
            "view": wanted.view,
            "agent": wanted.agent,
            "q": wanted.text,
            "mine": "1" if wanted.mine else "",
            "before": wanted.before,
        }
        text = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{text}" if text else "?"

    @property
    def narrowed(self) -> bool:
        return bool(self.view or self.agent or self.text or self.mine)


@dataclass(frozen=True, slots=True)
class FleetPage:
    """Runs in order, those that are not over first; `older` is the cursor of the next page, empty
    at the end.
    """

    runs: Sequence[Run]
    older: str


def matching(filters: FleetFilters, user_id: int) -> QuerySet[Run]:
    return narrowed(Run.objects.filter(VIEWS[filters.view][1]), filters, user_id)


def parts(filters: FleetFilters, user_id: int) -> tuple[QuerySet[Run] | None, QuerySet[Run] | None]:
    """What matches in two parts: runs that are not over, and ended ones."""
    live, ended = PARTS[filters.view]
    return (
        None if live is None else part(Q(live, status__in=LIVE), filters, user_id),
        None if ended is None else part(Q(ended, status__in=OVER), filters, user_id),
    )


def part(found: Q, filters: FleetFilters, user_id: int) -> QuerySet[Run]:
    return narrowed(Run.objects.filter(found), filters, user_id)


def narrowed(found: QuerySet[Run], filters: FleetFilters, user_id: int) -> QuerySet[Run]:
    if filters.agent:
        named = Agent.objects.filter(name=filters.agent).values("pk")[:1]
        found = found.filter(agent_id=Subquery(named))
    if filters.mine:
        found = found.filter(principal_id=user_id)
    if not filters.text:
        return found
    among = filters.among
    return found.filter(pk__in=spoken(filters.text, READS) if among is None else among)


def sought(filters: FleetFilters, clearance: Clearance) -> FleetFilters:
    """The filters with what their text leads to, as far as this reader may read it: so it is looked
    up once for everything on a page.
    """
    if not filters.text:
        return filters
    return replace(filters, among=tuple(spoken(filters.text, clearance)))


def spoken(text: str, clearance: Clearance) -> list[UUID]:
    """The runs that a free text leads to: by its words, and by how ids begin when it could be the
    beginning of one.
    """
    found = content_runs.runs_with(text, clearance)
    if bounds := prefix_bounds(text):
        ids = Q(id__range=bounds) | Q(correlation_id__range=bounds)
        found += Run.objects.filter(ids).order_by().values_list("pk", flat=True)[:MOST_COUNTED]
    return found


def prefix_bounds(text: str) -> tuple[UUID, UUID] | None:
    """The first and last id that begin with `text`,
    None when it cannot be the beginning of an id."""
    digits = text.replace("-", "").lower()
    if not 4 <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def page(filters: FleetFilters, user_id: int, size: int = PAGE) -> FleetPage:
    """Runs that are not over, newest first, then ended runs, newest first. A keyset walk: page
    1,000 costs what page 1 does.
    """
    live, ended = parts(filters, user_id)
    begins, place = cursor(filters.before)
    runs: list[Run] = []
    if begins == "live" and live is not None:
        runs = listed(live.filter(place), size + 1)
    if begins == "live":
        place = Q()
    if len(runs) <= size and ended is not None:
        runs += listed(ended.filter(place), size + 1 - len(runs))
    more = len(runs) > size
    return FleetPage(runs[:size], mark(runs[size - 1]) if more else "")


def listed(found: QuerySet[Run], most: int) -> list[Run]:
    ordered = found.select_related(*SHOWN).defer(*UNREAD).order_by("-created_at", "-id")
    return list(ordered[:most])


def mark(run: Run) -> str:
    part = "ended" if run.status in FINAL else "live"
    return f"{part}~{run.created_at.timestamp() * 1_000_000:.0f}~{run.id.hex}"


def cursor(before: str) -> tuple[str, Q]:
    """The place where a page begins: in which part, and after which run. A cursor that cannot be
    read is the first page.
    """
    try:
        part, at, key = before.split("~")
        created = datetime.fromtimestamp(0, tz=UTC) + timedelta(microseconds=int(at))
        place = Q(created_at__lt=created) | Q(created_at=created, id__lt=UUID(key))
    except (ValueError, OverflowError):
        return "live", Q()
    return ("ended" if part == "ended" else "live"), place


def some(ids: Sequence[UUID]) -> list[Run]:
    return list(Run.objects.filter(id__in=ids).select_related(*SHOWN).defer(*UNREAD))


def only_matching(filters: FleetFilters, user_id: int, ids: Sequence[UUID]) -> list[Run]:
    return list(
        matching(filters, user_id)
        .filter(id__in=ids)
        .select_related(*SHOWN)
        .defer(*UNREAD)
        .order_by("-created_at", "-id")
    )


def left(filters: FleetFilters, user_id: int, known: Sequence[Run]) -> set[str]:
    """Those of the known runs that the filters no longer let through."""
    if not filters.narrowed or not known:
        return set()
    ids = {run.pk for run in known}
    stay = set(matching(filters, user_id).filter(id__in=ids).values_list("id", flat=True))
    return {str(run) for run in ids - stay}


def counted(found: Sequence[Sequence[QuerySet[Run]]]) -> list[int]:
    """How many runs each group has, counted no further than `MOST_COUNTED` in one statement."""
    texts: list[str] = []
    params: list[Any] = []
    for group in found:
        for each in group:
            text, values = each.order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
            texts.append(f"(SELECT count(*) FROM ({text}) AS each)")  # noqa: S608  Django's own
            params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(texts) or 0}", params)
        numbers = iter(cursor.fetchone() or ())
    return [sum(next(numbers) for _ in group) for group in found]


def counts(filters: FleetFilters, user_id: int) -> dict[str, int]:
    """How many runs each view has under the other filters, counted no further than
    `MOST_COUNTED`.
    """
    if filters.text:
        return counts_among(filters, user_id)
    found = [
        [each for each in parts(replace(filters, view=view), user_id) if each is not None]
        for view in VIEWS
    ]
    return dict(zip(VIEWS, counted(found), strict=True))


def counts_among(filters: FleetFilters, user_id: int) -> dict[str, int]:
    """How many runs each view has of those that a text leads to, which are never many."""
    found = matching(replace(filters, view=""), user_id).order_by()
    named = {f"n{place}": Count("pk", filter=VIEWS[view][1]) for place, view in enumerate(VIEWS)}
    named["n0"] = Count("pk")
    return dict(zip(VIEWS, found.aggregate(**named).values(), strict=True))


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of the tiles. Counts stop at `MOST_COUNTED`."""

    running: int
    queued: int
    approvals: int
    oldest_approval: datetime | None
    paused: int
    in_doubt: int
    bad: int


def summary(now: datetime) -> Summary:
    """The figures, each a bounded walk of its index, in two statements."""
    runs = Run.objects.filter(drill=False)
    asks = runs.filter(status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL)
    in_doubt = [runs.filter(arm) for arm in ARMS[:3]]
    running, queued, approvals, paused, doubted, bad = counted(
        [
            [runs.filter(status__in=MOVING)],
            [runs.filter(status=RunStatus.QUEUED)],
            [asks],
            [runs.filter(status=RunStatus.PAUSED)],
            in_doubt,
            [runs.filter(BADLY, ended_at__gte=now - timedelta(hours=1))],
        ]
    )
    first = asks.order_by("created_at").values("phase_at")[:MOST_COUNTED]
    oldest = first.aggregate(oldest=Min("phase_at"))["oldest"] if approvals else None
    return Summary(running, queued, approvals, oldest, paused, doubted, bad)


def attention(most: int = 5, urgent: Sequence[UUID] = ()) -> list[Run]:
    """Runs that stand still until a person acts, by what is at stake: calls in doubt, approvals
    (first `urgent`, in its order), loops, budgets, the rest; within each those that wait longest.
    """
    text, params = standing()
    with connection.cursor() as cursor:
        cursor.execute(text, [*params, list(urgent), list(urgent), most])
        places = {row[0]: place for place, row in enumerate(cursor.fetchall())}
    return sorted(some(list(places)), key=lambda run: places[run.pk])


@functools.cache
def standing() -> tuple[str, tuple[Any, ...]]:
    """The statement that gives the ids of runs that need a person, in order: made once, since
    putting it together takes longer than it does.
    """
    first, *others = (
        Run.objects.filter(arm, drill=False).order_by("created_at").values("pk")[:MOST_WEIGHED]
        for arm in ARMS
    )
    stakes = Run.objects.annotate(stake=STAKES).order_by().values("pk", "phase_at", "stake")
    text, params = first.union(*others, all=True).query.sql_with_params()
    weighed, of_stakes = stakes.query.sql_with_params()
    needs, of_needs = stakes.filter(PERSON, drill=False).query.sql_with_params()
    return (
        f"""SELECT id FROM ({weighed} WHERE id IN ({text})
        UNION {needs} AND id = ANY(%s)) AS weighed (id, phase_at, stake)
        ORDER BY stake, coalesce(array_position(%s::uuid[], id), {MOST_WEIGHED}), phase_at, id
        LIMIT %s""",  # noqa: S608  Django's own
        (*of_stakes, *params, *of_needs),
    )


def only_one(text: str) -> UUID | None:
    """The one run whose id begins with `text`, or whose correlation id is `text`; None when there
    is none, or several.
    """
    bounds = prefix_bounds(text)
    if bounds is None:
        return None
    found = list(
        Run.objects.filter(id__range=bounds).order_by("id").values_list("id", flat=True)[:2]
    )
    if not found and bounds[0] == bounds[1]:
        found = list(
            Run.objects.filter(correlation_id=bounds[0])
            .order_by("id")
            .values_list("id", flat=True)[:2]
        )
    return found[0] if len(found) == 1 else None


def asked_in(words: str, clearance: Clearance) -> bool:
    """Whether some run has these words, as far as this reader may read it."""
    return bool(content_runs.runs_with(words, clearance, most=1))
