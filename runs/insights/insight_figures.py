"""The figures of the insights page from sums, as text. Percent only of twenty or more."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from console import figures
from runs.engine.vocabulary import StopReason
from runs.insights.sums import Compared, Sums
from runs.insights.tally import RollupNoun

CALL, TURN, END, ASK = RollupNoun.CALL, RollupNoun.TURN, RollupNoun.END, RollupNoun.ASK
FEW: Final = 20
"""Of fewer than these a count says more than a share."""
NOTHING: Final = "–"
LOOPS: Final = (StopReason.LOOP_DETECTED.value, StopReason.NO_PROGRESS.value)
TRIES: Final = ("succeeded", "no_success", "error", "timeout", "refused", "denied")


@dataclass(frozen=True, slots=True)
class FigureTile:
    """One figure beside the one before it."""

    figure: str
    label: str
    before: str
    title: str = ""


def tiles(sums: Compared) -> list[FigureTile]:
    def both(label: str, of: Callable[[Sums], str], title: str = "") -> FigureTile:
        return FigureTile(of(sums.shown), label, of(sums.before), title)

    return [
        both("runs ended", lambda each: count(ended(each))),
        both("completed", lambda each: share(completed(each), ended(each))),
        both("a completed task", cost, "All that was spent, on runs that failed as well"),
        both("steps a task", steps, "All steps, those of runs that failed as well"),
        both("of calls asked", asked_share, "Calls that a person was asked about"),
        both("median wait", lambda each: seconds(each.percentile(ASK, 0.5))),
        both(
            "paused or ended by a loop",
            lambda each: count(looped(each)),
            "Pauses and ends for a loop or for no progress, whatever became of the run",
        ),
        both("saved by the cache", lambda each: figures.money(each.total(TURN, "saved"))),
    ]


def looped(sums: Sums) -> Decimal:
    """How often runs were paused, and how many were ended, for going in circles."""
    found = sums.split("name", END)
    counts = (found[name].total(END, "ended", "paused") for name in LOOPS if name in found)
    return sum(counts, Decimal(0))


def reasons(sums: Sums) -> "Reasons":
    found = {name: each.total(END, "ended") for name, each in sums.split("name", END).items()}
    return Reasons({name: runs for name, runs in found.items() if runs})


class Reasons(dict[str, Decimal]):
    """Runs by how they ended; 0 for what did not occur."""

    def __missing__(self, _reason: str) -> Decimal:
        return Decimal(0)


def ended(sums: Sums) -> Decimal:
    return sums.total(END, "ended")


def completed(sums: Sums) -> Decimal:
    return reasons(sums)[StopReason.COMPLETED.value]


def cost(sums: Sums) -> str:
    done = completed(sums)
    return figures.money(sums.total(TURN, "usd") / done) if done else NOTHING


def steps(sums: Sums) -> str:
    done = completed(sums)
    if not done:
        return NOTHING
    each = sums.total(TURN, "turns") / done
    return f"{each:.1f}" if each < 100 else f"{each:,.0f}"


def asked_share(sums: Sums) -> str:
    return share_asked(sums, sums)


def share_asked(asks: Sums, calls: Sums) -> str:
    """The share of calls that people were asked about, among those that came to an end and those
    that wait for an answer yet.
    """
    asked = asks.total(ASK, "asked")
    wait = asked - asks.total(ASK, "decided")
    return share(asked, max(asked, calls.total(CALL, *TRIES) + wait))


def share(part: Decimal, whole: Decimal) -> str:
    """The share in percent, or as a count of few."""
    if not whole:
        return NOTHING
    if whole < FEW:
        return f"{part:.0f} of {whole:.0f}"
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def count(number: Decimal | int) -> str:
    return figures.count(int(number))


def some(number: Decimal) -> str:
    """A count; a dash for none."""
    return count(number) if number else NOTHING


def seconds(took: float | None) -> str:
    if took is None:
        return NOTHING
    return f"{took:.2g} s" if took < 10 else figures.span(took)
