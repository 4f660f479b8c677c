"""What is at stake in a call that waits for a person, which decides what is looked at
first. Pure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from approvals.rules import amounts
from approvals.rules.amounts import Money

AT_ONCE = 60.0
"""Seconds until expiry below which a request is as urgent as can be."""
NO_LIMIT = 7 * 24 * 3_600.0
LEAST = {"irreversible": 1.0, "reversible": 0.1}
"""The amount that a call without one counts as, by its effect: less than nearly any money, and
calls that cannot be undone before the rest.
"""


def amount(args: Mapping[str, Any]) -> float:
    """The largest sum of money in it; nothing where there is none."""
    return max((worth(money) for money in amounts.found(args)), default=0.0)


def worth(money: Money) -> float:
    """Hundredths count as such, whatever they are hundredths of."""
    return max(0.0, money.sum / 100 if money.minor else money.sum)


def urgency(at_stake: float, effect: str, expires_at: datetime | None, now: datetime) -> float:
    """Money divided by the time that is left: the more of one and the less of the other, the sooner
    it is looked at.
    """
    left = (expires_at - now).total_seconds() if expires_at else NO_LIMIT
    return max(at_stake, LEAST.get(effect, 0.01)) / max(left, AT_ONCE)
