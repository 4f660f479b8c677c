"""What an accepted answer makes of a request: decided, one more vote, the next stage, somebody
else's. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.rules.card import Answer, Card, CountedVote
from approvals.rules.eligibility import needed
from approvals.rules.request_vocabulary import SETTLING, YES, OnExpiry
from console.json_value import Json
from policies.authority import Person
from policies.json_schema.equality_key import equal
from runs.engine.vocabulary import AnswerAct, CallAct


@dataclass(frozen=True, slots=True)
class Final:
    """The request is decided. `args` are the arguments that are let through, if any; of a call in
    doubt, what it returned.
    """

    act: AnswerAct
    args: Mapping[str, Json] | None = None

    @property
    def word(self) -> CallAct:
        """The act as an event about a call holds it. Raises ValueError for an act that decides on
        no call.
        """
        match self.act:
            case (
                AnswerAct.APPROVE
                | AnswerAct.EDIT
                | AnswerAct.DENY
                | AnswerAct.RESPOND
                | AnswerAct.STOP
            ):
                return self.act
            case AnswerAct.EXPIRE | AnswerAct.EXPIRE_AND_STOP:
                return self.act
        raise ValueError(f"“{self.act}” decides on no call")


@dataclass(frozen=True, slots=True)
class Counted:
    """One more vote; `missing` others must agree in this stage.

    `edited`: the arguments changed, so earlier votes no longer count.
    """

    args: Mapping[str, Json]
    missing: int
    edited: bool = False


@dataclass(frozen=True, slots=True)
class NextStage:
    """Another stage is asked: the next one, since this one has agreed, or an earlier one whose yes
    is for other arguments or counts no more.
    """

    args: Mapping[str, Json]
    stage: int


@dataclass(frozen=True, slots=True)
class Escalated:
    """Somebody else is asked from now on."""

    group: str


VoteResult = Final | Counted | NextStage | Escalated


def outcome(
    card: Card,
    votes: Sequence[CountedVote],
    who: Person,
    answer: Answer,
    proposed: Mapping[str, Json],
    now: datetime,
) -> VoteResult:
    """What becomes of the request by an answer that `eligibility.refused` let through. `proposed`
    are the arguments the planner wanted. Every stage has to agree to the same arguments: the first
    one that does not yet is asked.
    """
    if answer.act is AnswerAct.ESCALATE:
        return Escalated(card.terms.escalate_to)
    if answer.act not in YES:
        return Final(answer.act, answer.args if answer.act in SETTLING else None)
    args = card.args if answer.args is None else answer.args
    cast_votes = [*votes, CountedVote(who.id, card.stage, answer.act, args, now)]
    for stage in card.required_stages:
        missing = needed(replace(card, args=args, stage=stage), cast_votes)
        if missing > 0 and stage == card.stage:
            return Counted(args, missing, edited=not equal(args, card.args))
        if missing > 0:
            return NextStage(args, stage)
    return Final(AnswerAct.APPROVE if equal(args, proposed) else AnswerAct.EDIT, args)


def at_expiry(card: Card) -> Final | Escalated:
    """What becomes of the request when its time is over."""
    if card.terms.on_expiry is OnExpiry.ESCALATE and not card.escalated:
        return Escalated(card.terms.escalate_to)
    return Final(
        AnswerAct.EXPIRE_AND_STOP if card.terms.on_expiry is OnExpiry.STOP else AnswerAct.EXPIRE
    )
