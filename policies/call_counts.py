"""How often a tool was called lately, and how that went: counts in slots of five seconds, oldest
first. Pure; time is an argument.
"""

from dataclasses import dataclass, replace
from datetime import datetime

SLOT = 5
"""Seconds of one slot. Counts are right to within one slot, and a window has no more slots than its
seconds divided by this.
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """What came back within one slot; `number` counts slots since 1970."""

    number: int
    good: int = 0
    bad: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """The sum over a window. `retries` are among the calls."""

    good: int = 0
    bad: int = 0
    retries: int = 0

    @property
    def calls(self) -> int:
        return self.good + self.bad


@dataclass(frozen=True, slots=True)
class CountWindow:
    slots: tuple[Slot, ...] = ()

    def counts(self, at: datetime, seconds: float) -> Counts:
        """The counts of the last `seconds` before `at`."""
        kept = [slot for slot in self.slots if slot.number > number_of(at) - span(seconds)]
        return Counts(
            sum(slot.good for slot in kept),
            sum(slot.bad for slot in kept),
            sum(slot.retries for slot in kept),
        )

    def counted(
        self, at: datetime, keep: float, *, good: int = 0, bad: int = 0, retries: int = 0
    ) -> "CountWindow":
        """The window with these added to the present slot; what is older than `keep` seconds is
        forgotten. A clock that is behind counts into the newest slot.
        """
        now = max([number_of(at), *(slot.number for slot in self.slots)])
        kept = [slot for slot in self.slots if slot.number > now - span(keep)]
        here = kept.pop() if kept and kept[-1].number == now else Slot(now)
        more = replace(
            here, good=here.good + good, bad=here.bad + bad, retries=here.retries + retries
        )
        return CountWindow((*kept, more))

    def forgiven(self) -> "CountWindow":
        """The window without its failures and successes. Retries stay counted, or each closing of
        the breaker would begin a new budget of them.
        """
        return CountWindow(
            tuple(Slot(slot.number, retries=slot.retries) for slot in self.slots if slot.retries)
        )


EMPTY = CountWindow()


def number_of(at: datetime) -> int:
    return int(at.timestamp() // SLOT)


def span(seconds: float) -> int:
    """Seconds in slots, at least one."""
    return max(1, -int(-seconds // SLOT))
