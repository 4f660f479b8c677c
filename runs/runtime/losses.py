"""Workers that were lost: their leases end, and whose call may have been at fault is noted on the
runs' rows.

A loss counts against a run when its call was in flight, or when it was all that the worker held.
Where it is known which tools were at work in the worker's own process, it counts against calls of
those. Whoever only planned or was just being taken up is not counted.

One loss makes no suspect, so that what one worker held is taken over at once; the second in a row
does. A suspect is driven alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

CHANNEL = "control"
"""Where those who may take runs listen."""
FREED = "freed"
"""What is said there when runs were given up that somebody should take over."""
MANY = 8
"""Losses in a row without a step forward after which a run is a suspect, though it was never seen
at work.
"""
EXPIRED = "gave no sign of life"

SETTLE = """, counted AS (
        SELECT id, at_work, suspect, lease_owner,
            count(*) FILTER (WHERE suspect) OVER lost AS suspects,
            count(*) FILTER (WHERE at_work) OVER lost AS busy,
            count(*) OVER lost AS held
        FROM held WINDOW lost AS (PARTITION BY lease_owner)
    ), judged AS (
        SELECT id, lease_owner, %(blame)s AND CASE
            WHEN suspects > 0 THEN suspect WHEN busy > 0 THEN at_work ELSE held = 1 END AS blamed
        FROM counted
    ), named AS (
        SELECT lease_owner, array_to_string((array_agg(DISTINCT tool))[1:3], ', ') AS tools
        FROM held WHERE at_work AND tool <> '' GROUP BY lease_owner
    )
    UPDATE runs_run run SET lease_owner = '', lease_expires_at = now(),
        takes = CASE WHEN judged.blamed THEN run.takes ELSE greatest(run.takes - 1, 0) END,
        blamed = judged.blamed,
        crashes = run.crashes + %(blame)s::int,
        suspect = judged.blamed AND run.crashes > 0 OR run.suspect OR %(blame)s AND run.crashes + 1 >= %(many)s,
        lost_after = left(%(after)s || CASE WHEN tools <> '' THEN ', with ' || tools || ' at work' ELSE '' END, 200),
        lost_words = %(words)s
    FROM judged LEFT JOIN named USING (lease_owner) WHERE run.id = judged.id RETURNING run.id"""
AT_WORK = """takes = 0 AND (phase IN ('resolving', 'undoing')
    OR phase = 'calling' AND (cardinality(%(tools)s::text[]) = 0 OR tool = ANY(%(tools)s)))"""
HELD = f"SELECT id, lease_owner, {AT_WORK} AS at_work, suspect, tool FROM runs_run"
OF_OWNER = f"WITH held AS ({HELD} WHERE lease_owner = %(owner)s FOR UPDATE){SETTLE}"
OF_EXPIRED = (
    f"WITH held AS ({HELD} WHERE lease_owner <> '' AND lease_expires_at < now() FOR UPDATE SKIP"
    f" LOCKED){SETTLE}"
)
MATES = (
    "(SELECT lease_owner FROM runs_run WHERE id = %(run)s AND lease_owner <> '' AND"
    " lease_expires_at < now())"
)
OF_RUN = (
    f"WITH held AS ({HELD} WHERE lease_owner = {MATES} AND lease_expires_at < now() FOR"
    f" UPDATE){SETTLE}"
)
BY_EXPIRY = {"blame": True, "many": MANY, "after": EXPIRED, "words": "", "tools": []}


@dataclass(frozen=True, slots=True)
class Loss:
    """What became of a worker:

    `after` as the end of a sentence, `words` its last ones, `tools` those that may have brought it
    about because they were at work in its own process. Without `blame` it says nothing of its runs:
    the worker was asked to end.
    """

    after: str
    words: str = ""
    blame: bool = True
    tools: Sequence[str] = ()


def of_owner(connection: psycopg.Connection[Any], owner: str, loss: Loss) -> list[UUID]:
    """Give up all leases of a worker that is known to be gone; the runs."""
    facts = {
        "owner": owner,
        "blame": loss.blame,
        "many": MANY,
        "after": loss.after[:200],
        "words": loss.words[:1_000],
        "tools": list(loss.tools),
    }
    return [row[0] for row in connection.execute(OF_OWNER, facts).fetchall()]


def of_expired(connection: psycopg.Connection[Any]) -> list[UUID]:
    """End the leases that have expired: whoever held them gave no sign of life, and nobody saw why."""
    return [row[0] for row in connection.execute(OF_EXPIRED, BY_EXPIRY).fetchall()]


def of_expired_with(connection: psycopg.Connection[Any], run: UUID) -> bool:
    """End the expired lease of the run and those of its worker besides; whether there was one."""
    return bool(connection.execute(OF_RUN, BY_EXPIRY | {"run": run}).fetchall())
