"""A person's decision: locked, bound to the card they saw, counted once. The run's own event is
what decides, and the run goes on at once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from approvals import cards
from approvals.models import Request, Vote
from approvals.request_refusals import NotDecided
from approvals.rules import eligibility, voting
from approvals.rules.card import Answer
from approvals.rules.refusal_sentences import Reason, Refusal
from approvals.rules.request_vocabulary import YES, RequestKind
from approvals.services import (
    budget_extension,
    checking,
    ending,
    granting,
    request_events,
    request_lock,
)
from approvals.services.request_lock import Taken
from console.journal import acting
from console.refused import Refused
from policies.authority import Person
from policies.current.four_eyes.taking_two import Held
from policies.json_schema.equality_key import equal
from runs.engine.vocabulary import AnswerAct

MOST_NOTE = 2_000


def decide_at_once(
    *,
    request_id: int,
    actor: User,
    at: datetime,
    act: AnswerAct,
    digest: str,
    version: int,
    args: Mapping[str, Any] | None = None,
    note: str = "",
    standing: granting.SessionOffer | None = None,
) -> Request:
    """Take `actor`'s answer to the card they saw (`digest`, `version`), without the seconds for
    which `holding.hold` keeps a person's back.

    `args` are the arguments wanted, None for those that stand; `standing` lets the same call
    through for the rest of the run.

    Raises NotDecided with its sentence, after that was written down; the run has not moved then.
    Raises Request.DoesNotExist.
    """
    answer = Answer(act, digest, version, args, note.strip()[:MOST_NOTE])
    return judged(
        request_id,
        actor,
        answer,
        at,
        lambda taken, who: decided(taken, actor, who, answer, at, standing),
    )


def judged(
    request_id: int,
    actor: User,
    answer: Answer,
    at: datetime,
    act: Callable[[Taken, Person], Request],
) -> Request:
    """Check the answer, then `act` on the locked request in one transaction. A refusal is written
    down before it is raised as NotDecided; what takes a second person is no refusal.
    """
    who = request_lock.person(actor)
    try:
        if answer.args is not None and answer.act in YES:
            check(request_lock.seen(request_id), who, answer, at)
        with transaction.atomic():
            return act(request_lock.locked(request_id), who)
    except Held:
        raise
    except Refused as refused:
        told = as_refusal(refused)
        refuse(request_id, actor, answer, told, at)
        raise NotDecided(told) from refused


def as_refusal(refused: Refused) -> Refusal:
    """A refusal of the runs' services, as when a worker has the run at this very moment, as a
    refusal of this decision.
    """
    return (
        refused.refusal
        if isinstance(refused, NotDecided)
        else Refusal(Reason.UNFIT, refused.sentence)
    )


def check(taken: Taken, who: Person, answer: Answer, at: datetime) -> None:
    """Check edited arguments before any lock is taken, since a tool server may have to be asked for
    its schema.
    """
    allowed(taken, who, answer, at)
    if taken.card.kind is RequestKind.BUDGET:
        budget_extension.wanted(answer.args)
        return
    if equal(answer.args, taken.card.args):
        return
    events, state = request_lock.history(taken.run)
    wrong = checking.problems(taken, who, events, state, answer.args or {}, at)
    if wrong:
        raise NotDecided(
            Refusal(
                Reason.ARGUMENTS,
                "The changed arguments cannot be approved: " + " ".join(wrong.values()),
                wrong,
            )
        )


def would_count(request_id: int, actor: User, answer: Answer, at: datetime) -> bool:
    """Whether an answer with edited arguments would be taken now. Decides and writes nothing."""
    try:
        check(request_lock.seen(request_id), request_lock.person(actor), answer, at)
    except Refused:
        return False
    return True


def allowed(taken: Taken, who: Person, answer: Answer, at: datetime) -> None:
    refusal = eligibility.refused(taken.card, taken.votes, who, answer, at)
    if refusal is not None:
        raise NotDecided(refusal)
    if answer.act is AnswerAct.ESCALATE:
        heard(taken, who)


def heard(taken: Taken, who: Person) -> None:
    """Check that somebody else could answer the request where it is to be escalated to."""
    people = cards.deciders_in(taken.card.terms.escalate_to)
    if sentence := eligibility.nobody_further(taken.card, people, who):
        raise NotDecided(Refusal(Reason.UNFIT, sentence))


def decided(
    taken: Taken,
    actor: User,
    who: Person,
    answer: Answer,
    at: datetime,
    standing: granting.SessionOffer | None,
    *,
    said_at: datetime | None = None,
) -> Request:
    """Judge the answer once more, count the vote and do what follows. Both rows are locked.
    `said_at`: when it was given, if that was before `at`; the request's own time is over or not by
    that.
    """
    said_at = said_at or at
    allowed(taken, who, answer, said_at)
    _, state = request_lock.history(taken.run)
    request_lock.bound(taken, state)
    result = voting.outcome(taken.card, taken.votes, who, answer, taken.request.proposed, said_at)
    cast_vote(taken, actor, answer, said_at)
    match result:
        case voting.Final():
            ending.finish(
                taken, state, actor=actor, at=at, final=result, note=answer.note, standing=standing
            )
        case voting.Counted() | voting.NextStage():
            ending.go_on(taken, actor=acting.of(actor), at=at, result=result, note=answer.note)
        case voting.Escalated():
            ending.escalate(
                taken, actor=acting.of(actor), at=at, group=result.group, note=answer.note
            )
    taken.request.refresh_from_db()
    return taken.request


def cast_vote(taken: Taken, actor: User, answer: Answer, at: datetime) -> None:
    request = taken.request
    args = request.args if answer.args is None else answer.args
    waited = (at - request.asked_at).total_seconds()
    Vote.objects.create(
        request=request,
        voter=actor,
        stage=request.stage,
        act=answer.act,
        args=args,
        note=answer.note,
        at=at,
        waited=max(waited, 0),
    )


def refuse(request_id: int, actor: User, answer: Answer, refusal: Refusal, at: datetime) -> None:
    """Record the refusal on the run's chain, in a transaction of its own, since the one that
    refused is undone.
    """
    with transaction.atomic():
        taken = request_lock.locked(request_id)
        data = {
            "act": answer.act.value,
            "reason": refusal.reason.value,
            "sentence": refusal.sentence,
        }
        request_events.note(
            taken.run,
            taken.request,
            kind="approval.refused",
            actor=acting.of(actor),
            at=at,
            data=data,
        )
