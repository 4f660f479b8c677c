"""The queue: one keyset page of rows as text, what it can be filtered by, the tabs. A fixed number
of queries however long it is.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from approvals.models import Request
from approvals.rules import headlines
from approvals.rules.eligibility import did
from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.selectors.filters import ANY, OTHERS, VIEWS, QueueFilters, matching
from console import figures
from console.journal import database_clock
from console.journal.records import label_of
from policies.current.four_eyes import proposals
from runs.engine.vocabulary import AnswerAct
from runs.run_authority import DECIDES

PAGE = 30
EVERYTHING = QueueFilters()
MOST_GROUPS = 2_000
SOMEBODY = -1
"""Stands in a statement where the id of its reader comes."""
MOST_COUNTED = 1_000
SHOWN = (
    "id", "run_id", "kind", "tool", "line", "effect", "tainted", "agent_title", "due", "expires_at",
    "asked_at", "ended_at", "status",
    "act", "decided_by", "decided_args", "group", "digest", "version", "held", "held_until",
)  # fmt: skip
MARKS = {
    RequestKind.IN_DOUBT: "in doubt",
    RequestKind.ACCEPTANCE: "not accepted",
}
TITLES = {
    RequestKind.BUDGET: "Budget",
    RequestKind.LOOP: "Loop",
    RequestKind.ACCEPTANCE: "Final answer",
    RequestKind.UNDO: "Undo it?",
}
ENDS = {AnswerAct.EXPIRE: "denied by the clock", AnswerAct.EXPIRE_AND_STOP: "stopped by the clock"}


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One request in the list, ready to be shown. Markup is made here, since a template would spend
    most of its time on it.
    """

    id: str
    title: str
    line: str
    tag: SafeString
    agent: str
    time: SafeString | str
    url: str
    here: bool


@dataclass(frozen=True, slots=True)
class QueueTab:
    word: str
    url: str
    count: str
    here: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """How many requests are open, and what they can be filtered by."""

    agents: Sequence[tuple[str, str]]
    tools: Sequence[str]
    groups: Sequence[str]
    open_now: int


def page(
    wanted: QueueFilters, now: datetime, here: int = 0, also: Q = ANY
) -> tuple[list[QueueRow], str]:
    """The rows, and the cursor of the next page, empty at the end. Open requests by urgency, others
    the newest first.
    """
    ordered = matching(wanted, now, also).order_by(*order(wanted))
    found = list(ordered.filter(behind(wanted)).only(*SHOWN)[: PAGE + 1])
    more = len(found) > PAGE
    tail = f"?{query}" if (query := wanted.query(after="")) else ""
    rows = [row(request, now, tail, here) for request in found[:PAGE]]
    return rows, cursor(found[PAGE - 1]) if more else ""


def order(wanted: QueueFilters) -> tuple[str, str]:
    return ("due", "id") if wanted.view in ("", OTHERS) else ("-ended_at", "-id")


def cursor(request: Request) -> str:
    at = (
        request.due
        if request.status == RequestStatus.OPEN
        else request.ended_at or request.asked_at
    )
    return f"{(at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)}~{request.pk}"


def behind(wanted: QueueFilters) -> Q:
    """The condition for what follows the cursor; one that cannot be read gives the first page."""
    try:
        micros, key = map(int, wanted.after.split("~"))
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    except (ValueError, OverflowError):
        return Q()
    if wanted.view not in ("", OTHERS):
        return Q(ended_at__lte=at) & (Q(ended_at__lt=at) | Q(id__lt=key))
    return Q(due__gte=at) & (Q(due__gt=at) | Q(id__gt=key))


def row(request: Request, now: datetime, tail: str, here: int) -> QueueRow:
    """One request as a row; `tail` is the query string that keeps the filters."""
    kind, is_open = RequestKind(request.kind), request.status == RequestStatus.OPEN
    effect = request.effect if kind is RequestKind.CALL else ""
    return QueueRow(
        id=str(request.pk),
        title=request.tool or TITLES.get(kind, "run"),
        line=line(request),
        tag=tag(MARKS.get(kind, effect), tone(request) if is_open else ""),
        agent=request.agent_title,
        time=remaining(request, now) if is_open else ended(request, now),
        url=f"/approvals/{request.pk}/{tail}",
        here=request.pk == here,
    )


