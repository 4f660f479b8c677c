"""What a run asks of the escrow for each bucket, and the answer. Pure facts."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

BucketKey = tuple[int, str, datetime]
"""A bucket: the budget's id, its holder, and when its period began."""


@dataclass(frozen=True, slots=True)
class EscrowEntry:
    """What is asked of one bucket: count what was spent (`total` since the grant's mark,
    which `mark` repeats, and `kept`), take the rest of the grant back,
    and unless `estimate` is None grant that much anew, good until `until`;
    when there is room, also for `ahead` calls more that take `typical` each.

    `at_risk`: so much at most of the new grant counts as spent should its worker die, since a call
    that is cut off may have cost it.
    """

    budget: int
    holder: str
    begun: datetime
    total: Decimal
    mark: Decimal | None
    kept: Decimal
    estimate: Decimal | None
    typical: Decimal
    ahead: int
    until: datetime
    at_risk: Decimal
    unpriced: int = 0

    @property
    def key(self) -> BucketKey:
        return self.budget, self.holder, self.begun


@dataclass(frozen=True, slots=True)
class EscrowAnswer:
    """What became of one entry: `spent` and `reserved` are the bucket's after it. A bucket that is
    gone with its budget has no answer.
    """

    key: BucketKey
    granted: Decimal
    spent: Decimal
    reserved: Decimal
    warned: int
    fits: bool
    superseded: bool = False
