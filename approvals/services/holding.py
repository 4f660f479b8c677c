"""Holds a person's answer back for some seconds, in which they can take it back; then it takes
effect, once, whatever became of their page.

The row of the request is the queue: an answer that a lost clock left there is due at its next
round.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from approvals import request_row
from approvals.models import Request
from approvals.request_refusals import NotDecided
from approvals.rules import eligibility
from approvals.rules.card import Answer
from approvals.rules.refusal_sentences import Reason, Refusal
from approvals.rules.request_vocabulary import RequestStatus
from approvals.services import deciding, request_events, request_lock
from approvals.services.granting import SessionOffer
from approvals.services.request_lock import Taken
from console.journal import acting
from console.journal.records import Actor
from console.live import apart
from console.refused import Refused
from policies.authority import Person
from runs.engine.vocabulary import AnswerAct

AT_ONCE = 200
NOTHING_HELD = "There is nothing to undo here: no answer to this request waits to take effect."
SOMEBODY_ELSES = "Only whoever gave an answer may undo it."
NOBODY = Refusal(Reason.NOT_AN_APPROVER, "Whoever gave this answer has no account any more.")


class _Rehearsed(Exception):
    """The decision would be taken; what it did is rolled back."""


def hold(
    *,
    request_id: int,
    actor: User,
    at: datetime,
    act: AnswerAct,
    digest: str,
    version: int,
    args: Mapping[str, Any] | None = None,
    note: str = "",
    standing: SessionOffer | None = None,
) -> Request:
    """Take `actor`'s answer to the card they saw (`digest`, `version`), and let it take effect
    `DECISION_HOLD` seconds later; at once where that is 0. The other arguments are those of
    `deciding.decide_at_once`.

    Raises what that raises, for an answer that could not take effect now.
    """
    answer = Answer(act, digest, version, args, note.strip()[: deciding.MOST_NOTE])

    def kept(taken: Taken, who: Person) -> Request:
        if settings.DECISION_HOLD <= 0:
            return deciding.decided(taken, actor, who, answer, at, standing)
        rehearsed(taken, actor, who, answer, at, standing)
        return held(request_lock.locked(request_id), actor, answer, at, standing)

    return deciding.judged(request_id, actor, answer, at, kept)


def rehearsed(
    taken: Taken,
    actor: User,
    who: Person,
    answer: Answer,
    at: datetime,
    standing: SessionOffer | None,
) -> None:
    """Decide and undo that again, so that whatever would refuse it does so while the person is
    still there. What is told to others is told after a commit, so never.
    """
    try:
        with transaction.atomic():
            deciding.decided(taken, actor, who, answer, at, standing)
            raise _Rehearsed
    except _Rehearsed:
        return


def held(
    taken: Taken, actor: User, answer: Answer, at: datetime, standing: SessionOffer | None
) -> Request:
    """Write it down on the request and on the run's chain. Both rows are locked."""
    until = at + timedelta(seconds=settings.DECISION_HOLD)
    given = {
        "act": answer.act.value,
        "digest": answer.digest,
        "version": answer.version,
        "args": None if answer.args is None else dict(answer.args),
        "note": answer.note,
        "standing": [standing.limit, list(standing.free)] if standing else None,
        "by": str(actor.pk),
        "name": acting.of(actor).name,
        "at": at.isoformat(),
    }
    request_row.held(taken.request, given, until=until)
    tell(taken, actor, at, "approval.held", {"until": until.isoformat()})
    return taken.request


def withdraw(*, request_id: int, actor: User, at: datetime) -> Request:
    """Take back the answer that `actor` gave and that has not taken effect; the request is open
    again. Raises Refused with what became of it, and Request.DoesNotExist.
    """
    with transaction.atomic():
        taken = request_lock.locked(request_id)
        if taken.card.held is None:
            raise Refused(too_late(taken, request_lock.person(actor), at))
        if taken.card.held.voter != str(actor.pk):
            raise Refused(SOMEBODY_ELSES)
        tell(taken, actor, at, "approval.withdrawn")
        request_row.released(taken.request)
    return taken.request


def too_late(taken: Taken, who: Person, at: datetime) -> str:
    """Why nothing can be undone any more, or never could."""
    if taken.card.status is RequestStatus.DECIDED:
        return f"Too late to undo it: {eligibility.done(taken.card, who, at)}."
    over = eligibility.over(taken.card, (), who, at)
    return f"Too late to undo it. {over.sentence}" if over else NOTHING_HELD


def tell(
    taken: Taken, actor: User, at: datetime, kind: str, more: Mapping[str, Any] | None = None
) -> None:
    """Append what becomes of the answer that is held back."""
    request_events.note(
        taken.run,
        taken.request,
        kind=kind,
        actor=acting.of(actor),
        at=at,
        data={"act": (taken.request.held or {})["act"], **(more or {})},
    )


def take_effect(*, request_id: int, at: datetime) -> bool:
    """Let the answer that is held back take effect, if its time has come. False when it was taken
    back, has taken effect, or cannot any more; that it cannot is written down.
    """
    try:
        with transaction.atomic():
            taken = request_lock.locked(request_id)
            if not due_now(taken.request, at):
                return False
            carried_out(taken, at)
            return True
    except Refused as refused:
        dropped(request_id, deciding.as_refusal(refused), at)
        return False


def due_now(request: Request, at: datetime) -> bool:
    return request.held_until is not None and request.held_until <= at


def carried_out(taken: Taken, at: datetime) -> None:
    given: Mapping[str, Any] = taken.request.held or {}
    actor = User.objects.filter(pk=given["by"]).first()
    if actor is None:
        raise NotDecided(NOBODY)
    request_row.released(taken.request)
    deciding.decided(
        request_lock.of(taken.run, taken.request),
        actor,
        request_lock.person(actor),
        answer_of(given),
        at,
        offer_of(given),
        said_at=datetime.fromisoformat(given["at"]),
    )


def answer_of(given: Mapping[str, Any]) -> Answer:
    return Answer(
        AnswerAct(given["act"]), given["digest"], given["version"], given["args"], given["note"]
    )


def offer_of(given: Mapping[str, Any]) -> SessionOffer | None:
    if given["standing"] is None:
        return None
    limit, free = given["standing"]
    return SessionOffer(limit, tuple(free))


def dropped(request_id: int, why: Refusal, at: datetime) -> None:
    """Write down that an answer did not take effect: the run was killed meanwhile, or somebody may
    not decide any more. Nothing when it was seen to already.
    """
    with transaction.atomic():
        taken = request_lock.locked(request_id)
        if not due_now(taken.request, at):
            return
        given: Mapping[str, Any] = taken.request.held or {}
        data = {"act": given["act"], "reason": why.reason.value, "sentence": why.sentence}
        who = Actor(given["name"], given["by"])
        request_events.note(
            taken.run, taken.request, kind="approval.refused", actor=who, at=at, data=data
        )
        request_row.released(taken.request, kept=True)


def due(at: datetime, met: Collection[int] = (), most: int = AT_ONCE) -> list[int]:
    """Requests with an answer whose time has come, the oldest first, without those that were `met`
    already.
    """
    found = Request.objects.filter(held_until__lte=at).exclude(pk__in=met).order_by("held_until")
    return list(found.values_list("id", flat=True)[:most])


def sweep(*, at: datetime) -> int:
    """Let everything take effect that is due, each apart; gives how many did."""
    done, met = 0, set[int]()
    while found := due(at, met):
        done += apart.each(
            found,
            lambda request: take_effect(request_id=request, at=at),
            "an answer that was held back",
        ).done
        met.update(found)
    return done
