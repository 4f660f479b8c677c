"""Writes this process's rounds into the database, where they outlive it, and reads those of all
processes. By the database's clock.
"""

import os
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg_pool import PoolTimeout

from console.journal import database_clock
from console.journal.pool import pool
from console.live import rounds
from console.live.poller import Poller
from console.live.rounds import RoundState

EVERY = 5.0
PROBE = "healthz"
"""A write that is made, whenever somebody asks, to see whether writing works; not a round of its
own.
"""
CLOCK = "clock"
PATIENCE = 5.0
AWAY = (psycopg.Error, PoolTimeout)
WRITE = """INSERT INTO live_round (process, name, done_at, failures, trouble)
    SELECT %s, name, clock_timestamp() - make_interval(secs => age), failures, trouble
    FROM unnest(%s::text[], %s::float8[], %s::int[], %s::text[]) AS told (name, age, failures,
    trouble)
    ON CONFLICT (process, name) DO UPDATE
    SET done_at = excluded.done_at, failures = excluded.failures, trouble = excluded.trouble"""
SUCCEED = (
    "DELETE FROM live_round WHERE starts_with(process, %s) AND done_at < clock_timestamp() -"
    " interval '30 seconds'"
)
FORGET = "DELETE FROM live_round WHERE done_at < clock_timestamp() - interval '1 hour'"
READ = """SELECT process, name, extract(epoch
    FROM clock_timestamp() - done_at)::float8, failures, trouble
    FROM live_round WHERE name <> %s ORDER BY process, name"""
AGE = (
    "SELECT extract(epoch FROM clock_timestamp() - max(done_at))::float8 FROM live_round WHERE name"
    " = %s"
)


@dataclass(frozen=True, slots=True)
class RoundReport:
    """What a process last wrote of one of its rounds: `age` in seconds."""

    process: str
    name: str
    age: float
    failures: int
    trouble: str


_starting = threading.Lock()
_teller: Poller | None = None
_process = ""


def process() -> str:
    """This process, by its name and id."""
    return f"{_process or socket.gethostname()} {os.getpid()}"


def call(name: str) -> None:
    """Name this process, for where it writes of itself."""
    global _process
    _process = name


def start(name: str) -> None:
    """Write this process's rounds from now on; those of dead processes of the same name are
    forgotten. Idempotent.
    """
    global _teller
    with _starting:
        call(name)
        if _teller is None:
            _teller = Poller("telling", tell, pauses=(EVERY,), trouble="rounds not told", away=AWAY)
        _teller.start()


def tell() -> None:
    """Write this process's rounds, and whether its host's clock is right, which counts as
    a round.
    """
    database_clock.learn()
    rounds.note(CLOCK, database_clock.trouble())
    with pool().connection(timeout=PATIENCE) as raw:
        raw.execute(WRITE, values(rounds.last()))
        if _process:
            raw.execute(SUCCEED, [f"{_process} "])
        raw.execute(FORGET)


def write(done: RoundState) -> None:
    """Write one round at once. Raises the database's error."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5s'")
        cursor.execute(WRITE, values([done, *wrong_clock()]))


def wrong_clock() -> list[RoundState]:
    """Whether this host's clock is wrong and, once, that it is right again; asked by processes that
    write no rounds by themselves.
    """
    told = any(each.name == CLOCK and each.failures for each in rounds.last())
    return (
        [rounds.note(CLOCK, database_clock.trouble())] if told or database_clock.trouble() else []
    )


def values(done: Sequence[RoundState]) -> tuple[Any, ...]:
    now = time.monotonic()
    ages, failures = [now - each.done_at for each in done], [each.failures for each in done]
    return process(), [each.name for each in done], ages, failures, [each.trouble for each in done]


def everybody() -> list[RoundReport]:
    """The last rounds of every process that was heard of within the last hour."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [PROBE])
        return [RoundReport(*row) for row in cursor.fetchall()]


def age(name: str) -> float | None:
    """Seconds since any process did this round; None when none is known to have done it."""
    with connection.cursor() as cursor:
        cursor.execute(AGE, [name])
        (found,) = cursor.fetchone() or (None,)
    return found
