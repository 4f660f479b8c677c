"""Rows as the pure rules know them: a request as a card, its votes, a user as a person. Queries
only the rows it is given.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from approvals.models import Request, Vote
from approvals.rules import card
from approvals.rules.request_vocabulary import OnExpiry, RequestKind, RequestStatus
from approvals.rules.terms import ApprovalStage, Terms
from policies import memberships
from policies.authority import Person
from runs import run_authority
from runs.engine import vocabulary
from runs.engine.vocabulary import AnswerAct
from runs.models import Run

ENOUGH = 50
"""People of a group who are looked at for one who may answer: the rules leave out one or two."""


def card_of(request: Request, run: Run) -> card.Card:
    """The card, with what became of whoever started its run. One query at most."""
    gone = memberships.why_gone(run.principal, by_right=run.by_right)
    return replace(asking(request, run), orphaned=gone)


def asking(request: Request, run: Run) -> card.Card:
    """The card as far as its rows tell it: enough for who may answer it. No query."""
    return card.Card(
        kind=RequestKind(request.kind),
        digest=request.digest,
        terms=terms_of(request),
        args=request.args,
        starter=str(run.principal_id),
        # as they are called now: the row keeps the name they started it under
        starter_name=run.principal.get_username(),
        held=held_of(request),
        status=RequestStatus(request.status),
        stage=request.stage,
        version=request.version,
        escalated=request.escalated,
        expires_at=request.expires_at,
        # whatever is asked while it is undone is asked by the undoing itself
        killed=run.control == vocabulary.Control.KILL
        and run.status != vocabulary.RunStatus.COMPENSATING,
        act=request.act,
        by=request.decided_by,
        decider=request.decided_by_id,
        why=request.note,
        ended_at=request.ended_at,
    )


def held_of(request: Request) -> card.HeldAnswer | None:
    """The answer that is about to take effect, if there is one."""
    if request.held is None or request.held_until is None:
        return None
    return card.HeldAnswer(
        AnswerAct(request.held["act"]),
        str(request.held["by"]),
        str(request.held["name"]),
        datetime.fromisoformat(request.held["at"]),
        request.held_until,
    )


def terms_of(request: Request) -> Terms:
    return Terms(
        stages=tuple(ApprovalStage(str(group), int(quorum)) for group, quorum in request.stages),
        ttl=request.ttl,
        on_expiry=OnExpiry(request.on_expiry),
        escalate_to=request.escalate_to,
        four_eyes=request.four_eyes,
    )


def vote_of(vote: Vote) -> card.CountedVote:
    """The vote, which stands only while its voter could give it: not once they are switched off,
    decide nothing, or left the stage's group.
    """
    stages = terms_of(vote.request).stages
    voter, group = person_of(vote.voter), stages[min(vote.stage, len(stages) - 1)].group
    stands = voter.approver and voter.member(group)
    return card.CountedVote(
        voter.id,
        vote.stage,
        AnswerAct(vote.act),
        vote.args,
        vote.at,
        stands,
        vote.voter.get_username(),
    )


def votes_of(request: Request) -> list[card.CountedVote]:
    """The request's votes in order: one query, and two for each voter."""
    votes: Iterable[Vote] = request.votes.select_related("voter", "request")
    return [vote_of(vote) for vote in votes]


def deciders_in(group: str) -> list[Person]:
    """People who may decide what is asked of the group, as far as that matters for it; at most
    `ENOUGH` of them. One query.
    """
    inside = Q(groups__name=group) | Q(is_superuser=True)
    found = memberships.holders(run_authority.DECIDES).filter(inside).order_by("pk")
    return [
        Person(str(pk), frozenset((group,)), everywhere=owner)
        for pk, owner in found.values_list("pk", "is_superuser")[:ENOUGH]
    ]


def person_of(user: User) -> Person:
    """The user as a person who acts. Two queries at most."""
    return run_authority.person_of(user)
