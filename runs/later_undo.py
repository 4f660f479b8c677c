"""Undoing chosen steps of a run that has ended: for a reason, by a worker, and with the yes of
another person where a person was asked about the call itself.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from console.journal import acting, content_erasure, selectors
from console.journal.records import VISIBLE, Actor
from console.refused import Refused
from policies.authority import Verb
from runs import run_rows, services
from runs.engine import compensation
from runs.engine.events import CallAsked, RunEvent, UndoAsked, UndoBegun, UndoDeclined
from runs.engine.state import RunState
from runs.engine.vocabulary import FINAL
from runs.models import Run

UNEXPLAINED = "Say why it is undone: the reason is kept with your name."
NOTHING_CHOSEN = "Choose at least one step to undo; nothing was done."
NOT_OVER = "Only what an ended run did can be undone here; this one is {status}."
ERASED = "The content of this run was erased: what it did is not known any more."
ASKED = "A person is asked about that already; answer the request first."
NOT_ABLE = "Call {call} cannot be undone, or is undone already."
OWN_REQUEST = "You asked for it to be undone, so somebody else has to agree."
NOT_ASKED = "Nobody is asked any more whether anything is to be undone."


def undo(
    *, run_id: UUID, actor: AbstractBaseUser, at: datetime, calls: Sequence[str], note: str = ""
) -> Run:
    """Undo these calls, the newest first; or ask another person first, who has to agree. The run is
    waiting for UNDO in that case, and is being undone in the other.
    """
    with transaction.atomic():
        run = run_rows.locked(run_id)
        services.allowed(Verb.UNDO, actor, run)
        if not note.strip():
            raise Refused(UNEXPLAINED)
        state, events = readable(run)
        if said := refusal(run, state, calls):
            raise Refused(said)
        who, chosen = acting.of(actor), compensation.ordered(state, tuple(calls))
        facts: dict[str, Any] = {"at": at, "actor": who.name, "person": who.person, "note": note}
        another = needs_another(events, chosen)
        word = UndoAsked(**facts, undoes=chosen) if another else UndoBegun(**facts, undoes=chosen)
        run_rows.appended(run, state, [word])
    return run


def readable(run: Run) -> tuple[RunState, list[RunEvent]]:
    """The state and its events. Refused for a run whose content was erased."""
    if selectors.events(run.pk, clearance=frozenset({VISIBLE}), kinds=[content_erasure.KIND]):
        raise Refused(ERASED)
    return run_rows.history(run)


def refusal(run: Run, state: RunState, calls: Sequence[str]) -> str:
    """Why these calls cannot be undone now, as a sentence; empty when they can."""
    if run.status not in FINAL:
        return NOT_OVER.format(status=run.status)
    if state.undo_asked:
        return ASKED
    if not calls:
        return NOTHING_CHOSEN
    missing = compensation.not_undoable(state, tuple(calls))
    return NOT_ABLE.format(call=missing[0]) if missing else ""


def needs_another(events: Iterable[RunEvent], calls: Sequence[str]) -> bool:
    """Whether a second person has to agree: a policy had a person asked about one of the calls."""
    return any(isinstance(event, CallAsked) and event.call in calls for event in events)


def answered(
    *, run: Run, state: RunState, actor: Actor, at: datetime, yes: bool, note: str, request: str
) -> None:
    """Take a person's answer to whether what the run did is undone. `run` is locked; who may answer
    at all was checked before.
    """
    if not state.undo_asked:
        raise Refused(NOT_ASKED)
    if yes and state.undo_asked_by and state.undo_asked_by == actor.person:
        raise Refused(OWN_REQUEST)
    facts: dict[str, Any] = {
        "at": at,
        "actor": actor.name,
        "person": actor.person,
        "note": note,
        "request": request,
    }
    word = UndoBegun(**facts, undoes=state.undo_asked) if yes else UndoDeclined(**facts)
    run_rows.appended(run, state, [word])
