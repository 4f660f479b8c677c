"""What came out of a completed run, for the first line of its page. Reads only."""

from console import figures
from console.journal import selectors, spill
from runs.engine.vocabulary import RunStatus
from runs.models import Run
from runs.reading.readers import PageReader

LONGEST = 400
LAST = 20
"""How many events from the end a run's completion is looked for: little can follow it."""


def of(run: Run, who: PageReader) -> str:
    """The final answer's beginning; empty for a run that has not completed, or whose answer this
    reader may not see. One query for a completed run.
    """
    if run.status != RunStatus.COMPLETED:
        return ""
    found = selectors.events(
        run.id, clearance=who.clearance, after=max(run.seq - LAST, 0), kinds=("run.completed",)
    )
    final = found[-1].record.data.get("final") if found else None
    mark = spill.marker(final)
    return figures.line(str(mark["head"]) if mark else figures.plain(final or ""), LONGEST)
