"""How much of each budget is spent, reserved and left, for the buckets a run draws on. Reads only,
in two queries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from policies.budgets import periods, rows
from policies.budgets.check import Bucket, bucket_of
from policies.budgets.rules import (
    ZERO,
    Amounts,
    BudgetRule,
    BudgetScope,
    BudgetWindow,
    Measure,
    applicable,
    measured,
)

MeterKey = tuple[int, str, datetime]
ESCROWS = """SELECT budget_id, holder, starts_at, spent, reserved FROM policies_escrow
    WHERE budget_id = ANY(%s) AND holder = ANY(%s) AND starts_at = ANY(%s)"""


@dataclass(frozen=True, slots=True)
class BucketMeter:
    """One budget for one holder at this moment. `label` is the holder's name for people; `ends` is
    when it begins anew, None for the budgets of one call or one run.
    """

    budget: BudgetRule
    holder: str
    spent: Decimal
    reserved: Decimal
    ends: datetime | None = None
    label: str = ""

    @property
    def shown(self) -> str:
        return self.label or self.holder

    @property
    def gone(self) -> Decimal:
        return self.spent + self.reserved

    @property
    def left(self) -> Decimal:
        return max(self.budget.amount - self.gone, ZERO)

    @property
    def line(self) -> int:
        """The highest of its warning lines, in percent, that is reached; 0 for none."""
        return max(
            (each for each in self.budget.lines if self.gone * 100 >= self.budget.amount * each),
            default=0,
        )


def of_run(
    agent: str, user: str, so_far: Amounts, in_flight: Amounts, at: datetime, name: str = ""
) -> list[BucketMeter]:
    """Every budget that holds a run of this agent for this user (an id, who is called `name`), the
    widest first. Budgets of one call or one run are measured by the run's own counts.
    """
    found = [
        bucket_of(budget, agent, user, at, name)
        for budget in applicable(rows.load(), agent, user, name)
    ]
    kept = escrows([bucket for bucket in found if bucket.begun])
    return sorted((standing(bucket, kept, so_far, in_flight) for bucket in found), key=order)


def for_everybody(at: datetime) -> BucketMeter | None:
    """The tightest budget of USD that all runs share today, if there is one."""
    shared = [
        each
        for each in rows.load()
        if (each.scope, each.window, each.measure)
        == (BudgetScope.GLOBAL, BudgetWindow.DAY, Measure.USD)
    ]
    if not shared:
        return None
    bucket = bucket_of(min(shared, key=lambda each: each.amount), "", "", at)
    return standing(bucket, escrows([bucket]), Amounts(), Amounts())


def escrows(buckets: Sequence[Bucket]) -> dict[MeterKey, tuple[Decimal, Decimal]]:
    """Spent and reserved by bucket; one that nobody has drawn from yet has no row."""
    budgets = [bucket.budget.id for bucket in buckets]
    holders = [bucket.holder for bucket in buckets]
    begun = [bucket.begun for bucket in buckets if bucket.begun]
    with connection.cursor() as cursor:
        cursor.execute(ESCROWS, [budgets, holders, begun])
        return {tuple(key): (spent, reserved) for *key, spent, reserved in cursor.fetchall()}


def standing(
    bucket: Bucket,
    kept: Mapping[MeterKey, tuple[Decimal, Decimal]],
    so_far: Amounts,
    in_flight: Amounts,
) -> BucketMeter:
    budget = bucket.budget
    if bucket.begun:
        spent, reserved = kept.get((budget.id, bucket.holder, bucket.begun), (ZERO, ZERO))
        return BucketMeter(
            budget,
            bucket.holder,
            spent,
            reserved,
            periods.end(budget.window, bucket.begun),
            bucket.label,
        )
    spent = ZERO if budget.window is BudgetWindow.CALL else measured(budget, so_far) or ZERO
    return BucketMeter(
        budget, bucket.holder, spent, measured(budget, in_flight) or ZERO, label=bucket.label
    )


def order(each: BucketMeter) -> tuple[int, int, str]:
    widest = (
        BudgetWindow.MONTH,
        BudgetWindow.DAY,
        BudgetWindow.HOUR,
        BudgetWindow.RUN,
        BudgetWindow.CALL,
    )
    return (
        list(BudgetScope).index(each.budget.scope),
        widest.index(each.budget.window),
        each.budget.name,
    )
