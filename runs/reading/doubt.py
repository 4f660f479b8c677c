"""A call that nobody knows happened: everything that somebody needs to look it up at the other
side. Text only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console import figures
from console.journal import cleaning, selectors
from console.journal.records import JournalRecord
from console.journal.visibility import Clearance
from runs.engine.ids import idempotency_key
from runs.engine.vocabulary import RunPhase, RunStatus, StopReason, Waiting
from runs.models import Run

INTENDED = ("call.intended", "call.retried")
BACK = 2_000
"""How many events are read back: what is in doubt stands near the end of its run."""


@dataclass(frozen=True, slots=True)
class DoubtedCall:
    """`at`: when it was last begun; `key`: the idempotency key it was sent with; `row`: its place
    in the timeline.
    """

    call: str
    tool: str
    args: tuple[tuple[str, str], ...]
    at: str
    key: str
    tries: str
    row: str


def stands(run: Run) -> bool:
    """Whether somebody has to say if a call happened: the run waits for that, or a kill ended it in
    doubt.
    """
    if run.status == RunStatus.STOPPED:
        return run.stop_reason == StopReason.KILLED_IN_DOUBT
    return run.waiting_for == Waiting.IN_DOUBT


def of_undo(run: Run) -> bool:
    """Whether somebody has to say if the undo of a call happened, not if a call did."""
    asked = run.waiting_for == Waiting.IN_DOUBT and run.status == RunStatus.COMPENSATING
    return asked and run.phase != RunPhase.RESOLVING


def of(run: Run, clearance: Clearance) -> DoubtedCall | None:
    """The call in doubt; None for a run without one, and for readers who may not read calls. One
    query for a run in doubt, none for any other.
    """
    return found(run, clearance) if stands(run) else None


def found(run: Run, clearance: Clearance, call: str = "") -> DoubtedCall | None:
    """The call of that name, or the newest one."""
    stored = selectors.events(
        run.pk, clearance=clearance, after=max(run.seq - BACK, 0), kinds=INTENDED
    )
    begun = [each.record for each in stored if not call or each.record.data.get("call") == call]
    return of_call(run, begun) if begun else None


def of_call(run: Run, begun: list[JournalRecord]) -> DoubtedCall:
    last = begun[-1]
    name = str(last.data.get("call", ""))
    mine = [record for record in begun if record.data.get("call") == name]
    args = next(
        (record.data.get("args") for record in mine if record.kind == "call.intended"), None
    )
    return DoubtedCall(
        call=name,
        tool=last.tool,
        args=arguments(args),
        at=figures.moment(last.at),
        key=idempotency_key(str(run.pk), name),
        tries=f"{figures.ordinal(len(mine))} attempt" if len(mine) > 1 else "",
        row=f"t-call-{name.replace('.', '-')}" + (f"-{len(mine)}" if len(mine) > 1 else ""),
    )


def arguments(args: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(args, Mapping):
        return (("arguments", figures.cut(figures.plain(args), 400)),) if args else ()
    return tuple(
        (str(name), figures.cut(" ".join(figures.plain(value).split()), 400))
        for name, value in args.items()
    )


def came_back(text: str) -> Any:
    """What somebody found at the other side: an object where it is one that the journal keeps as it
    is, so that it can be undone like any result; the text otherwise.
    """
    typed, _ = cleaning.clean_text(text.strip())
    if not typed:
        return None
    try:
        value, notes = json.loads(typed), cleaning.Notes()
        kept = cleaning.clean(value, notes)
    except (ValueError, RecursionError):
        return typed
    return value if kept is None or (isinstance(kept, Mapping) and not notes.lines) else typed
