"""Warning lines of budgets: each is told once within its period, whoever crosses it, in one
transaction with its event in the journal.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from console.journal import append
from console.journal.ledger import HOUSE
from console.journal.records import HOUSE_KEY, JournalRecord
from policies.budgets.check import Crossing, plain

log = logging.getLogger(__name__)

# Of several runs that cross a line at once one finds it untold; when its transaction fails, the
# next draw finds it still untold.
CLAIM = """
UPDATE policies_escrow SET warned = %(line)s, warned_at = %(at)s
WHERE budget_id = %(budget)s AND holder = %(holder)s AND starts_at = %(begun)s AND warned < %(line)s
RETURNING id
"""


def tell(
    connection: psycopg.Connection[Any],
    crossings: Sequence[Crossing],
    *,
    run: UUID,
    agent: str,
    user: str,
    at: datetime,
    name: str = "",
) -> tuple[Crossing, ...]:
    """Journal the crossings that were not told yet, and return them.

    A warning that cannot be written now must not hold up a run.
    """
    try:
        return tuple(
            each
            for each in in_order(crossings)
            if told(connection, each, record(each, run, agent, user, at, name))
        )
    except psycopg.Error:
        log.warning("a budget's warning was not told; the next draw will tell it", exc_info=True)
        return ()


def in_order(crossings: Sequence[Crossing]) -> list[Crossing]:
    """Lower lines first: the higher one would cover them.

    Buckets in one order, so that two tellers cannot wait for each other.
    """
    return sorted(
        crossings, key=lambda each: (each.bucket.budget.id, each.bucket.holder, each.line)
    )


def told(connection: psycopg.Connection[Any], crossing: Crossing, warning: JournalRecord) -> bool:
    bucket = crossing.bucket
    facts = {
        "line": crossing.line,
        "at": warning.at,
        "budget": bucket.budget.id,
        "holder": bucket.holder,
        "begun": bucket.begun,
    }
    with connection.transaction():
        if connection.execute(CLAIM, facts).fetchone() is None:
            return False
        append.append(connection, HOUSE, HOUSE_KEY, [warning], epoch=None, projection={})
    return True


def record(
    crossing: Crossing, run: UUID, agent: str, user: str, at: datetime, name: str
) -> JournalRecord:
    """`user` is the id of the person the run works for, `name` what they are called."""
    bucket = crossing.bucket
    data = {
        "budget": bucket.budget.name,
        "version": bucket.budget.version,
        "line": crossing.line,
        "sentence": crossing.sentence,
        "holder": bucket.shown,
        "window": str(bucket.budget.window),
        "measure": str(bucket.budget.measure),
        "amount": plain(bucket.budget.amount),
        "spent": plain(crossing.spent),
        "reserved": plain(crossing.reserved),
        "run": str(run),
        "agent": agent,
        "user": name or user,
    }
    return JournalRecord(
        "budget.warned",
        at,
        "supervisor",
        HOUSE_KEY,
        rule=bucket.budget.name,
        principal=user,
        data=data,
    )
