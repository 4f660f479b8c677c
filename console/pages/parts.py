"""What the house needs, part by part, and whether each part is well. Asked by launchers, load
balancers and people; the reasons are in the log.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import DatabaseError, connection

from console.celery import app
from console.journal import content_index
from console.live import keys, link, rounds, telling
from console.live.telling import RoundReport
from console.stack import readiness
from runs.reading.pills import Pill

log = logging.getLogger(__name__)
PATIENCE = 2.0
STALE = 15.0
"""Seconds without a successful write, or without the watchdog, after which the house is
not well.
"""
PROBE_EVERY = 2.0
AT_ONCE, ANSWERS_WITHIN = 0.03, 0.5
"""Seconds for which a page waits for workers, and after which one counts as not answering."""
QUEUES = ("runs", "clock")
OK = "ok"
MOST_BEHIND = 30.0
REMEDIES = {
    "Database": "See that it is running and reachable, and that its disk is not full.",
    "Redis": "Start it again: runs go on without it, live pages do not.",
    "Watchdog": "Start the clock and its beat: lost runs are not taken over without them.",
    "Workers": "Start one, or look in its log: no run goes on without a worker.",
    "Search": "Start the clock: it makes what is written findable by its words.",
}


@dataclass(frozen=True, slots=True)
class HealthPart:
    """One part. `words` are "ok" or what is wrong; `note` is a figure or two for people."""

    name: str
    well: bool
    words: str = OK
    note: str = ""

    @property
    def pill(self) -> Pill:
        if self.well:
            return Pill("circle-check", "Well", "running", self.seen)
        return Pill("circle-x", "Not well", "bad", self.seen)

    @property
    def remedy(self) -> str:
        """What to do about it; empty while it is well."""
        return "" if self.well else REMEDIES.get(self.name, "")

    @property
    def seen(self) -> str:
        return self.note if self.words == OK else self.words


class Writing:
    """Whether this process can write to the database: tried at most every other second, since
    anybody may ask.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tried_at = 0.0
        self._written_at: float | None = None
        self._trouble = ""

    def trouble(self) -> str:
        """Why nothing can be written, once that has lasted for a while; empty before."""
        with self._lock:
            if time.monotonic() - self._tried_at >= PROBE_EVERY:
                self._try()
            since = (
                readiness.passed()
                if self._written_at is None
                else time.monotonic() - self._written_at
            )
        return (
            f"nothing could be written for {since:.0f} s: {self._trouble}"
            if self._trouble and since > STALE
            else ""
        )

    def _try(self) -> None:
        self._tried_at = time.monotonic()
        try:
            telling.write(rounds.note(telling.PROBE))
        except DatabaseError as error:
            if not self._trouble:
                log.warning("nothing can be written to the database: %s", error)
            self._trouble = " ".join(str(error).split())
        else:
            self._written_at, self._trouble = time.monotonic(), ""


class RedisOutages:
    """When Redis was last seen to be away, which explains why the watchdog was silent meanwhile."""

    redis_away_at: float | None = None


writing = Writing()


def database() -> HealthPart:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "select count(*), current_setting('server_version') from pg_stat_activity where"
                " datname = current_database()"
            )
            connections, version = cursor.fetchone() or (0, "")
    except DatabaseError:
        return HealthPart("Database", well=False, words="unreachable")
    if trouble := writing.trouble():
        return HealthPart("Database", well=False, words=trouble)
    return HealthPart(
        "Database", well=True, note=f"PostgreSQL {version}, {connections} connections"
    )


def broker() -> HealthPart:
    """The broker: not well when it cannot be reached, refuses writes, or holds something else under
    a name of ours.
    """
    part = _broker()
    if not part.well:
        RedisOutages.redis_away_at = time.monotonic()
    return part