def line(request: Request) -> str:
    """What it is about, and of one that was changed what was approved."""
    if request.decided_args is None or request.kind != RequestKind.CALL:
        return request.line
    return headlines.line(RequestKind.CALL, request.tool, request.decided_args)


def tag(word: str, tone: str) -> SafeString:
    return (
        format_html('<span class="tag{}">{}</span>', f" mark-{tone}" if tone else "", word)
        if word
        else SafeString("")
    )


def tone(request: Request) -> str:
    if request.kind != RequestKind.CALL:
        return "person"
    return {"irreversible": "bad", "reversible": "person"}.get(request.effect, "ended")


def remaining(request: Request, now: datetime) -> SafeString | str:
    if request.held_until is not None:
        return taking_effect(request, now)
    if request.expires_at is None:
        return "no limit"
    return left_until(request.expires_at, now)


def left_until(at: datetime, now: datetime) -> SafeString:
    """The time that is left, which the browser keeps counting."""
    text = figures.clock(figures.since(now, at))
    return format_html('<time datetime="{}" data-tick="left">{}</time>', figures.iso(at), text)


def taking_effect(request: Request, now: datetime) -> SafeString:
    """`denied it, 0:04`: what somebody answered, and when that takes effect."""
    done = did((request.held or {}).get("act", ""), request.kind)
    return format_html("{}, {}", done, left_until(request.held_until or now, now))


def ended(request: Request, now: datetime) -> str:
    """`ada approved it, 15:47 UTC`, with the day when it was not today."""
    if request.status == RequestStatus.DECIDED:
        said = f"{label_of(request.decided_by)} {did(request.act, request.kind)}"
    else:
        said = (
            ENDS.get(AnswerAct(request.act), "expired")
            if request.status == RequestStatus.EXPIRED and request.act
            else "closed with its run"
        )
    if request.ended_at is None:
        return said
    return f"{said}, {figures.hour(request.ended_at)}{figures.day(request.ended_at, now)}"


def tabs(wanted: QueueFilters, open_now: int, *, decides: bool = False) -> list[QueueTab]:
    """The tabs. Only open requests are counted, since nobody works off the others. Whoever decides
    has those apart that ask other people.
    """
    more = open_now > MOST_COUNTED
    counts = {"": f"{MOST_COUNTED:,}+" if more else f"{open_now:,}"}
    return [
        QueueTab(word, address(QueueFilters(view=view)), counts.get(view, ""), wanted.view == view)
        for view, (word, _) in VIEWS.items()
        if decides or view != OTHERS
    ]


def address(wanted: QueueFilters, request: int | None = None) -> str:
    """The address of the queue with these filters, or of one of its cards."""
    path = reverse("approvals:queue") if request is None else card(request)
    query = "" if wanted is EVERYTHING or wanted == EVERYTHING else wanted.query()
    return f"{path}?{query}" if query else path


def card(request: int) -> str:
    before, behind = _card_0()
    return f"{before}{request}{behind}"


@functools.cache
def _card_0() -> tuple[str, str]:
    """What stands around the number in the address of card 0: looking one up for each of fifty rows
    takes longer than to write them.
    """
    before, _, behind = reverse("approvals:card", args=[0]).rpartition("0")
    return before, behind


CHOICES = """WITH RECURSIVE found AS (
    (SELECT agent, agent_title, tool, "group" FROM approvals_request
        WHERE status = 'open' AND NOT drill ORDER BY agent, agent_title, tool, "group" LIMIT 1)
    UNION ALL
    SELECT next.* FROM found CROSS JOIN LATERAL
        (SELECT agent, agent_title, tool, "group" FROM approvals_request
            WHERE status = 'open' AND NOT drill AND (agent, agent_title, tool, "group")
                > (found.agent, found.agent_title, found.tool, found."group")
            ORDER BY agent, agent_title, tool, "group" LIMIT 1) AS next
) SELECT * FROM found LIMIT %s"""
"""Each different choice by one step of an index, however many requests have it."""


