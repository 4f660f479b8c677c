"""The load on those who decide: how old the queue is, and who decided how much and how quickly, in
the last day. Text only.
"""

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from approvals.models import Guard, Request, Vote
from approvals.rules.request_vocabulary import RequestStatus
from approvals.selectors import crowding
from console import figures
from runs.models import Agent

DAY = timedelta(days=1)
MOST = 20_000
MOST_AGENTS = 50


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
class AgentLoad:
    """One agent's open requests against its limit, and its runs that are held back meanwhile."""

    title: str
    open_now: int
    most: str
    held: int


@dataclass(frozen=True, slots=True)
class Load:
    open_now: int
    oldest: str
    decided: int
    expired: int
    typical: str
    slow: str
    groups: Sequence[Group]
    agents: Sequence[AgentLoad]
    approvers: Sequence[Approver]


def load(now: datetime) -> Load:
    """The figures, in a fixed number of queries, whatever the length of the queue."""
    waits = (
        Request.objects.filter(status=RequestStatus.OPEN, drill=False)
        .values_list("group")
        .annotate(number=Count("id"), since=Min("asked_at"))
        .order_by("group")
    )
    groups = [(name, number, since) for name, number, since in waits]
    ended = dict(
        Request.objects.filter(ended_at__gte=now - DAY, drill=False)
        .values_list("status")
        .annotate(Count("id"))
        .order_by()
    )
    cast_votes = list(
        Vote.objects.filter(at__gte=now - DAY, request__drill=False)
        .order_by()
        .values_list("voter__username", "waited")[:MOST]
    )
    return Load(
        open_now=sum(number for _, number, _ in groups),
        oldest=age(min((since for *_, since in groups), default=None), now),
        decided=ended.get(RequestStatus.DECIDED, 0),
        expired=ended.get(RequestStatus.EXPIRED, 0),
        typical=typical([waited for _, waited in cast_votes]),
        slow=slow([waited for _, waited in cast_votes]),
        groups=[Group(name, number, age(since, now)) for name, number, since in groups],
        agents=agents(),
        approvers=approvers(cast_votes),
    )


def agents() -> list[AgentLoad]:
    """Agents that have open requests or are held back, the one with most requests first."""
    limits = dict(Guard.objects.filter(enabled=True).values_list("agent", "most"))
    asking, held = crowding.crowds(), Counter(name for name, _ in crowding.held())
    titles = dict(Agent.objects.filter(name__in={*asking, *held}).values_list("name", "title"))
    found = []
    for name in sorted({*asking, *held}, key=lambda name: (-asking[name], name)):
        most = crowding.limit(limits, name)
        found.append(
            AgentLoad(
                titles.get(name, name),
                asking[name],
                figures.NOTHING if most is None else str(most),
                held[name],
            )
        )
    return found[:MOST_AGENTS]


def approvers(cast_votes: Sequence[tuple[str, float]]) -> list[Approver]:
    """People who decided, the one with most decisions first."""
    by_name: dict[str, list[float]] = {}
    for name, waited in cast_votes:
        by_name.setdefault(name, []).append(waited)
    found = [
        Approver(name, len(waits), typical(waits), figures.span(max(waits)))
        for name, waits in by_name.items()
    ]
    return sorted(found, key=lambda each: (-each.decisions, each.name))


def typical(waits: Sequence[float]) -> str:
    return figures.span(statistics.median(waits)) if waits else figures.NOTHING


def slow(waits: Sequence[float]) -> str:
    """The time within which nine of ten decisions were made."""
    return figures.span(sorted(waits)[int(len(waits) * 0.9)]) if waits else figures.NOTHING


def age(since: datetime | None, now: datetime) -> str:
    return figures.span(figures.since(since, now)) if since else figures.NOTHING
