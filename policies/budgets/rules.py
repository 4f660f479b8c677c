"""A budget: who is held to how much of what, for how long; and which budgets a planner call must
fit. Pure facts, no counting.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import assert_never

ZERO = Decimal(0)
MILLION = Decimal(1_000_000)
WILD = frozenset("*?[")
NANO = Decimal("1e-9")
"""The unit in which money is counted; whatever is smaller is rounded up."""


class BudgetScope(StrEnum):
    """Who is held by a budget."""

    GLOBAL = "global"
    AGENT = "agent"
    USER = "user"


class BudgetWindow(StrEnum):
    """The time a budget is for. A call and a run are checked alone; hours, days and months (UTC)
    are shared by all runs.
    """

    CALL = "call"
    RUN = "run"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


SHARED = frozenset({BudgetWindow.HOUR, BudgetWindow.DAY, BudgetWindow.MONTH})


class Measure(StrEnum):
    """What is counted. Seconds are wall clock, while a worker has the run in hand."""

    STEPS = "steps"
    TOKENS = "tokens"
    USD = "usd"
    SECONDS = "seconds"


class BudgetAction(StrEnum):
    """What becomes of a run whose next call does not fit."""

    STOP = "stop"
    PAUSE = "pause"
    DOWNGRADE = "downgrade"


class Unpriced(StrEnum):
    """What a call counts for in a USD budget when nobody knows its price."""

    REFUSE = "refuse"
    ZERO = "zero"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Amounts:
    """An amount of each measure. `usd` is None when the price is unknown, which is not zero."""

    steps: int = 0
    tokens: int = 0
    usd: Decimal | None = ZERO
    seconds: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """`who` holds words separated by spaces: names or patterns of agents; ids of people, or
    patterns of what they are called.

    With `each`, every agent or user that fits has a bucket of its own.
    `called` says what the people in `who` are called, by id.

    `model` is what a DOWNGRADE goes on with from `downgrade_at` percent of the amount; the amount
    itself is a wall whatever the action. `lines` are warning lines in percent; `fallback` is USD
    per million tokens.
    """

    id: int
    name: str
    version: int
    window: BudgetWindow
    measure: Measure
    amount: Decimal
    action: BudgetAction = BudgetAction.STOP
    scope: BudgetScope = BudgetScope.GLOBAL
    who: str = ""
    each: bool = False
    model: str = ""
    downgrade_at: int = 80
    lines: tuple[int, ...] = (50, 80, 95)
    unpriced: Unpriced = Unpriced.REFUSE
    fallback: Decimal = ZERO
    called: tuple[tuple[str, str], ...] = ()

    @property
    def shared(self) -> bool:
        return self.window in SHARED

    def holds(self, agent: str, user: str, name: str = "") -> bool:
        """Whether it is about this agent's runs for this user, who is called `name`: of people only
        patterns look at names.
        """
        if self.scope is BudgetScope.GLOBAL:
            return True
        if self.scope is BudgetScope.AGENT:
            return any(fnmatchcase(agent, pattern) for pattern in self.who.split())
        return any(
            word == user or (is_pattern(word) and fnmatchcase(name, word))
            for word in self.who.split()
        )

    def holder(self, agent: str, user: str) -> str:
        """Whose bucket a draw is from; empty for the one that all share."""
        if not self.each or self.scope is BudgetScope.GLOBAL:
            return ""
        return agent if self.scope is BudgetScope.AGENT else user


def is_pattern(word: str) -> bool:
    """Whether it stands for many."""
    return bool(WILD & set(word))


def applicable(
    budgets: Iterable[BudgetRule], agent: str, user: str, name: str = ""
) -> tuple[BudgetRule, ...]:
    """The budgets that a run of this agent for this user (an id; `name` is what they are called)
    must keep.
    """
    return tuple(budget for budget in budgets if budget.holds(agent, user, name))


def measured(budget: BudgetRule, amounts: Amounts) -> Decimal | None:
    """How much of the budget's measure these amounts are; None when the price is unknown and this
    budget takes no other for it.
    """
    match budget.measure:
        case Measure.STEPS:
            return Decimal(amounts.steps)
        case Measure.TOKENS:
            return Decimal(amounts.tokens)
        case Measure.SECONDS:
            return amounts.seconds
        case Measure.USD:
            usd = amounts.usd if amounts.usd is not None else _unpriced(budget, amounts.tokens)
            return usd if usd is None else usd.quantize(NANO, ROUND_CEILING)
    assert_never(budget.measure)


def _unpriced(budget: BudgetRule, tokens: int) -> Decimal | None:
    if budget.unpriced is Unpriced.FALLBACK:
        return tokens * budget.fallback / MILLION
    return ZERO if budget.unpriced is Unpriced.ZERO else None
