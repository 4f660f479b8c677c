"""The queue: one keyset page of rows as text, what may be filtered by, the tabs. A fixed number of queries however long it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from approvals.models import Request
from approvals.rules.eligibility import DONE
from approvals.rules.vocabulary import Act, Kind, Status
from approvals.selectors.filters import VIEWS, Filters, matching
from runs.reading import words

PAGE = 40
MOST_COUNTED = 9_999
SHOWN = (
    "id", "run_id", "kind", "tool", "line", "effect", "tainted", "agent_title", "due", "expires_at", "asked_at", "ended_at", "status",
    "act", "decided_by", "group", "digest", "version",
)  # fmt: skip
MARKS = {Kind.IN_DOUBT: "in doubt", Kind.BUDGET: "budget", Kind.LOOP: "loop", Kind.ACCEPTANCE: "not accepted"}
TITLES = {Kind.BUDGET: "budget used up", Kind.LOOP: "no progress", Kind.ACCEPTANCE: "final answer"}
ENDS = {Act.EXPIRE: "denied by the clock", Act.EXPIRE_AND_STOP: "stopped by the clock"}


@dataclass(frozen=True, slots=True)
class Row:
    """One request in the list, ready to be shown."""

    id: int
    run: str
    title: str
    line: str
    mark: str
    tone: str
    agent: str
    left: str
    left_iso: str
    tick: str
    tainted: bool
    url: str
    here: bool


@dataclass(frozen=True, slots=True)
class Tab:
    word: str
    url: str
    count: str
    here: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What the open requests can be filtered by."""

    agents: Sequence[tuple[str, str]]
    tools: Sequence[str]
    groups: Sequence[str]


def page(wanted: Filters, now: datetime, here: int = 0) -> tuple[list[Row], str]:
    """The rows and the cursor of the next page, empty at the end. Open ones by urgency, others newest first."""
    ordered = matching(wanted, now).order_by(*order(wanted))
    found = list(ordered.filter(behind(wanted)).only(*SHOWN)[: PAGE + 1])
    more = len(found) > PAGE
    rows = [row(request, wanted, now, here) for request in found[:PAGE]]
    return rows, cursor(found[PAGE - 1]) if more else ""


def order(wanted: Filters) -> tuple[str, str]:
    return ("due", "id") if not wanted.view else ("-ended_at", "-id")


def cursor(request: Request) -> str:
    at = request.due if request.status == Status.OPEN else request.ended_at or request.asked_at
    return f"{(at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)}~{request.pk}"


def behind(wanted: Filters) -> Q:
    """What lies behind the cursor; a spoilt one is the first page."""
    try:
        micros, key = map(int, wanted.after.split("~"))
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except (ValueError, OverflowError):
        return Q()
    if wanted.view:
        return Q(ended_at__lte=at) & (Q(ended_at__lt=at) | Q(id__lt=key))
    return Q(due__gte=at) & (Q(due__gt=at) | Q(id__gt=key))


def row(request: Request, wanted: Filters, now: datetime, here: int) -> Row:
    kind, is_open = Kind(request.kind), request.status == Status.OPEN
    left, iso, tick = remaining(request, now) if is_open else (ended(request), "", "")
    return Row(
        id=request.pk,
        run=str(request.run_id),
        title=request.tool or TITLES.get(kind, "run"),
        line=request.line,
        mark=MARKS.get(kind, request.effect),
        tone=tone(request) if is_open else "",
        agent=request.agent_title,
        left=left,
        left_iso=iso,
        tick=tick,
        tainted=request.tainted,
        url=address(replace(wanted, after=""), request.pk),
        here=request.pk == here,
    )


def tone(request: Request) -> str:
    if request.kind != Kind.CALL:
        return "person"
    return {"irreversible": "bad", "reversible": "person"}.get(request.effect, "ended")


def remaining(request: Request, now: datetime) -> tuple[str, str, str]:
    if request.expires_at is None:
        return "no limit", "", ""
    return words.clock(words.since(now, request.expires_at)), words.iso(request.expires_at), "left"


def ended(request: Request) -> str:
    """`ada approved it, 15:47`."""
    if request.status == Status.DECIDED:
        said = f"{request.decided_by.removeprefix('user:')} {DONE.get(request.act, 'decided it')}"
    else:
        said = ENDS.get(Act(request.act), "expired") if request.status == Status.EXPIRED and request.act else "closed with its run"
    return f"{said}, {request.ended_at:%H:%M}" if request.ended_at else said


def tabs(wanted: Filters) -> list[Tab]:
    return [Tab(word, address(Filters(view=view)), count(view), wanted.view == view) for view, (word, _) in VIEWS.items()]


def address(wanted: Filters, request: int | None = None) -> str:
    """The queue with these filters, or one of its cards."""
    path = reverse("approvals:queue") if request is None else reverse("approvals:card", args=[request])
    query = wanted.query()
    return f"{path}?{query}" if query else path


def count(view: str) -> str:
    """Only what needs action is counted: nobody works off the others."""
    return "" if view else capped(Request.objects.filter(VIEWS[view][1]))


def capped(found: QuerySet[Request]) -> str:
    number = found.order_by()[: MOST_COUNTED + 1].count()
    return f"{number:,}" if number <= MOST_COUNTED else f"{MOST_COUNTED:,}+"


def choices() -> Choices:
    """One walk over what is open."""
    found = Request.objects.filter(status=Status.OPEN).values_list("agent", "agent_title", "tool", "group").annotate(Count("id")).order_by()
    rows = list(found[:2_000])
    return Choices(
        agents=sorted({(agent, title) for agent, title, *_ in rows}, key=lambda pair: pair[1]),
        tools=sorted({tool for _, _, tool, *_ in rows if tool}),
        groups=sorted({group for _, _, _, group, _ in rows}),
    )


def following(wanted: Filters, now: datetime, done: int, groups: frozenset[str] | None) -> int | None:
    """What to decide next: the most urgent open request of these filters, of the person's own groups first when they are known."""
    found = matching(Filters(agent=wanted.agent, tool=wanted.tool, risk=wanted.risk, age=wanted.age, group=wanted.group), now).exclude(
        pk=done
    )
    if groups is not None:
        mine = found.filter(group__in=groups).order_by("due", "id").values_list("id", flat=True).first()
        if mine is not None:
            return int(mine)
    first = found.order_by("due", "id").values_list("id", flat=True).first()
    return None if first is None else int(first)


def needs_action() -> int:
    """For the rail: how many are open, no further than can be read at a glance."""
    return Request.objects.filter(status=Status.OPEN).order_by()[:100].count()
