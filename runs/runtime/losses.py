"""Workers that were lost: their leases are ended, and whose call may have been at fault is noted on
the runs' rows (see `runs.runtime.blame`).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import psycopg

from runs.runtime import blame
from runs.runtime.blame import UNSEEN, Loss, LostRun

CHANNEL = "control"
"""The channel to which those who can take runs listen."""
FREED = "freed"
"""The message that runs were given up and should be taken over."""
BREAKERS = "breakers"
"""The channel that tells those who make calls that a breaker has moved."""

HELD = "SELECT id, lease_owner, takes, phase, tool, suspect, crashes FROM runs_run"
OF_OWNER = f"{HELD} WHERE lease_owner = %(owner)s FOR UPDATE"
EXPIRED = "lease_owner <> '' AND lease_expires_at < now()"
OF_EXPIRED = f"{HELD} WHERE {EXPIRED} FOR UPDATE SKIP LOCKED"
MATES = f"(SELECT lease_owner FROM runs_run WHERE id = %(run)s AND {EXPIRED})"
OF_RUN = f"{HELD} WHERE lease_owner = {MATES} AND {EXPIRED} FOR UPDATE"
END = """UPDATE runs_run run SET lease_owner = '', lease_expires_at = now(),
        takes = lost.takes, blamed = lost.blamed, crashes = lost.crashes, suspect = lost.suspect,
        lost_after = lost.after, lost_words = %s
    FROM unnest(%s::uuid[], %s::bool[], %s::int[], %s::int[], %s::bool[], %s::text[])
        AS lost (id, blamed, takes, crashes, suspect, after)
    WHERE run.id = lost.id"""


def of_owner(connection: psycopg.Connection[Any], owner: str, loss: Loss) -> list[UUID]:
    """Give up all leases of a worker that is known to be gone; gives its runs."""
    return ended(connection, OF_OWNER, {"owner": owner}, loss)


def of_expired(connection: psycopg.Connection[Any]) -> list[UUID]:
    """End the leases that have expired, whose holders gave no sign of life; gives their runs."""
    return ended(connection, OF_EXPIRED, {}, UNSEEN)


def of_expired_with(connection: psycopg.Connection[Any], run: UUID) -> bool:
    """End the expired lease of this run and the others of its worker; False when it has none."""
    return bool(ended(connection, OF_RUN, {"run": run}, UNSEEN))


def ended(
    connection: psycopg.Connection[Any], which: str, facts: Mapping[str, object], loss: Loss
) -> list[UUID]:
    """End the leases that match, in one transaction: nobody takes a run between reading its row and
    deciding by it. Gives the runs.
    """
    with connection.transaction():
        held = [LostRun(*row) for row in connection.execute(which, facts).fetchall()]
        rows = [lost.columns for lost in blame.lost(held, loss)]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            connection.execute(END, (loss.words[:1_000], *columns))
    return [each.run for each in held]