def _broker() -> HealthPart:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        ) as client:
            client.set(link.key("healthz"), "1", ex=60)
            if wrong := keys.wrong(client):
                return HealthPart(
                    "Redis",
                    well=False,
                    words=f"messages cannot be passed on: {'; '.join(wrong.values())}",
                )
            waiting = {queue: client.llen(link.key(queue)) for queue in QUEUES}
    except redis.ResponseError as error:
        return HealthPart(
            "Redis",
            well=False,
            words=f"the live feed is down: it refuses to be written to ({error})",
        )
    except redis.RedisError:
        return HealthPart(
            "Redis", well=False, words="unreachable: the live feed is down, the pages serve"
        )
    return HealthPart(
        "Redis",
        well=True,
        note=", ".join(f"{count} messages waiting for {queue}" for queue, count in waiting.items()),
    )


def watchdog(redis_well: bool) -> HealthPart:
    """Whether anybody looks for runs that nobody holds: the clock does, every other second, while
    its beat and Redis ask it to.
    """
    try:
        age = telling.age("watchdog")
    except DatabaseError:
        return HealthPart(
            "Watchdog", well=False, words="nobody knows: the database cannot be reached"
        )
    if age is not None and age <= STALE:
        return HealthPart("Watchdog", well=True, note=f"last round {age:.0f} s ago")
    said = (
        "no clock has gone a round in the last hour"
        if age is None
        else f"last round {age:.0f} s ago"
    )
    if not redis_well:
        return HealthPart("Watchdog", well=True, words=f"{said}: it waits for Redis")
    if beginning():
        return HealthPart("Watchdog", well=True, words=f"{said}: this server has only just begun")
    return HealthPart("Watchdog", well=False, words=f"{said}: is the clock running, and its beat?")


def beginning() -> bool:
    """Whether this process is so young, or Redis back so recently, that the clock may need a moment
    more.
    """
    away = RedisOutages.redis_away_at
    return readiness.passed() < STALE or (away is not None and time.monotonic() - away < STALE)


def search() -> HealthPart:
    """How far the search of words is behind what was written."""
    behind = content_index.lag()
    if behind > MOST_BEHIND:
        return HealthPart(
            "Search",
            well=False,
            words=f"{behind:,.0f} s behind: newer events are not found by their words",
        )
    return HealthPart("Search", well=True, note=f"{behind:.1f} s behind the journal")


class WorkerAnswers:
    """Which workers answered when they were last asked. Nobody waits for one that does not: the
    asking goes on beside the page, and the next look has what came of it.
    """

    def __init__(self) -> None:
        self._asking: threading.Thread | None = None
        self._names: list[str] = []
        self._asked_at: float | None = None

    def soon(self, most: int) -> list[str] | None:
        """The names of those that answer at once, else of those that did within the last seconds;
        None while nobody can tell.
        """
        asking = self._asking
        if asking is None or not asking.is_alive():
            asking = threading.Thread(target=self._ask, args=(most,), name="ping", daemon=True)
            self._asking = asking
            asking.start()
        asking.join(AT_ONCE)
        fresh = self._asked_at is not None and time.monotonic() - self._asked_at < STALE
        return self._names if fresh else None

    def _ask(self, most: int) -> None:
        try:
            answers = app.control.ping(timeout=ANSWERS_WITHIN, limit=most)
        except (OSError, redis.RedisError):
            answers = []
        self._names = sorted(name.partition("@")[0] for answer in answers for name in answer)
        self._asked_at = time.monotonic()


answers = WorkerAnswers()


def workers(told: Sequence[RoundReport]) -> HealthPart:
    """The workers that answer, of those that have told of their rounds lately: where none has,
    there is nobody to ask.
    """
    heard = sorted({
        each.process.partition(" ")[0] for each in told if "@" in each.process and each.age < STALE
    })  # fmt: skip
    names = answers.soon(len(heard)) if heard else []
    if names is None:
        words = ", ".join(name.partition("@")[0] for name in heard)
        return HealthPart("Workers", well=True, note=f"{words}, not answered yet")
    return HealthPart(
        "Workers", well=bool(names), words=OK if names else "nobody answers", note=", ".join(names)
    )
