"""The load on those who decide: how old the queue is, who decided how much and how quickly. Figures of the last day, as text."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from approvals.models import Request, Vote
from approvals.rules.vocabulary import Status
from runs.reading import words

DAY = timedelta(days=1)
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Approver:
    name: str
    decisions: int
    typical: str
    slowest: str


@dataclass(frozen=True, slots=True)
class Group:
    """What waits for one group."""

    name: str
    open_now: int
    oldest: str


@dataclass(frozen=True, slots=True)
class Load:
    open_now: int
    oldest: str
    decided: int
    expired: int
    typical: str
    groups: Sequence[Group]
    approvers: Sequence[Approver]


def load(now: datetime) -> Load:
    """Three queries, whatever the length of the queue."""
    waits = (
        Request.objects.filter(status=Status.OPEN)
        .values_list("group")
        .annotate(number=Count("id"), since=Min("asked_at"))
        .order_by("group")
    )
    groups = [(name, number, since) for name, number, since in waits]
    ended = dict(Request.objects.filter(ended_at__gte=now - DAY).values_list("status").annotate(Count("id")).order_by())
    voices = list(Vote.objects.filter(at__gte=now - DAY).order_by().values_list("voter__username", "waited")[:MOST])
    return Load(
        open_now=sum(number for _, number, _ in groups),
        oldest=age(min((since for *_, since in groups), default=None), now),
        decided=ended.get(Status.DECIDED, 0),
        expired=ended.get(Status.EXPIRED, 0),
        typical=typical([waited for _, waited in voices]),
        groups=[Group(name, number, age(since, now)) for name, number, since in groups],
        approvers=approvers(voices),
    )


def approvers(voices: Sequence[tuple[str, float]]) -> list[Approver]:
    """Whoever decided most comes first."""
    by_name: dict[str, list[float]] = {}
    for name, waited in voices:
        by_name.setdefault(name, []).append(waited)
    found = [Approver(name, len(waits), typical(waits), words.span(max(waits))) for name, waits in by_name.items()]
    return sorted(found, key=lambda each: (-each.decisions, each.name))


def typical(waits: Sequence[float]) -> str:
    return words.span(statistics.median(waits)) if waits else words.NOTHING


def age(since: datetime | None, now: datetime) -> str:
    return words.span(words.since(since, now)) if since else words.NOTHING
