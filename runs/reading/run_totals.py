"""What a run came to so far, for the last row of its timeline: all of it, whichever part is shown.
Pure arithmetic on a run's row.
"""

from dataclasses import dataclass
from datetime import datetime

from console import figures
from runs.models import Run
from runs.reading import meters


@dataclass(frozen=True, slots=True)
class RunTotals:
    """`calls` with what became of them, and its tokens sent and answered. `tick`: since when its
    running time grows by itself.
    """

    calls: str
    took: str
    tick: str
    tokens: str
    cost: str


def of(run: Run, now: datetime) -> RunTotals:
    time, mark = meters.deadline(run, now), "about " if run.estimated else ""
    undone = f"{run.undone} undone" if run.undone else ""
    made = (figures.plural(run.step, "step"), figures.plural(run.calls, "call"), undone)
    sent, answered = map(figures.short_count, (run.tokens_in, run.tokens_out))
    return RunTotals(
        " · ".join(filter(None, made)),
        time.figure,
        time.tick,
        f"{mark}{sent} → {answered}",
        f"{mark}{cost(run)}",
    )


def cost(run: Run) -> str:
    if not run.usd_unknown:
        return figures.money(run.usd)
    return f"at least {figures.money(run.usd)}" if run.usd else "no price"
