"""A run in small: all its steps in a strip of equal parts, each a link that leads there.
Pure but for its one query.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console import figures
from console.journal import step_counts
from console.journal.step_counts import StepCount
from runs.models import Run
from runs.reading.readers import PageReader
from runs.reading.turn_rows import TimelineRow

MOST, FEWEST = 48, 10
"""Parts of a strip at most; a run of fewer steps is in view anyhow."""
HALF = 12
"""Height of what stands above its middle, the turns, and below, the calls."""


@dataclass(frozen=True, slots=True)
class MapPart:
    """Some steps of a run. `spent`: the height of its bar of tokens, `made` and `failed` those of
    its calls; `asked`: a person was. `link` leads to its first step, `here`: they are on the page.
    """

    said: str
    link: str
    here: bool
    spent: int
    made: int
    failed: int
    asked: bool

    @property
    def top(self) -> int:
        """Where its bar of tokens begins."""
        return HALF - self.spent


def of(run: Run, who: PageReader, rows: Sequence[TimelineRow]) -> list[MapPart]:
    """None for a run that is short, and for who may not see its work. `rows` are those shown."""
    if run.step < FEWEST or not who.sees_tools:
        return []
    each = size(run.step)
    counted = step_counts.of(run.pk, each, clearance=who.clearance)
    return drawn(run.step, each, counted, {int(row.number) for row in rows if row.anchor})


def size(steps: int) -> int:
    """How many steps a part holds."""
    return -(-steps // MOST)


def drawn(
    steps: int, size: int, counted: Mapping[int, StepCount], shown: Iterable[int]
) -> list[MapPart]:
    """The parts of `size` steps each, of which `shown` are on the page."""
    here = frozenset(shown)
    tokens = max((each.tokens for each in counted.values()), default=0)
    calls = max((each.calls for each in counted.values()), default=0)
    most = StepCount(tokens, calls)
    return [
        part(first, min(first + size - 1, steps), counted.get(number, StepCount()), here, most)
        for number, first in enumerate(range(1, steps + 1, size))
    ]


def part(first: int, last: int, count: StepCount, here: frozenset[int], most: StepCount) -> MapPart:
    """`most`: what the tallest bars stand for."""
    near = next((step for step in range(first, last + 1) if step in here), 0)
    return MapPart(
        said(first, last, count),
        f"#step-{near}" if near else f"?at={first}",
        bool(near),
        height(count.tokens, most.tokens),
        height(count.calls, most.calls),
        height(count.failed, most.calls),
        bool(count.asked),
    )


def height(part: int, most: int) -> int:
    """Whatever there is can be seen."""
    return -(-part * HALF // most) if part and most else 0


def said(first: int, last: int, count: StepCount) -> str:
    steps = f"Step {first}" if first == last else f"Steps {first} to {last}"
    failed = f"{count.failed} failed" if count.failed else ""
    asked = "a person was asked" if count.asked else ""
    made = (figures.plural(count.calls, "call"), failed, asked)
    return f"{steps}: {', '.join(filter(None, made))}"
