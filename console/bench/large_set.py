"""A large data set in a database of its own: made by COPY, kept, and used again when it was made in
this very form and of this seed.
"""

import contextlib
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import make_conninfo

from console.bench import large_set_house, large_set_rows, large_set_sums
from console.bench.large_set_house import LargeSet
from console.journal import append, chain_names, content_index, encoding
from runs.models import Agent, Run
from runs.models.run_parts import LIVE

FORMAT = 10
"""Raised by whoever changes what a set holds: older ones are made anew."""
AT_ONCE = 2_000
EVENT_COLUMNS = ", ".join(("id", "run", "seq", "link", *encoding.COLUMNS))
FILLED = (
    "journal_event", "journal_indexed", "journal_named", "runs_run", "approvals_request",
    "insights_rollup",
)  # fmt: skip
INDEXES = """SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = ANY(%s) AND schemaname = 'public'
    AND indexname NOT IN (SELECT conname FROM pg_constraint)"""
CONSTRAINTS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('p', 'u')"""
HOW = "FROM STDIN WITH (FREEZE)"
"""Rows of a table that was emptied just before are written as they would be left by a vacuum."""
STAMP = "CREATE TABLE IF NOT EXISTS bench_set (format int, seed int, runs bigint, events bigint)"


@dataclass(frozen=True, slots=True)
class MadeSet:
    """A set that is ready, and the seconds that making it took; 0 for one that was there."""

    house: LargeSet
    seconds: float


@contextlib.contextmanager
def used(runs: int, events: int) -> Iterator[MadeSet]:
    """A set of this size, for the time of a `with` the database of this process."""
    name, before = f"large_{runs}_{events}", settings.DATABASE_DSN
    _create(name, before)
    try:
        _lead_to(name, before)
        call_command("migrate", verbosity=0, interactive=False)
        began, house = time.monotonic(), people(runs, events)
        raw = append.raw_connection(connection)
        if stamped(raw) == stamp(runs, events):
            yield MadeSet(house, 0.0)
        else:
            make(raw, house)
            yield MadeSet(house, time.monotonic() - began)
    finally:
        _lead_to(str(psycopg.conninfo.conninfo_to_dict(before)["dbname"]), before)


def stamp(runs: int, events: int) -> tuple[int, int, int, int]:
    return FORMAT, large_set_house.SEED, runs, events


def stamped(raw: psycopg.Connection[Any]) -> tuple[int, ...] | None:
    raw.execute(STAMP)
    return raw.execute("SELECT format, seed, runs, events FROM bench_set").fetchone()


def _create(name: str, dsn: str) -> None:
    """Make the database, of what this process's own has; one of another form is dropped."""
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own
    own = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as raw:
        there = raw.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if there and not _whole(name, dsn):
            raw.execute(f"DROP DATABASE {name}".encode())
            there = None
        if not there:
            raw.execute(f"CREATE DATABASE {name} TEMPLATE {own}".encode())


def _whole(name: str, dsn: str) -> bool:
    with psycopg.connect(make_conninfo(dsn, dbname=name), autocommit=True) as raw:
        found = stamped(raw)
    return found is not None and found[:2] == (FORMAT, large_set_house.SEED)


def _lead_to(name: str, dsn: str) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's own
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    settings.DATABASE_DSN = make_conninfo(dsn, dbname=name)


def people(runs: int, events: int) -> LargeSet:
    """The set's agents and people; the first person is the operator that looks at pages."""
    agents = [
        Agent.objects.get_or_create(
            name=f"agent-{number:02}", defaults={"title": f"Agent {number:02}"}
        )[0].pk
        for number in range(large_set_house.AGENTS)
    ]
    people = [
        User.objects.get_or_create(username=f"person-{number:02}")[0]
        for number in range(large_set_house.PEOPLE)
    ]
    people[0].groups.set(Group.objects.filter(name__in=["operator", "approver", "auditor"]))
    return LargeSet(runs, events, agents, [person.pk for person in people])


def empty(raw: psycopg.Connection[Any], house: LargeSet) -> None:
    """Take away what a set has filled, and its agents and people."""
    with raw.transaction():
        raw.execute("SET LOCAL session_replication_role = replica")
        raw.execute(f"TRUNCATE {', '.join((*FILLED, 'journal_indexing'))} CASCADE".encode())
        raw.execute("DROP TABLE bench_set")
    Agent.objects.filter(pk__in=house.agents).delete()
    User.objects.filter(pk__in=house.people).delete()


