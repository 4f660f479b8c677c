"""What to record of an undo: its result, or what its tool says of one that was cut off. Pure."""

from datetime import datetime

from runs.engine import events as e
from runs.engine.kept_calls import Undoable
from runs.engine.outcomes.call_outcomes import silent
from runs.engine.ports import (
    Happened,
    Lookup,
    Returned,
)
from runs.engine.vocabulary import LossBlame, Outcome, Verdict


def after_undo(entry: Undoable, attempt: int, back: Returned, now: datetime) -> list[e.RunEvent]:
    """The result of an undo.

    Without an answer its verdict is unknown, unless the undo is idempotent: then it has failed, and
    may be tried again. Lost by no fault of its own, one that was not begun or is idempotent gives
    no event: the same attempt is simply made again.
    """
    blameless = back.outcome is Outcome.ERROR and back.blame is LossBlame.OTHERS
    if blameless and (back.answered or entry.idempotent):
        return []
    open_ended = silent(back) or back.outcome is Outcome.CANCELLED
    failed = Verdict.UNKNOWN if open_ended and not entry.idempotent else Verdict.FAILED
    return [
        undo_returned(
            entry, attempt, back, Verdict.SUCCEEDED if back.outcome is Outcome.OK else failed, now
        )
    ]


def undo_returned(
    entry: Undoable, attempt: int, back: Returned, verdict: Verdict, now: datetime
) -> e.UndoReturned:
    return e.UndoReturned(
        at=now,
        step=entry.step,
        tool=entry.tool,
        call=entry.call,
        outcome=back.outcome,
        verdict=verdict,
        attempt=attempt,
        result=back.result,
        error=back.error,
        duration=back.duration,
    )


def after_undo_lookup(
    entry: Undoable, attempt: int, found: Lookup, error: str, now: datetime
) -> list[e.RunEvent]:
    """What the tool says of an undo whose worker was lost; when it happened, its result as well."""
    looked = e.CallLookedUp(
        at=now,
        step=entry.step,
        tool=entry.tool,
        call=entry.call,
        happened=found.happened,
        error=error,
        undo=True,
    )
    if found.happened is not Happened.YES:
        return [looked]
    return [
        looked,
        undo_returned(
            entry, attempt, Returned(Outcome.OK, result=found.result), Verdict.SUCCEEDED, now
        ),
    ]
