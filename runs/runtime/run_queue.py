"""The queue of runs in the database: what waits, what is at work, and taking the next one.

A look costs one step of an index for each agent that a principal has queued runs of in a class,
never one for each run. A bound is counted under a lock of its agent or principal, within the
statement that takes the run, so that several workers never pass it together. That statement is one
message to the server: a worker that stands still holds no lock.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from console.journal.monotonic_clock import boottime
from runs.engine.vocabulary import Priority
from runs.runtime import lease, queue_order
from runs.runtime.lease import FREE, FREE_RUN, RUNNABLE, TAKE, TTL, Lease
from runs.runtime.queue_order import ActiveBounds, ActiveRuns, LineLength, QueuedRun, RoomFor

LOOKS, TRIES = 3, 8
"""How often a worker looks again that others were quicker than, and how many runs it tries each
time.
"""
FACTS = "id, created_at, priority, principal_id, agent_id"
OPEN = f"{FREE} AND NOT suspect AND control <> 'kill'"
WAITING = f"""WITH RECURSIVE lines (class, person, agent) AS (
        (SELECT priority, principal_id, agent_id FROM runs_run WHERE status = 'queued'
            ORDER BY priority, principal_id, agent_id LIMIT 1)
        UNION ALL
        SELECT following.* FROM lines, LATERAL (
            SELECT priority, principal_id, agent_id FROM runs_run
            WHERE status = 'queued' AND (priority, principal_id, agent_id) > (class, person, agent)
            ORDER BY priority, principal_id, agent_id LIMIT 1
        ) following
    ), found AS (
        SELECT first.*, false AS ends FROM lines, LATERAL (
            SELECT {FACTS} FROM runs_run WHERE status = 'queued'
                AND priority = class AND principal_id = person AND agent_id = agent AND {OPEN}
            ORDER BY created_at LIMIT %(each)s
        ) first
        UNION ALL
        (SELECT {FACTS}, false FROM runs_run WHERE status = 'running' AND {OPEN}
            ORDER BY created_at LIMIT %(most)s)
        UNION ALL
        (SELECT {FACTS}, false FROM runs_run
            WHERE status = 'waiting' AND wake_at <= now() AND {OPEN}
            ORDER BY created_at LIMIT %(most)s)
        UNION ALL
        (SELECT {FACTS}, true FROM runs_run
            WHERE status = 'compensating' AND waiting_for = '' AND {FREE} AND NOT suspect
            ORDER BY created_at LIMIT %(most)s)
        UNION ALL
        (SELECT {FACTS}, true FROM runs_run
            WHERE control = 'kill' AND status <> 'compensating' AND {RUNNABLE} AND {FREE}
                AND NOT suspect
            ORDER BY created_at LIMIT %(most)s)
    )
    SELECT found.*, runs_agent.max_active FROM found
    JOIN runs_agent ON runs_agent.id = found.agent_id"""
AT_WORK = """SELECT principal_id, agent_id, count(*) FROM runs_run WHERE lease_owner <> ''
    GROUP BY principal_id, agent_id"""
BOUNDED = f"""{AT_WORK}
    UNION ALL SELECT NULL, id, max_active FROM runs_agent WHERE max_active IS NOT NULL"""
"""What is at work, and, in rows without a principal, how much of each bounded agent may be."""
MOST = 64
HELD = "SELECT count(*) FROM runs_run WHERE lease_owner <> ''"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('runs at work of {whose} ' || {id}, 0));"
TAKE_NEXT = f"""WITH free AS (
        {FREE_RUN}
            AND (%(of_agent)s::int IS NULL
                OR ({HELD} AND agent_id = %(agent)s) < %(of_agent)s)
            AND (%(of_principal)s::int IS NULL
                OR ({HELD} AND principal_id = %(principal)s) < %(of_principal)s)
        FOR UPDATE SKIP LOCKED
    ) {TAKE}"""


LINED_UP = "status = 'queued' AND lease_owner = '' AND control <> 'kill' AND NOT suspect"
OLDER = f"""SELECT * FROM (
        SELECT id, row_number() OVER (
            PARTITION BY priority, principal_id, agent_id = ANY(%(full)s) ORDER BY created_at, id
        ) - 1 AS of_principal, row_number() OVER (
            PARTITION BY agent_id ORDER BY priority DESC, created_at, id
        ) - 1 AS of_agent FROM runs_run WHERE {LINED_UP}
    ) line WHERE id = ANY(%(runs)s)"""
LENGTHS = f"""SELECT priority, principal_id, count(*) FROM runs_run
    WHERE {LINED_UP} AND NOT agent_id = ANY(%(full)s) GROUP BY priority, principal_id"""


@dataclass(frozen=True, slots=True)
class LinePlace:
    """How many queued runs are older than a queued one: of its principal and class, without those
    of agents that are full; and of its agent, those that people wait for first.
    """

    of_principal: int
    of_agent: int


@dataclass(frozen=True, slots=True)
class QueueLook:
    """What waits for a worker, what is at work, and the bounds that hold for those that wait."""

    waiting: tuple[QueuedRun, ...]
    at_work: ActiveRuns
    bounds: ActiveBounds


@dataclass(frozen=True, slots=True)
class TakenRun:
    """A run that was taken; `sent`: when that was asked for, by `boottime`; `after` is one that may
    be taken next, None where there was none.
    """

    queued: QueuedRun
    lease: Lease
    sent: float
    after: UUID | None


def look(connection: psycopg.Connection[Any], *, each: int = 2, most: int = MOST) -> QueueLook:
    """The oldest `each` of every agent, principal and class, and what else waits for a worker."""
    facts = {"each": each, "most": most}
    rows = connection.execute(WAITING, facts).fetchall()
    waiting = tuple(QueuedRun(row[0], row[1], Priority(row[2]), *row[3:6]) for row in rows)
    bounds = {row[4]: row[6] for row in rows if row[6] is not None}
    principal = settings.ACTIVE_PER_PRINCIPAL or None
    return QueueLook(waiting, at_work(connection), ActiveBounds(bounds, principal))


def at_work(connection: psycopg.Connection[Any]) -> ActiveRuns:
    return counted(connection.execute(AT_WORK).fetchall())


def counted(rows: Iterable[tuple[int, int, int]]) -> ActiveRuns:
    principals, agents = Counter[int](), Counter[int]()
    for principal, agent, runs in rows:
        principals[principal] += runs
        agents[agent] += runs
    return ActiveRuns(principals, agents)


def bounded(connection: psycopg.Connection[Any]) -> tuple[ActiveRuns, dict[int, int]]:
    """What is at work, and how many runs of each agent may be that has a bound."""
    rows = connection.execute(BOUNDED).fetchall()
    bounds = {agent: most for principal, agent, most in rows if principal is None}
    return counted(row for row in rows if row[0] is not None), bounds


def places(
    connection: psycopg.Connection[Any], runs: Sequence[UUID], full: Sequence[int]
) -> dict[UUID, LinePlace]:
    """Where each of these runs stands that is queued; `full`: agents of which no more may be at
    work. Reads the whole queue once.
    """
    facts = {"runs": list(runs), "full": list(full)}
    return {row[0]: LinePlace(*row[1:]) for row in connection.execute(OLDER, facts).fetchall()}


def lengths(connection: psycopg.Connection[Any], full: Sequence[int]) -> list[LineLength]:
    """How many runs of each principal and class are queued, without those of full agents."""
    rows = connection.execute(LENGTHS, {"full": list(full)}).fetchall()
    return [LineLength(Priority(row[0]), *row[1:]) for row in rows]


def due(connection: psycopg.Connection[Any], most: int) -> list[UUID]:
    """Runs that a worker may take now, at most so many, in their order, without suspects."""
    seen = look(connection, each=most, most=most)
    found = queue_order.next_runs(seen.waiting, seen.at_work, seen.bounds)
    return [each.run for each in found[:most]]


def take(
    connection: psycopg.Connection[Any], owner: str, room: RoomFor, *, by_age: bool = False
) -> TakenRun | None:
    """Take the next run for which this worker has `room`; None when there is none."""
    for _ in range(LOOKS):
        seen = look(connection)
        found = queue_order.next_runs(seen.waiting, seen.at_work, seen.bounds, room, by_age=by_age)
        for number, each in enumerate(found[:TRIES]):
            sent = boottime()
            if held := acquire(connection, each, owner, seen.bounds):
                after = next((other.run for other in found[number + 1 :]), None)
                return TakenRun(each, held, sent, after)
        if not found:
            return None
    return None


def acquire(
    connection: psycopg.Connection[Any], wanted: QueuedRun, owner: str, bounds: ActiveBounds
) -> Lease | None:
    """The lease of a run that waits; None when somebody else was quicker, or a bound is reached."""
    of_agent = None if wanted.ends else bounds.of_agent(wanted.agent)
    of_principal = None if wanted.ends else bounds.principal
    facts = {
        "run": wanted.run,
        "suspects": False,
        "owner": owner,
        "ttl": TTL,
        "agent": wanted.agent,
        "principal": wanted.principal,
        "of_agent": of_agent,
        "of_principal": of_principal,
    }
    locks = (
        LOCK.format(whose="agent", id="%(agent)s") if of_agent is not None else "",
        LOCK.format(whose="principal", id="%(principal)s") if of_principal is not None else "",
    )
    sent = boottime()
    with psycopg.ClientCursor(connection) as cursor:
        # one message of several statements is one transaction, and each sees what was committed
        # before it began
        cursor.execute("".join(locks) + TAKE_NEXT, facts)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    return None if row is None else lease.read(wanted.run, owner, row, sent)