def make(raw: psycopg.Connection[Any], house: LargeSet) -> None:
    """Fill the tables in one transaction: tables that it has emptied itself need no log."""
    with raw.transaction():
        raw.execute("SET LOCAL session_replication_role = replica")
        raw.execute("SET LOCAL maintenance_work_mem = '1GB'")
        raw.execute(f"TRUNCATE {', '.join(FILLED)} CASCADE".encode())
        restore = _without_indexes(raw)
        _fill(raw, house)
        large_set_sums.fill(raw, house)
        restore()
        raw.execute("ANALYZE journal_event, runs_run")  # or each look at some runs reads them all
        keep_names()
        raw.execute("DELETE FROM bench_set")
        values = stamp(house.runs, house.events)
        raw.execute("INSERT INTO bench_set VALUES (%s, %s, %s, %s)", values)
    raw.execute("VACUUM (ANALYZE)")
    raw.execute("CHECKPOINT")


def keep_names() -> None:
    """Keep the names of the runs that are not over, as whoever indexes their events does."""
    going = Run.objects.filter(status__in=LIVE).order_by().values_list("pk", flat=True)
    with connection.cursor() as cursor:
        chain_names.begin(cursor, going, content_index.names)


def _without_indexes(raw: psycopg.Connection[Any]) -> Callable[[], None]:
    """Drop what would be kept up row by row; gives what makes it again."""
    indexes = raw.execute(INDEXES, [list(FILLED)]).fetchall()
    bound = [table for table in FILLED if table.startswith("journal_")]
    constraints = raw.execute(CONSTRAINTS, [bound]).fetchall()
    for name, _ in indexes:
        raw.execute(f"DROP INDEX {name}".encode())
    for table, name, _ in constraints:
        raw.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())

    def restore() -> None:
        for table, name, text in constraints:
            raw.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {text}".encode())
        for _, text in indexes:
            raw.execute(text.encode())

    return restore


def _fill(raw: psycopg.Connection[Any], house: LargeSet) -> None:
    """Two processes write rows as text, this one passes them on."""
    tables = (
        f"journal_event ({EVENT_COLUMNS})",
        "journal_indexed (event, keys)",
        f"runs_run ({', '.join(large_set_rows.RUN_COLUMNS)})",
        f"approvals_request ({', '.join(large_set_rows.REQUEST_COLUMNS)})",
    )
    with multiprocessing.get_context("fork").Pool(2) as writers:
        for *texts, last in writers.imap(RowWriter(house), parts(house)):
            for table, text in zip(tables, texts, strict=True):
                with raw.cursor() as cursor, cursor.copy(f"COPY {table} {HOW}") as copy:
                    copy.write(text)
            _note(raw, last)


def _note(raw: psycopg.Connection[Any], last: int) -> None:
    """Note that events up to this one are written and indexed."""
    raw.execute("SELECT setval('journal_event_id_seq', %s)", [last])
    raw.execute("DELETE FROM journal_indexing")
    raw.execute(
        """INSERT INTO journal_indexing (id, upto, settled, seen, skew)
        VALUES (1, %(id)s, %(id)s, %(id)s, %(skew)s)""",
        {"id": last, "skew": float(large_set_house.LONG_STEPS * 3)},
    )


@dataclass(frozen=True, slots=True)
class SetPart:
    """Neighbouring runs, and the id of their first event."""

    numbers: range
    first: int


def parts(house: LargeSet) -> Iterator[SetPart]:
    first = 1
    for begin in range(0, house.runs, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, house.runs))
        yield SetPart(numbers, first)
        first += sum(house.size(number) for number in numbers)


@dataclass(frozen=True, slots=True)
class RowWriter:
    """Writes the rows of a part, as text for COPY: events, their keys, runs, what was asked; and
    the id of the last event.
    """

    house: LargeSet

    def __call__(self, part: SetPart) -> tuple[str, str, str, str, int]:
        events, keys, runs, asked = [], [], [], []
        event = part.first
        for number in part.numbers:
            made = large_set_rows.events(self.house, number, event)
            event += len(made.lines)
            events += [each.row for each in made.lines]
            keys += [each.keys for each in made.lines]
            runs.append(large_set_rows.run_row(self.house, number, made))
            if self.house.asks(number):
                asked.append(large_set_rows.request_row(self.house, number, made))
        return "".join(events), "".join(keys), "".join(runs), "".join(asked), event - 1
