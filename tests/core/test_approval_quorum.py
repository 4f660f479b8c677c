"""How many must agree, in which order, and on what: pure facts in, an outcome out."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from approvals.rules import eligibility, voting
from approvals.rules.card import Answer, Card, CountedVote
from approvals.rules.refusal_sentences import Reason
from approvals.rules.request_vocabulary import OnExpiry, RequestKind, RequestStatus
from approvals.rules.terms import ApprovalStage, Terms
from approvals.rules.voting import Counted, Escalated, Final, NextStage
from policies.authority import Person
from runs.engine.vocabulary import AnswerAct

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROPOSED = {"amount": 180}
EDITED = {"amount": 150}
ANNA, BOB, CID = (
    Person(f"user:{name}", frozenset({"refunds", "finance"})) for name in ("anna", "bob", "cid")
)


def card(*stages: ApprovalStage, **facts: Any) -> Card:
    given: dict[str, Any] = {"args": PROPOSED, "starter": "user:olga", **facts}
    return Card(RequestKind.CALL, "d", Terms(stages or (ApprovalStage("refunds"),)), **given)


def answer(
    act: AnswerAct = AnswerAct.APPROVE,
    args: Any = None,
    version: int = 1,
    note: str = "",
    digest: str = "d",
) -> Answer:
    return Answer(act, digest, version, args, note)


def vote(who: Person, stage: int = 0, args: Any = None) -> CountedVote:
    return CountedVote(who.id, stage, AnswerAct.APPROVE, args or PROPOSED, NOW)


def outcome(
    of: Card, *votes: CountedVote, who: Person = ANNA, said: Answer | None = None
) -> voting.VoteResult:
    return voting.outcome(of, votes, who, said or answer(), PROPOSED, NOW)


def refused(
    of: Card, *votes: CountedVote, who: Person = ANNA, said: Answer | None = None
) -> Reason | None:
    found = eligibility.refused(of, votes, who, said or answer(), NOW)
    return found.reason if found else None


def test_one_yes_decides_where_one_is_asked() -> None:
    assert outcome(card()) == Final(AnswerAct.APPROVE, PROPOSED)


def test_an_edit_is_its_own_word() -> None:
    assert outcome(card(), said=answer(args=EDITED)) == Final(AnswerAct.EDIT, EDITED)


def test_two_of_two_need_two_people() -> None:
    of = card(ApprovalStage("refunds", 2))
    assert outcome(of) == Counted(PROPOSED, missing=1)
    assert outcome(of, vote(ANNA), who=BOB) == Final(AnswerAct.APPROVE, PROPOSED)


def test_nobody_agrees_twice() -> None:
    assert refused(card(ApprovalStage("refunds", 2)), vote(ANNA)) is Reason.VOTED


def test_nobody_agrees_in_two_stages() -> None:
    of = card(ApprovalStage("refunds"), ApprovalStage("finance"), stage=1, version=2)
    assert refused(of, vote(ANNA), said=answer(version=2)) is Reason.VOTED
    assert refused(of, vote(ANNA), who=BOB, said=answer(version=2)) is None


def test_stages_are_passed_one_after_the_other() -> None:
    of = card(ApprovalStage("refunds"), ApprovalStage("finance"))
    assert outcome(of) == NextStage(PROPOSED, 1)
    later = card(ApprovalStage("refunds"), ApprovalStage("finance"), stage=1)
    assert outcome(later, vote(ANNA), who=BOB) == Final(AnswerAct.APPROVE, PROPOSED)


def test_an_edit_in_a_later_stage_asks_the_earlier_one_again() -> None:
    stages = ApprovalStage("refunds"), ApprovalStage("finance")
    of = card(*stages, stage=1, version=2)
    assert outcome(of, vote(ANNA), who=BOB, said=answer(args=EDITED)) == NextStage(EDITED, 0)
    again = card(*stages, stage=0, version=3, args=EDITED)
    bobs = vote(BOB, stage=1, args=EDITED)
    assert refused(again, vote(ANNA), bobs, said=answer(version=3)) is None
    assert refused(again, vote(ANNA), bobs, who=BOB, said=answer(version=3)) is Reason.VOTED
    assert outcome(again, vote(ANNA), bobs) == Final(AnswerAct.EDIT, EDITED)


def test_an_edit_of_an_edit_asks_every_stage_again() -> None:
    stages = ApprovalStage("refunds"), ApprovalStage("finance")
    again = card(*stages, stage=0, version=3, args=EDITED)
    votes = vote(ANNA), vote(BOB, stage=1, args=EDITED)
    assert outcome(again, *votes, said=answer(args={"amount": 1})) == NextStage({"amount": 1}, 1)


def test_a_stage_whose_yes_counts_no_more_is_asked_again() -> None:
    of = card(ApprovalStage("refunds"), ApprovalStage("finance"), stage=1)
    gone = replace(vote(ANNA), stands=False)
    assert outcome(of, gone, who=BOB) == NextStage(PROPOSED, 0)


def test_the_stage_that_was_escalated_from_is_not_asked_again() -> None:
    three = ApprovalStage("refunds"), ApprovalStage("finance", 2), ApprovalStage("admin")
    of = card(*three, stage=2, escalated=True)
    assert outcome(of, vote(ANNA), who=CID) == Final(AnswerAct.APPROVE, PROPOSED)
    assert outcome(of, who=CID) == NextStage(PROPOSED, 0)


def test_an_edit_voids_the_cast_votes_on_what_stood_before() -> None:
    of = card(ApprovalStage("refunds", 2))
    assert outcome(of, vote(ANNA), who=BOB, said=answer(args=EDITED)) == Counted(
        EDITED, missing=1, edited=True
    )
    edited = card(ApprovalStage("refunds", 2), args=EDITED, version=2)
    assert refused(edited, vote(ANNA), vote(BOB, args=EDITED), said=answer(version=2)) is None
    assert outcome(edited, vote(ANNA), vote(BOB, args=EDITED), said=answer(version=2)) == Final(
        AnswerAct.EDIT, EDITED
    )


def test_edited_back_to_the_proposal_is_an_approval() -> None:
    of = card(ApprovalStage("refunds"), args=EDITED, version=2)
    assert outcome(of, said=answer(args=PROPOSED, version=2)) == Final(AnswerAct.APPROVE, PROPOSED)


@pytest.mark.parametrize("act", [AnswerAct.DENY, AnswerAct.RESPOND, AnswerAct.STOP])
def test_one_no_is_enough_whatever_the_quorum(act: AnswerAct) -> None:
    assert outcome(card(ApprovalStage("refunds", 3)), said=answer(act, note="no")) == Final(act)


def test_escalating_decides_nothing() -> None:
    assert outcome(card(), said=answer(AnswerAct.ESCALATE)) == Escalated("admin")


@pytest.mark.parametrize(
    ("of", "who", "said", "reason"),
    [
        (card(), Person("user:vera", approver=False), answer(), Reason.NOT_AN_APPROVER),
        (card(), Person("user:dora", frozenset({"other"})), answer(), Reason.OTHER_GROUP),
        (card(starter="user:anna"), ANNA, answer(), Reason.OWN_RUN),
        (card(killed=True), ANNA, answer(), Reason.KILLED),
        (card(expires_at=NOW), ANNA, answer(), Reason.EXPIRED),
        (card(status=RequestStatus.EXPIRED), ANNA, answer(), Reason.EXPIRED),
        (card(status=RequestStatus.CLOSED), ANNA, answer(), Reason.CLOSED),
        (
            card(status=RequestStatus.DECIDED, by="user:bob", decider="user:bob", act="deny"),
            ANNA,
            answer(),
            Reason.DECIDED,
        ),
        (
            card(status=RequestStatus.DECIDED, by="user:anna", decider="user:anna", act="deny"),
            ANNA,
            answer(),
            Reason.REPLAYED,
        ),
        (card(version=2), ANNA, answer(), Reason.STALE),
        (card(), ANNA, answer(digest="other"), Reason.STALE),
        (card(), ANNA, answer(AnswerAct.HAPPENED), Reason.UNFIT),
        (card(), ANNA, answer(AnswerAct.RESPOND), Reason.WORDLESS),
        (card(escalated=True), ANNA, answer(AnswerAct.ESCALATE), Reason.UNFIT),
    ],
)
def test_each_refusal_has_its_reason(of: Card, who: Person, said: Answer, reason: Reason) -> None:
    assert refused(of, who=who, said=said) is reason


def test_each_refusal_has_a_sentence_of_its_own() -> None:
    cases = [
        (card(), Person("user:vera", approver=False)),
        (card(), Person("user:dora", frozenset({"other"}))),
        (card(starter="user:anna"), ANNA),
        (card(killed=True), ANNA),
        (card(expires_at=NOW), ANNA),
        (card(status=RequestStatus.CLOSED, why="The run was killed."), ANNA),
        (card(status=RequestStatus.DECIDED, by="user:bob", decider="user:bob", act="deny"), ANNA),
        (card(status=RequestStatus.DECIDED, by="user:anna", decider="user:anna", act="deny"), ANNA),
        (card(version=2), ANNA),
    ]
    found = [eligibility.refused(of, (), who, answer(), NOW) for of, who in cases]
    sentences = [each.sentence for each in found if each]
    assert len(set(sentences)) == len(cases)


def test_a_superuser_is_a_member_of_every_group_and_still_has_only_two_eyes() -> None:
    root = Person("user:root", everywhere=True)
    assert refused(card(), who=root) is None
    assert refused(card(starter="user:root"), who=root) is Reason.OWN_RUN


@pytest.mark.parametrize(
    ("on_expiry", "escalated", "end"),
    [
        (OnExpiry.DENY, False, Final(AnswerAct.EXPIRE)),
        (OnExpiry.STOP, False, Final(AnswerAct.EXPIRE_AND_STOP)),
        (OnExpiry.ESCALATE, False, Escalated("admin")),
        (OnExpiry.ESCALATE, True, Final(AnswerAct.EXPIRE)),
    ],
)
def test_the_clock_does_as_the_terms_say(
    on_expiry: OnExpiry, escalated: bool, end: voting.VoteResult
) -> None:
    of = Card(
        RequestKind.CALL,
        "d",
        Terms(on_expiry=on_expiry),
        PROPOSED,
        "user:olga",
        escalated=escalated,
    )
    assert voting.at_expiry(of) == end
