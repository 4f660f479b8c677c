"""A run as it stood at the end of one of its steps, by the engine's own fold of its journal up to
there. Reads only.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console import figures
from console.journal.records import Stored
from runs.engine.projection import project
from runs.engine.state import RunState
from runs.models import Run
from runs.runtime import run_ledger


class NotKnown(Exception):
    """The content of what it did by then was erased, so nobody can tell how it stood."""


@dataclass(frozen=True, slots=True)
class StoodThen:
    """The end of a step: the time and `seq` of its last event. `run` is the row as it stood then;
    `earlier` and `later` are the steps beside it, None where there is none.
    """

    step: int
    seq: int
    at: datetime
    run: Run
    earlier: int | None
    later: int | None

    @property
    def moment(self) -> str:
        return figures.moment(self.at)


def of(run: Run, stored: Sequence[Stored], step: int) -> StoodThen | None:
    """The end of `step`, which is where the next one is planned; of step 0, where the first one is.
    None where the run has no such step. Raises Unreadable or NotKnown.
    """
    last = newest(stored)
    if step > last:
        return None
    kept = up_to(stored, step)
    if any(row.erased for row in kept):
        raise NotKnown
    state, _ = run_ledger.replayed(kept)
    then = copy(run)
    fields = {field.attname: field for field in Run._meta.fields}
    for column, value in {**project(state), **limits(state)}.items():
        # as the row would give it back: an amount of nothing is kept as 0
        setattr(then, column, fields[column].to_python(value))
    then.seq = kept[-1].seq
    return StoodThen(
        step=step,
        seq=then.seq,
        at=kept[-1].record.at,
        run=then,
        earlier=step - 1 if step else None,
        later=step + 1 if step < last else None,
    )


def limits(state: RunState) -> dict[str, Any]:
    """What it might use at most, by the columns of its row, which keeps only what holds now."""
    held = state.limits
    return {
        "max_steps": held.steps,
        "max_tokens": held.tokens,
        "max_usd": held.usd,
        "max_seconds": held.seconds,
    }


def newest(stored: Sequence[Stored]) -> int:
    """The number of the newest step that was planned; 0 before the first."""
    return max((number(row) for row in stored), default=0)


def up_to(stored: Sequence[Stored], step: int) -> Sequence[Stored]:
    """The events before the step after `step` was planned."""
    after = (place for place, row in enumerate(stored) if number(row) > step)
    return stored[: next(after, len(stored))]


def number(row: Stored) -> int:
    """The number of the step that this event plans; 0 for any other event."""
    return (row.record.step or 0) if row.record.kind == "step.planned" else 0
