"""What a decision does: it appends the run's event for a call, a settlement, a resumption or a
kill, or only changes the card.
"""

from datetime import datetime
from functools import partial
from typing import assert_never

from django.contrib.auth.models import User
from django.db import transaction

from approvals import request_row
from approvals.rules.request_vocabulary import YES, RequestKind
from approvals.rules.voting import Counted, Final, NextStage
from approvals.services import budget_extension, granting, overriding, request_events
from approvals.services.granting import SessionOffer
from approvals.services.request_lock import Taken
from console.journal import acting
from console.journal.records import Actor
from console.json_value import Json
from runs import later_undo, run_rows, services
from runs.engine.events import CallDecided
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct

HAPPENED = {AnswerAct.HAPPENED: True, AnswerAct.DID_NOT: False, AnswerAct.UNKNOWN: None}
CAME_BACK = "came_back"


def finish(
    taken: Taken,
    state: RunState,
    *,
    actor: User,
    at: datetime,
    final: Final,
    note: str,
    standing: SessionOffer | None = None,
) -> None:
    """Carry out the final answer. The gate ends the request's row beside the run's own event."""
    who = acting.of(actor)
    match RequestKind(taken.request.kind):
        case RequestKind.CALL:
            call_decided(taken, state, actor=who, at=at, final=final, note=note, standing=standing)
        case RequestKind.ACCEPTANCE:
            overriding.settle(taken, state, actor=who, at=at, final=final, note=note)
        case RequestKind.UNDO:
            undo_answered(taken, state, actor=who, at=at, final=final, note=note)
        case RequestKind.IN_DOUBT:
            settled(taken, state, actor=actor, at=at, final=final, note=note)
        case RequestKind.BUDGET | RequestKind.LOOP:
            pause_answered(taken, actor=actor, at=at, final=final, note=note)
        case unlisted:
            assert_never(unlisted)


def undo_answered(
    taken: Taken, state: RunState, *, actor: Actor, at: datetime, final: Final, note: str
) -> None:
    """Begin the undoing of what was asked about, or leave it as it is."""
    later_undo.answered(
        run=taken.run,
        state=state,
        actor=actor,
        at=at,
        yes=final.act is AnswerAct.APPROVE,
        note=note,
        request=str(taken.request.pk),
    )


def settled(
    taken: Taken, state: RunState, *, actor: User, at: datetime, final: Final, note: str
) -> None:
    """Settle a call in doubt, or an undo, which knows neither a stop nor what came back."""
    if state.undoing is not None:
        happened, came_back = HAPPENED.get(final.act), None
    elif final.act is AnswerAct.STOP:
        stopped(taken, actor=actor, at=at, note=note)
        return
    else:
        happened, came_back = HAPPENED[final.act], (final.args or {}).get(CAME_BACK)
    services.settle(
        run_id=taken.run.pk,
        actor=actor,
        at=at,
        happened=happened,
        note=note,
        came_back=came_back,
    )


def pause_answered(taken: Taken, *, actor: User, at: datetime, final: Final, note: str) -> None:
    """Stop the run, or let it go on; on a budget, with as much more as was asked for."""
    request = taken.request
    if final.act is AnswerAct.STOP:
        stopped(taken, actor=actor, at=at, note=note)
        return
    if request.kind == RequestKind.BUDGET and (by := budget_extension.wanted(final.args)):
        budget_extension.extend(request=request, by=by, actor=actor, at=at)
    services.go_on(run=taken.run, actor=acting.of(actor), at=at, note=note, request=str(request.pk))


def call_decided(
    taken: Taken,
    state: RunState,
    *,
    actor: Actor,
    at: datetime,
    final: Final,
    note: str,
    standing: SessionOffer | None = None,
) -> None:
    """Record the decision on a call, by a person or by the clock; the next worker acts on it."""
    request = taken.request
    decided = CallDecided(
        at=at,
        actor=actor.name,
        person=actor.person,
        step=request.step,
        tool=request.tool,
        call=request.call,
        word=final.word,
        args=final.args if final.act in YES else None,
        note=note,
        request=str(request.pk),
    )
    if decided.args is not None:
        request_row.keyed(request, decided.args)
    yes = (
        [granting.given(request, final, standing, actor=actor, at=at)]
        if standing and final.act in YES
        else []
    )
    run_rows.appended(taken.run, state, [decided, *yes])
    transaction.on_commit(partial(run_rows.wake, taken.run.pk))


def stopped(taken: Taken, *, actor: User, at: datetime, note: str) -> None:
    """Kill the run, which is the answer to a stop: this request is decided, and the kill closes all
    others of the run.
    """
    request, who = taken.request, acting.of(actor)
    request_row.decided(request, act=AnswerAct.STOP, by=who, at=at, note=note)
    request_events.note(
        taken.run,
        request,
        kind="approval.decided",
        actor=who,
        at=at,
        data={"act": AnswerAct.STOP.value, "note": note},
    )
    services.kill(run_id=taken.run.pk, actor=actor, at=at, note=note)


def go_on(
    taken: Taken, *, actor: Actor, at: datetime, result: Counted | NextStage, note: str
) -> None:
    """Count a yes after which more people have to agree, in this stage or the next. Changed
    arguments make a new version of the card.
    """
    request, stage = taken.request, taken.request.stage
    changed = request_row.voted(request, result)
    data: dict[str, Json] = {
        "act": AnswerAct.EDIT.value if changed else AnswerAct.APPROVE.value,
        "stage": stage,
        "note": note,
        "args": request.args if changed else None,
    }
    request_events.note(taken.run, request, kind="approval.voted", actor=actor, at=at, data=data)


def escalate(taken: Taken, *, actor: Actor, at: datetime, group: str, note: str = "") -> None:
    """Ask another group, with the whole time again; votes so far are those of an earlier stage."""
    request = taken.request
    request_row.escalated(request, taken.card.terms.escalated(request.stage), at=at)
    request_events.note(
        taken.run,
        request,
        kind="approval.escalated",
        actor=actor,
        at=at,
        data={"group": group, "note": note},
    )
