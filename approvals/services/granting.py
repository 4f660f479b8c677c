"""Session approvals: given with a decision, taken back by anybody who may decide. The run's own
events are what counts.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules.refusal_sentences import Reason, Refusal
from approvals.rules.voting import Final
from approvals.services import request_events
from console.journal import acting
from console.journal.records import Actor
from console.refused import Refused
from runs import run_rows
from runs.engine.events import GrantGiven, GrantRevoked
from runs.run_authority import DECIDES

MOST = 100


@dataclass(frozen=True, slots=True)
class SessionOffer:
    """What somebody wants to allow for the rest of the run: so many more calls, with those
    arguments free.
    """

    limit: int
    free: tuple[str, ...] = ()


def given(
    request: Request, final: Final, wanted: SessionOffer, *, actor: Actor, at: datetime
) -> GrantGiven:
    """The event that gives it. Raises NotDecided for a request that more than one person decides,
    and for an impossible offer.
    """
    if request.quorum > 1 or len(request.stages) > 1:
        raise no("A session approval is only for requests that one person decides.")
    if not 1 <= wanted.limit <= MOST:
        raise no(f"A session approval is for 1 to {MOST} calls.")
    args = dict(final.args or request.args)
    if strange := [name for name in wanted.free if name not in args]:
        raise no(f"There is no argument {', '.join(strange)} that could differ.")
    if len(wanted.free) == len(args) and args:
        raise no(
            "A session approval to any arguments at all is a policy; an administrator writes those."
        )
    return GrantGiven(
        at=at,
        actor=actor.name,
        person=actor.person,
        grant=str(request.pk),
        step=request.step,
        tool=request.tool,
        args=args,
        free=wanted.free,
        limit=wanted.limit,
        request=str(request.pk),
    )


def no(sentence: str) -> NotDecided:
    return NotDecided(Refusal(Reason.ARGUMENTS, sentence, {"standing": sentence}))


def revoke(*, run_id: UUID, grant: str, actor: User, at: datetime, note: str = "") -> None:
    """Take it back: from now on the run asks again. Raises Refused when there is nothing to take
    back, or the actor may not.
    """
    try:
        revoked(run_id, grant, actor, at, note)
    except Refused as refused:
        refuse(run_id, grant, actor, refused.sentence, at)
        raise


def revoked(run_id: UUID, grant: str, actor: User, at: datetime, note: str) -> None:
    if not actor.has_perm(DECIDES):
        raise Refused("Only approvers take a session approval back.")
    with transaction.atomic():
        run = run_rows.locked(run_id)
        state = run_rows.state_of(run)
        if state.final or all(each.name != grant for each in state.grants):
            raise Refused("This session approval is over already.")
        who = acting.of(actor)
        taken = GrantRevoked(at=at, actor=who.name, person=who.person, grant=grant, note=note)
        run_rows.appended(run, state, [taken])
        transaction.on_commit(partial(run_rows.wake, run.pk))


def refuse(run_id: UUID, grant: str, actor: User, sentence: str, at: datetime) -> None:
    """Record the refusal on the run's chain, where there is such a session approval. Its name is
    the number of the request it came with.
    """
    request = (
        Request.objects.filter(run=run_id, pk=int(grant)).first() if grant.isdecimal() else None
    )
    if request is not None:
        with transaction.atomic():
            data = {"act": "revoke", "sentence": sentence}
            request_events.note(
                run_rows.locked(run_id),
                request,
                kind="approval.refused",
                actor=acting.of(actor),
                at=at,
                data=data,
            )
