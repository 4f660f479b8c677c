"""What runs whose worker died still hold of shared budgets, by their rows, for whoever
returns it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from console.journal.pool import pool
from policies.budgets import abandoned
from policies.budgets.abandoned import GrantHolder
from policies.budgets.rules import Amounts

STANDING = """SELECT id, lease_epoch, lease_expires_at IS NOT NULL
    AND lease_expires_at > now(), step, tokens_in + tokens_out,
    CASE WHEN usd_unknown AND usd = 0 THEN NULL
    ELSE usd END, active_seconds + coalesce(extract(epoch FROM phase_at - clock_since), 0)
    FROM runs_run WHERE id = ANY(%s)"""


def return_abandoned(at: datetime) -> int:
    """Return what dead runs hold of shared budgets; gives how many grants that were."""
    return abandoned.return_abandoned(at=at, standing=standing)


def standing(runs: Sequence[UUID]) -> Mapping[UUID, GrantHolder]:
    with pool().connection() as connection:
        rows = connection.execute(STANDING, (list(runs),)).fetchall()
    return {
        run: GrantHolder(
            epoch, lives, Amounts(steps, tokens, usd, max(Decimal(seconds), Decimal(0)))
        )
        for run, epoch, lives, steps, tokens, usd, seconds in rows
    }