def choices(mine: Q = ANY) -> Choices:
    """How many requests are open, counted no further than `MOST_COUNTED`, and what they can be
    filtered by. Two queries.
    """
    is_open = Request.objects.filter(mine, status=RequestStatus.OPEN, drill=False)
    with connection.cursor() as cursor:
        cursor.execute(CHOICES, [MOST_GROUPS])
        rows = cursor.fetchall()
    return Choices(
        agents=sorted({(agent, title) for agent, title, *_ in rows}, key=lambda pair: pair[1]),
        tools=sorted({tool for _, _, tool, _ in rows if tool}),
        groups=sorted({group for *_, group in rows}),
        open_now=is_open.order_by()[: MOST_COUNTED + 1].count(),
    )


def following(
    wanted: QueueFilters,
    now: datetime,
    done: int,
    groups: frozenset[str] | None,
    also: Q = ANY,
) -> int | None:
    """The request to decide next: the most urgent open one of these filters, first those of the
    person's own groups when they are given.
    """
    found = (
        matching(
            QueueFilters(
                agent=wanted.agent,
                tool=wanted.tool,
                risk=wanted.risk,
                age=wanted.age,
                group=wanted.group,
            ),
            now,
            also,
        )
        .filter(held_until=None)
        .exclude(pk=done)
    )
    if groups is not None:
        mine = (
            found.filter(group__in=groups)
            .order_by("due", "id")
            .values_list("id", flat=True)
            .first()
        )
        if mine is not None:
            return int(mine)
    first = found.order_by("due", "id").values_list("id", flat=True).first()
    return None if first is None else int(first)


def answers_for_groups(user: User) -> bool:
    """Whether they decide, and only what asks a group of theirs. An owner answers for every
    group.
    """
    return user.has_perm(DECIDES) and not user.is_superuser


def asking(user: User) -> Q:
    """What open requests ask of them: those of their groups, or all for whoever does not answer for
    groups. What they passed on to others is no longer theirs.
    """
    return of_groups(user.pk) if answers_for_groups(user) else ANY


def of_groups(person: int) -> Q:
    return Q(group__in=Group.objects.filter(user=person).values("name"))


def of_view(wanted: QueueFilters, user: User) -> Q:
    """What a view asks beside the status of a request. A search, or a choice from the lists, looks
    into all that are open.
    """
    if wanted.view == OTHERS:
        return ~asking(user)
    return asking(user) if not wanted.view and not wanted.narrowed else ANY


def needs_action(user: User) -> int:
    """How many open requests ask this person, and changes that they may confirm, for the rail:
    requests are counted no further than can be read at a glance, in the order of their index, so
    that none is walked past that has been answered. Changes are looked at only where some wait.
    """
    text, params = _needs_action(by_group=answers_for_groups(user))
    with connection.cursor() as cursor:
        cursor.execute(text, [user.pk if each == SOMEBODY else each for each in params])
        found, some_wait = cursor.fetchone()
    return int(found) + (proposals.asked_of(user, database_clock.now()) if some_wait else 0)


@functools.cache
def _needs_action(*, by_group: bool) -> tuple[str, Sequence[Any]]:
    """The statement, made once: every page asks it."""
    mine = of_groups(SOMEBODY) if by_group else ANY
    found = Request.objects.filter(mine, status=RequestStatus.OPEN, drill=False)
    text, params = found.order_by("due", "id").values("pk")[:100].query.sql_with_params()
    changes, of_changes = proposals.still_open().values("pk").query.sql_with_params()
    asked = f"SELECT (SELECT count(*) FROM ({text}) AS each)"  # noqa: S608  Django's own
    return f"{asked}, EXISTS ({changes})", (*params, *of_changes)
