"""Whether the house is well: for launchers and load balancers a code, for people a page. Says what is wrong; why is in the log."""

from dataclasses import dataclass

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from console.celery import app
from runs.reading.pills import Pill

PATIENCE = 2.0
QUEUES = ("runs", "clock")


@dataclass(frozen=True, slots=True)
class Part:
    """One thing the house needs. `note` is a figure or two for people."""

    name: str
    well: bool
    note: str

    @property
    def pill(self) -> Pill:
        if self.well:
            return Pill("circle-check", "Well", "running", self.note)
        return Pill("circle-x", "Not well", "bad", self.note)


@login_not_required
@never_cache
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when this process reaches what it needs, 503 when not."""
    parts = [database(), broker()]
    words = {part.name.lower(): "ok" if part.well else "unreachable" for part in parts}
    return JsonResponse(words, status=200 if all(part.well for part in parts) else 503)


@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """The same for people, with the workers: they are asked, so this takes a moment."""
    return render(request, "health/health.html", {"parts": [database(), broker(), workers()]})


def database() -> Part:
    try:
        with connection.cursor() as cursor:
            cursor.execute("select count(*), current_setting('server_version') from pg_stat_activity where datname = current_database()")
            connections, version = cursor.fetchone() or (0, "")
    except DatabaseError:
        return Part("Database", well=False, note="unreachable")
    return Part("Database", well=True, note=f"PostgreSQL {version}, {connections} connections")


def broker() -> Part:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            waiting = {queue: client.llen(queue) for queue in QUEUES}
    except redis.RedisError:
        return Part("Redis", well=False, note="unreachable")
    return Part("Redis", well=True, note=", ".join(f"{count} messages waiting for {queue}" for queue, count in waiting.items()))


def workers() -> Part:
    """Those who answer within half a second."""
    try:
        answers = app.control.ping(timeout=0.5)
    except (OSError, redis.RedisError):
        answers = []
    names = sorted(name.partition("@")[0] for answer in answers for name in answer)
    return Part("Workers", well=bool(names), note=", ".join(names) or "nobody answers")
