"""What else the house needs beside what `console.pages.parts` asks: the queue, providers, tool
servers, the disk, the record, versions. Each says what was seen and what
to do where it is not well.
"""

import json
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import django
from django.conf import settings
from django.db.models import Count, Min, Q
from django.urls import reverse

from console import figures
from console.journal import database_clock, seal, sealing
from console.pages import assets
from policies.gate import deciders
from policies.gate.models import ToolPolicy
from policies.outages import pace
from policies.outages.models import ProviderStanding
from runs import server_troubles
from runs.engine.vocabulary import RunStatus
from runs.models import McpServer, Run
from runs.reading.pills import Pill

LONG_QUEUED = timedelta(minutes=1)
UNSEALED = timedelta(minutes=5)
BEGAN, STARTING = time.monotonic(), 120.0
"""When this server started, and for how many seconds it is known that the clock may have, too."""
TIGHT, FULL = 0.10, 0.02
"""Shares of the disk that are left: from where it is watched, and from where it is not well."""
WELL = Pill("circle-check", "Well", "running", "")
WATCH = Pill("triangle-alert", "Watch", "person", "")
TRYING = Pill("rotate-ccw", "Trying again", "person", "")
NOT_WELL = Pill("circle-x", "Not well", "bad", "")
UNKNOWN = Pill("circle-question-mark", "Not known", "ended", "")


@dataclass(frozen=True, slots=True)
class HousePart:
    """One part: its state, what was seen, what to do about it and where. Both are empty where there
    is nothing to do.
    """

    name: str
    pill: Pill
    seen: str
    remedy: str = ""
    url: str = ""


def shown(*, sees_tools: bool) -> list[HousePart]:
    """Every part that this reader may hear of."""
    now = database_clock.now()
    asked: list[Callable[[datetime], HousePart]] = [queue, slots]
    asked += [providers, servers, answers] if sees_tools else []
    return [each(now) for each in (*asked, disk, record, versions)]


def queue(now: datetime) -> HousePart:
    """How many runs wait for a worker, counted no further than a thousand, and since when."""
    waiting = Run.objects.filter(status=RunStatus.QUEUED).order_by("created_at")
    ids = waiting.values_list("created_at", flat=True)[:1_000]
    found = list(ids)
    if not found:
        return HousePart("Queue", WELL, "no run waits for a worker")
    since = figures.span(figures.since(found[0], now))
    seen = f"{figures.plural(len(found), 'run')} waiting, the oldest for {since}"
    if now - found[0] < LONG_QUEUED:
        return HousePart("Queue", WELL, seen)
    remedy = (
        "Start another worker, or one with more slots; bounds on agents and people also"
        " keep runs waiting."
    )
    return HousePart("Queue", WATCH, seen, remedy, f"{reverse('fleet')}?view=running")


def slots(now: datetime) -> HousePart:
    """How many runs workers hold, and whether a lease has run out."""
    found = Run.objects.filter(status__in=(RunStatus.RUNNING, RunStatus.COMPENSATING)).aggregate(
        held=Count("id", filter=~Q(lease_owner="")),
        owners=Count("lease_owner", distinct=True, filter=~Q(lease_owner="")),
        oldest=Min("lease_expires_at", filter=~Q(lease_owner="")),
    )
    owners = figures.plural(found["owners"], "worker")
    seen = f"{figures.plural(found['held'], 'run')} in the hands of {owners}"
    if found["oldest"] is None or found["oldest"] > now - timedelta(seconds=10):
        return HousePart("Leases", WELL, seen)
    late = figures.span(figures.since(found["oldest"], now))
    remedy = "A worker takes such runs over within seconds: see that one is running."
    return HousePart("Leases", TRYING, f"{seen}; one ran out {late} ago", remedy)


def providers(now: datetime) -> HousePart:
    """The models that turn runs away, as workers know them."""
    rows = ProviderStanding.objects.order_by("since")[:20]
    away = [row for row in rows if not pace.over(standing(row), now)]
    if not away:
        return HousePart("Providers", WELL, "none turns runs away")
    seen = "; ".join(
        f"{row.place} since {figures.hour(row.since)}: {row.trouble or 'no answer'}" for row in away
    )
    remedy = (
        "Runs ask again by themselves. If it does not come back, check its key and"
        " address on the agent."
    )
    return HousePart("Providers", TRYING, seen, remedy, reverse("fleet"))


def standing(row: ProviderStanding) -> pace.Standing:
    return pace.Standing(row.since, row.trouble, back_at=row.back_at)


def servers(_now: datetime) -> HousePart:
    """The MCP servers that are switched on, and what is the matter with them."""
    used = McpServer.objects.filter(enabled=True).count()
    trouble = server_troubles.in_use()
    if not trouble:
        return HousePart("MCP servers", WELL, f"{used} in use" if used else "none is in use")
    names = ", ".join(dict.fromkeys(each.server for each in trouble))
    remedy = "What is the matter and what to do stands below and on the Tools page."
    return HousePart("MCP servers", NOT_WELL, names, remedy, reverse("runs:tools"))


def answers(_now: datetime) -> HousePart:
    """Whether somebody is in each group that a tool policy in force asks."""
    policies = ToolPolicy.objects.filter(enabled=True).order_by("priority", "name")
    nobody = list(deciders.unanswered(policies))
    if not nobody:
        return HousePart("Approvers", WELL, "somebody is in every group that is asked")
    said = dict.fromkeys(sentence for _, sentence in nobody)
    more = f" And {len(said) - 1} more." if len(said) > 1 else ""
    remedy = f"Give somebody that role, or let the policy “{nobody[0][0].name}” ask another group."
    return HousePart("Approvers", WATCH, f"{next(iter(said))}{more}", remedy, reverse("policies"))


def disk(_now: datetime) -> HousePart:
    """The disk under this server's data folder."""
    try:
        found = shutil.disk_usage(settings.DATA)
    except OSError:
        return HousePart("Disk", UNKNOWN, "this server has no data folder")
    left = found.free / found.total
    seen = f"{figures.file_size(found.free)} of {figures.file_size(found.total)} left"
    if left >= TIGHT:
        return HousePart("Disk", WELL, seen)
    remedy = (
        "Make room before it is full: then nothing can be written, and no run goes on."
        " `journal retire` removes old runs."
    )
    return HousePart("Disk", WATCH if left >= FULL else NOT_WELL, seen, remedy)


def record(now: datetime) -> HousePart:
    """The last seal of the journal in this server's file."""
    try:
        last = sealing.last_line()
    except seal.BadSeals as error:
        remedy = "Prove the journal against a copy of the file: journal verify --seals."
        return HousePart("Record", NOT_WELL, str(error), remedy)
    if last is None:
        return HousePart("Record", UNKNOWN, "no seal is in this server's file yet")
    told = json.loads(last.text)
    at = datetime.fromisoformat(str(told["at"]))
    seen = f"seal {told['number']:,}, {figures.span(figures.since(at, now))} ago"
    if now - at < UNSEALED:
        return HousePart("Record", WELL, f"{seen}; journal verify proves every chain")
    if time.monotonic() - BEGAN < STARTING:
        return HousePart("Record", TRYING, seen, "This server has just started: a seal is due.")
    remedy = (
        "The clock makes a seal each minute: see that it is running, and that its file"
        " can be written."
    )
    return HousePart("Record", NOT_WELL, seen, remedy)


def versions(_now: datetime) -> HousePart:
    """What is running here."""
    told = f"Django {django.get_version()}, Python {platform.python_version()}"
    return HousePart("Versions", WELL, f"{told}, files {assets.release()}")
