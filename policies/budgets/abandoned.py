"""Grants whose run has died: found once they have expired, and returned when no worker holds their
run any more.

Who is alive is not known here: the caller says it, from the runs' leases.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import psycopg

from console.journal.pool import pool
from console.live import apart
from policies.budgets import escrow_sql, rows
from policies.budgets.escrow_entry import EscrowEntry
from policies.budgets.models import Budget
from policies.budgets.rules import ZERO, Amounts, BudgetRule, measured

GRACE = timedelta(seconds=10)
"""How far the clocks of two machines may differ."""
FORGOTTEN = timedelta(hours=1)
MOST = 5_000

EXPIRED = """
SELECT g.run, g.epoch, g.amount, g.mark, p.budget_id, p.holder, p.starts_at
FROM policies_grant g JOIN policies_escrow p ON p.id = g.escrow_id
WHERE g.expires_at < %(before)s AND g.amount > 0
ORDER BY g.run, p.id LIMIT %(most)s
"""
SWEEP = "DELETE FROM policies_grant WHERE amount = 0 AND expires_at < %(before)s"


@dataclass(frozen=True, slots=True)
class GrantHolder:
    """A run by its row: the `epoch` of its newest lease, whether that `lives` (held, not expired),
    and what its journal counts. `so_far.usd` is None where the model has no known price;
    `so_far.seconds` go up to the last thing it did.
    """

    epoch: int
    lives: bool
    so_far: Amounts


@dataclass(frozen=True, slots=True)
class Expired:
    """A grant that nobody has drawn on for a while."""

    run: UUID
    epoch: int
    amount: Decimal
    mark: Decimal
    budget: int
    holder: str
    begun: datetime


AskStanding = Callable[[Sequence[UUID]], Mapping[UUID, GrantHolder]]


def return_abandoned(*, at: datetime, standing: AskStanding) -> int:
    """Return the grants of dead runs, and give how many; a call that may have been in flight counts
    as spent.

    Grants of the living stay theirs. A run that `standing` does not know is gone for good. Safe to
    run anywhere, twice at once, and against a run that comes back to life.
    """
    with pool().connection() as connection:
        connection.execute(SWEEP, {"before": at - FORGOTTEN})
        expired = [
            Expired(*row)
            for row in connection.execute(EXPIRED, {"before": at - GRACE, "most": MOST}).fetchall()
        ]
    known = standing(sorted({each.run for each in expired})) if expired else {}
    dead = [each for each in expired if is_dead(each, known.get(each.run))]
    if dead:
        rules = {
            row.pk: rows.budget_of(row, {})
            for row in Budget.objects.filter(pk__in={each.budget for each in dead})
        }
        return apart.each(
            dead,
            lambda each: give_back(
                each, last_entry(each, known.get(each.run), rules.get(each.budget), at)
            ),
            "a grant",
        ).done
    return 0


def give_back(grant: Expired, entry: EscrowEntry) -> bool:
    with pool().connection() as connection:
        psycopg.RawCursor(connection).execute(
            *escrow_sql.move(grant.run, grant.epoch, [entry], lost=True)
        )
    return True


def is_dead(grant: Expired, run: GrantHolder | None) -> bool:
    """Whether the lease under which the grant was given is over."""
    return run is None or not run.lives or run.epoch > grant.epoch


def last_entry(
    grant: Expired, run: GrantHolder | None, budget: BudgetRule | None, at: datetime
) -> EscrowEntry:
    """What was spent under the lease that is over: what the journal counts since the grant's mark,
    at most the grant itself when a later worker has gone on.
    """
    total = measured(budget, run.so_far) if run and budget else None
    if total is not None and run and run.epoch > grant.epoch:
        total = min(total, grant.mark + grant.amount)
    return EscrowEntry(
        budget=grant.budget,
        holder=grant.holder,
        begun=grant.begun,
        total=total or ZERO,
        mark=None,
        kept=ZERO,
        estimate=None,
        typical=ZERO,
        ahead=0,
        until=at,
        at_risk=ZERO,
    )
