"""Queries of the fleet: filters from the URL, keyset pages, capped counts, figures. Reads only;
bounded however many runs there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Case, Count, Min, Q, QuerySet, Value, When

from runs.engine.vocabulary import EXPLANATIONS, FINAL, RunStatus, StopReason, StopSeverity, Waiting
from runs.models import Run

PAGE = 50
MOST_COUNTED = 1_000
BAD = [reason.value for reason, why in EXPLANATIONS.items() if why.severity is StopSeverity.BAD]
LIVE = [status.value for status in RunStatus if status not in FINAL]
MOVING = [RunStatus.RUNNING.value, RunStatus.COMPENSATING.value]
KILLED_IN_DOUBT = Q(status=RunStatus.STOPPED, stop_reason=StopReason.KILLED_IN_DOUBT)
PERSON = (
    Q(status=RunStatus.WAITING, waiting_for__in=[Waiting.APPROVAL, Waiting.IN_DOUBT])
    | Q(status=RunStatus.COMPENSATING, waiting_for=Waiting.IN_DOUBT)
    | Q(status=RunStatus.PAUSED) & ~Q(stop_reason=StopReason.USER_PAUSED)
    | KILLED_IN_DOUBT
    | Q(late__gt=0)
    | Q(leftover=True)
    | Q(findings__gt=0)
    | Q(status__in=list(FINAL), waiting_for=Waiting.UNDO)
)
"""Runs that need a person, including ended ones while nobody has looked into what came back late or
could not be undone, or differs from a far side, or has said whether anything is to be undone.
"""
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
    "bad": ("Failed or stopped early", Q(status=RunStatus.STOPPED, stop_reason__in=BAD)),
    "ended": ("Ended", Q(status__in=list(FINAL))),
}
SHOWN = ("agent", "principal")
UNREAD = ("snapshot", "head", "agent__prompt", "agent__script")


@dataclass(frozen=True, slots=True)
class FleetFilters:
    """What the URL asks for. What cannot be read is left out, and is never an error."""

    view: str = ""
    agent: str = ""
    text: str = ""
    mine: bool = False
    before: str = ""

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
    found = Run.objects.filter(VIEWS[filters.view][1])
    if filters.agent:
        found = found.filter(agent__name=filters.agent)
    if filters.mine:
        found = found.filter(principal_id=user_id)
    return found.filter(spoken(filters.text)) if filters.text else found


def spoken(text: str) -> Q:
    """The condition for free text: it is looked for in goals, and in ids when it could be the
    beginning of one.
    """
    found = Q(goal__icontains=text)
    bounds = prefix_bounds(text)
    return found | Q(id__range=bounds) | Q(correlation_id__range=bounds) if bounds else found


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
    found = (
        matching(filters, user_id)
        .select_related(*SHOWN)
        .defer(*UNREAD)
        .order_by("-created_at", "-id")
    )
    part, place = cursor(filters.before)
    runs: list[Run] = []
    if part == "live":
        runs = list(found.filter(place, status__in=LIVE)[: size + 1])
        place = Q()
    if len(runs) <= size:
        runs += list(found.filter(place, status__in=list(FINAL))[: size + 1 - len(runs)])
    more = len(runs) > size
    return FleetPage(runs[:size], mark(runs[size - 1]) if more else "")


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


def capped(found: QuerySet[Run]) -> int:
    """How many there are, counted no further than `MOST_COUNTED`."""
    return found.order_by()[: MOST_COUNTED + 1].count()


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
    """The figures: one walk over the runs that are not over or were killed in doubt (partial
    indexes), and one capped count of bad ends.
    """
    walk = (
        Run.objects.filter(Q(status__in=LIVE) | KILLED_IN_DOUBT, drill=False)
        .order_by()
        .aggregate(
            running=Count("id", filter=Q(status__in=MOVING)),
            queued=Count("id", filter=Q(status=RunStatus.QUEUED)),
            approvals=Count("id", filter=Q(status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL)),
            oldest=Min(
                "phase_at", filter=Q(status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL)
            ),
            paused=Count("id", filter=Q(status=RunStatus.PAUSED)),
            in_doubt=Count("id", filter=Q(waiting_for=Waiting.IN_DOUBT) | KILLED_IN_DOUBT),
        )
    )
    bad = capped(
        Run.objects.filter(VIEWS["bad"][1], ended_at__gte=now - timedelta(hours=1), drill=False)
    )
    return Summary(
        walk["running"],
        walk["queued"],
        walk["approvals"],
        walk["oldest"],
        walk["paused"],
        walk["in_doubt"],
        bad,
    )


def attention(most: int = 5, urgent: Sequence[UUID] = ()) -> list[Run]:
    """Runs that stand still until a person acts, by what is at stake: calls in doubt, approvals
    (first `urgent`, in its order), loops, budgets, the rest; within each those that wait longest.
    """
    place = Case(
        *(When(id=run, then=Value(number)) for number, run in enumerate(urgent)),
        default=Value(len(urgent)),
    )
    found = Run.objects.filter(PERSON, drill=False).annotate(
        stake=STAKES, place=place if urgent else Value(0)
    )
    return list(
        found.select_related(*SHOWN)
        .defer(*UNREAD)
        .order_by("stake", "place", "phase_at", "id")[:most]
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


def asked_in(words: str) -> bool:
    """Whether the goal of some run contains these words."""
    return bool(words) and Run.objects.filter(goal__icontains=words).exists()
