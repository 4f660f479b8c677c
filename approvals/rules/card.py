"""A request as whoever decides on it meets it, and the answer they give: frozen facts. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.rules.terms import ApprovalStage, Terms
from console.json_value import Json
from policies.authority import Question, Subject
from runs.engine.vocabulary import AnswerAct


@dataclass(frozen=True, slots=True)
class HeldAnswer:
    """An answer that was given and waits until `until` before it takes effect, so that whoever gave
    it can take it back. `voter` is an id, `name` what they were called then.
    """

    act: AnswerAct
    voter: str
    name: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """`args` are the arguments as they stand now, perhaps edited by an earlier voter; `version`
    moves with every change of the card.

    `starter` and `decider` are ids of people, `starter_name` and `by` what they are called.
    `orphaned`: why nothing is done any more for whoever started the run. `held`: the answer that is
    about to take effect.
    """

    kind: RequestKind
    digest: str
    terms: Terms
    args: Mapping[str, Json]
    starter: str
    status: RequestStatus = RequestStatus.OPEN
    stage: int = 0
    version: int = 1
    escalated: bool = False
    expires_at: datetime | None = None
    killed: bool = False
    act: str = ""
    by: str = ""
    decider: str = ""
    why: str = ""
    ended_at: datetime | None = None
    orphaned: str = ""
    starter_name: str = ""
    held: HeldAnswer | None = None

    @property
    def asks(self) -> ApprovalStage:
        """The stage that is asked now."""
        return self.terms.stages[min(self.stage, len(self.terms.stages) - 1)]

    @property
    def question(self) -> Question:
        """Those facts about the present stage that decide who may answer."""
        asks = self.asks
        alone = asks.quorum == 1 and self.last_stage
        return Question(
            Subject(self.kind), asks.group, asks.quorum, alone, self.terms.four_eyes, self.starter
        )

    @property
    def passed_on(self) -> "Card":
        """The card as an escalation would leave it."""
        return replace(self, terms=self.terms.escalated(self.stage), stage=self.stage + 1)

    @property
    def required_stages(self) -> list[int]:
        """The stages that have to agree, in order: all but the one that was escalated from."""
        whole = len(self.terms.stages)
        return [stage for stage in range(whole) if not (self.escalated and stage == whole - 2)]

    @property
    def last_stage(self) -> bool:
        return self.stage >= len(self.terms.stages) - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody's answer, with the digest and version of the card that they answered. `args` are the
    arguments wanted when they approve.
    """

    act: AnswerAct
    digest: str
    version: int
    args: Mapping[str, Json] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class CountedVote:
    """A yes that was counted, for exactly these arguments, or the answer that decided. `voter` is
    an id, `name` what they are called.
    """

    voter: str
    stage: int
    act: AnswerAct
    args: Mapping[str, Json]
    at: datetime
    stands: bool = True
    name: str = ""
