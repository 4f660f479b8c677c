"""Who may answer a card now, in the very words of each refusal; what a yes comes to; on which
terms.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import eligibility, terms, voting
from approvals.rules.card import Answer, Card, CountedVote
from approvals.rules.refusal_sentences import Reason, Refusal
from approvals.rules.request_vocabulary import (
    FITTING,
    SETTLING,
    YES,
    OnExpiry,
    RequestKind,
    RequestStatus,
)
from approvals.rules.terms import ApprovalStage, Terms
from approvals.rules.voting import Counted, Escalated, Final, NextStage
from policies.authority import Person
from runs.engine.vocabulary import AnswerAct

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
ARGS = {"amount": 180}
ANNA, BOB = (Person(name, frozenset({"refunds", "finance"})) for name in ("1", "2"))


def card(*stages: ApprovalStage, kind: RequestKind = RequestKind.CALL, **facts: Any) -> Card:
    given: dict[str, Any] = {"args": ARGS, "starter": "9", **facts}
    return Card(kind, "d", Terms(stages or (ApprovalStage("refunds"),)), **given)


def answer(act: AnswerAct = AnswerAct.APPROVE, **facts: Any) -> Answer:
    return Answer(act, **{"digest": "d", "version": 1, **facts})


def yes(who: Person, stage: int = 0, **facts: Any) -> CountedVote:
    return CountedVote(who.id, stage, AnswerAct.APPROVE, facts.pop("args", ARGS), NOW, **facts)


def refusal(of: Card, said: Answer | None = None, who: Person = ANNA, *votes: CountedVote) -> Any:
    return eligibility.refused(of, votes, who, said or answer(), NOW)


def sentence(of: Card, said: Answer | None = None, who: Person = ANNA, *votes: CountedVote) -> str:
    found = refusal(of, said, who, *votes)
    return found.sentence if found else ""


class TestWhatIsOver:
    def test_on_another_day_says_on_which(self) -> None:
        asked = card(expires_at=NOW - timedelta(days=1))
        assert sentence(asked).startswith("Its time was over at 12:30:15 UTC on 28 February;")
        past = card(status=RequestStatus.EXPIRED, ended_at=NOW - timedelta(days=90))
        assert sentence(past).startswith("It expired at 12:30:15 UTC on 1 December 2025 before")

    def test_by_a_kill_is_not_answered(self) -> None:
        assert refusal(card(killed=True)) == Refusal(
            Reason.KILLED,
            "A kill was requested for this run; nothing it asked for will be done any more.",
        )

    def test_by_its_time_is_over_at_that_very_moment(self) -> None:
        assert refusal(card(expires_at=NOW + timedelta(microseconds=1))) is None
        assert refusal(card(expires_at=NOW)) == Refusal(
            Reason.EXPIRED,
            "Its time was over at 12:30:15 UTC; your answer came too late and changed nothing.",
        )

    @pytest.mark.parametrize(
        ("facts", "said"),
        [
            (
                {"status": RequestStatus.EXPIRED},
                "It expired before your answer; nothing was changed.",
            ),
            (
                {"status": RequestStatus.EXPIRED, "ended_at": NOW},
                "It expired at 12:30:15 UTC before your answer; nothing was changed.",
            ),
            (
                {"status": RequestStatus.CLOSED},
                "It was closed: the run went on without it. Your answer changed nothing.",
            ),
            (
                {"status": RequestStatus.CLOSED, "why": "It ended.", "ended_at": NOW},
                "It was closed at 12:30:15 UTC: It ended. Your answer changed nothing.",
            ),
            (
                {
                    "status": RequestStatus.DECIDED,
                    "decider": "2",
                    "by": "user:bob",
                    "act": AnswerAct.DENY,
                },
                "Too late: bob denied it. Your answer changed nothing.",
            ),
            (
                {"status": RequestStatus.DECIDED, "act": "odd", "ended_at": NOW},
                "Too late: somebody decided it at 12:30:15 UTC. Your answer changed nothing.",
            ),
            (
                {
                    "status": RequestStatus.DECIDED,
                    "decider": "1",
                    "by": "user:anna",
                    "act": AnswerAct.APPROVE,
                },
                "This form was used already, you approved it. It counts once.",
            ),
        ],
    )
    def test_says_why_and_who_was_faster(self, facts: dict[str, Any], said: str) -> None:
        assert sentence(card(**facts)) == said

    def test_was_answered_by_whoever_voted_before(self) -> None:
        decided = card(status=RequestStatus.DECIDED, decider="2", by="user:bob", act=AnswerAct.EDIT)
        assert sentence(decided, None, ANNA, yes(ANNA)) == (
            "This form was used already, bob approved it with changes. It counts once."
        )

    @pytest.mark.parametrize("act", sorted(eligibility.DONE))
    def test_tells_each_word_that_can_decide(self, act: str) -> None:
        decided = card(status=RequestStatus.DECIDED, decider="2", by="user:bob", act=act)
        assert (
            sentence(decided)
            == f"Too late: bob {eligibility.DONE[act]}. Your answer changed nothing."
        )


class TestWhoMayAnswer:
    def test_is_no_viewer_and_nobody_of_another_group(self) -> None:
        looker = Person("3", frozenset({"refunds"}), approver=False)
        assert refusal(card(), None, looker).reason is Reason.NOT_AN_APPROVER
        stranger = Person("3", frozenset({"other"}))
        assert refusal(card(), None, stranger).reason is Reason.OTHER_GROUP
        assert refusal(card(), None, Person("3", everywhere=True)) is None

    def test_is_not_who_started_the_run_while_there_is_something_to_decide(self) -> None:
        assert refusal(card(starter="1")).reason is Reason.OWN_RUN
        assert refusal(card(starter="1", status=RequestStatus.EXPIRED)).reason is Reason.EXPIRED
        two_eyes = replace(
            card(starter="1"), terms=Terms((ApprovalStage("refunds"),), four_eyes=False)
        )
        assert refusal(two_eyes) is None

    def test_is_asked_before_anything_else(self) -> None:
        stranger = Person("3", frozenset({"other"}))
        assert refusal(card(killed=True), answer(digest="x"), stranger).reason is Reason.OTHER_GROUP


class TestWhatWasSeen:
    def test_is_the_very_card(self) -> None:
        assert sentence(card(), answer(digest="x")) == (
            "This form belongs to another action than the one that is asked for now. Look at the"
            " card again."
        )
        assert sentence(card(version=2)) == (
            "This card has changed since you opened it. Look at it again before you decide."
        )

    def test_counts_once_a_person(self) -> None:
        two = card(ApprovalStage("refunds", 2))
        assert sentence(two, None, ANNA, yes(ANNA)) == (
            "You said yes to this at 12:30:15 UTC; 1 more of “refunds” must agree."
        )
        assert refusal(two, None, BOB, yes(ANNA)) is None
        assert refusal(two, answer(AnswerAct.DENY), ANNA, yes(ANNA)) is None

    def test_lets_a_voter_change_their_own_mind_with_other_arguments(self) -> None:
        two = card(ApprovalStage("refunds", 2))
        assert refusal(two, answer(args={"amount": 1}), ANNA, yes(ANNA)) is None
        assert refusal(two, answer(args=ARGS), ANNA, yes(ANNA)).reason is Reason.VOTED
        stale = answer(args={"amount": 1}, version=7)
        assert refusal(two, stale, ANNA, yes(ANNA)).reason is Reason.VOTED


class TestWhatFits:
    @pytest.mark.parametrize("kind", list(RequestKind))
    @pytest.mark.parametrize("act", list(AnswerAct))
    def test_is_what_is_offered_for_the_kind(self, kind: RequestKind, act: AnswerAct) -> None:
        said = answer(act, note="because")
        found = eligibility.unfit(card(kind=kind), said)
        assert (found is None) is (act in FITTING[kind])
        if found:
            words = act.replace("_", " ")
            assert found.sentence == f"“{words}” is no answer to this kind of request."

    @pytest.mark.parametrize("act", sorted(SETTLING))
    def test_says_how_one_knows(self, act: AnswerAct) -> None:
        found = eligibility.unfit(card(kind=RequestKind.IN_DOUBT), answer(act))
        assert found == Refusal(
            Reason.WORDLESS,
            "Say how you know; it is kept with your word.",
            {"note": "Say how you know, or where you looked."},
        )

    def test_says_something_in_place_of_the_call(self) -> None:
        assert eligibility.unfit(card(), answer(AnswerAct.RESPOND)) == Refusal(
            Reason.WORDLESS,
            "To reply, write what the agent should read.",
            {"note": "Write what the agent should read."},
        )
        assert eligibility.unfit(card(), answer(AnswerAct.RESPOND, note="x")) is None

    def test_is_escalated_once(self) -> None:
        assert eligibility.unfit(card(), answer(AnswerAct.ESCALATE)) is None
        assert eligibility.unfit(card(escalated=True), answer(AnswerAct.ESCALATE)) == Refusal(
            Reason.UNFIT, "It has been escalated already, to “refunds”."
        )

    def test_is_no_yes_for_somebody_who_is_gone(self) -> None:
        gone = card(orphaned="was deactivated", starter_name="olga")
        assert sentence(gone) == (
            "olga, who started this run, was deactivated: nothing more is done for them. Deny it,"
            " or stop the run."
        )
        assert refusal(gone, answer(AnswerAct.DENY)) is None


class TestAVote:
    @pytest.mark.parametrize(
        ("vote", "counts"),
        [
            (yes(ANNA, 1), True),
            (yes(ANNA, 0, args={"amount": 1}), True),
            (yes(ANNA, 1, args={"amount": 1}), False),
            (yes(ANNA, 1, args={"amount": 180.0}), True),
            (yes(ANNA, 1, stands=False), False),
            (replace(yes(ANNA, 1), act=AnswerAct.DENY), False),
        ],
    )
    def test_counts_for_the_arguments_that_stand(self, vote: CountedVote, counts: bool) -> None:
        two = card(ApprovalStage("refunds"), ApprovalStage("finance"), stage=1)
        assert eligibility.counts(two, vote) is counts

    def test_of_one_person_is_counted_once_and_only_in_its_stage(self) -> None:
        three = card(ApprovalStage("finance"), ApprovalStage("refunds", 3), stage=1)
        votes = [yes(ANNA, 1), yes(ANNA, 1), yes(BOB, 0)]
        assert eligibility.needed(three, votes) == 2

    def test_is_counted_until_enough_agree(self) -> None:
        two = card(ApprovalStage("refunds", 2), ApprovalStage("finance"))
        assert voting.outcome(two, [], ANNA, answer(), ARGS, NOW) == Counted(ARGS, 1)
        done = voting.outcome(two, [yes(ANNA)], BOB, answer(), ARGS, NOW)
        assert done == NextStage(ARGS, 1)
        last, agreed = replace(two, stage=1), [yes(ANNA), yes(BOB)]
        cleo = Person("3", frozenset({"finance"}))
        assert voting.outcome(last, agreed, cleo, answer(), ARGS, NOW) == Final(
            AnswerAct.APPROVE, ARGS
        )

    def test_for_other_arguments_begins_the_count_anew(self) -> None:
        two, other = card(ApprovalStage("refunds", 2)), {"amount": 1}
        found = voting.outcome(two, [yes(BOB)], ANNA, answer(args=other), ARGS, NOW)
        assert found == Counted(other, 1, edited=True)
        truth = voting.outcome(card(), [], ANNA, answer(args={"amount": True}), {"amount": 1}, NOW)
        assert truth == Final(AnswerAct.EDIT, {"amount": True})

    @pytest.mark.parametrize("act", sorted(set(AnswerAct) - YES - {AnswerAct.ESCALATE}))
    def test_that_is_no_yes_decides_at_once(self, act: AnswerAct) -> None:
        many = card(ApprovalStage("refunds", 9))
        found = voting.outcome(many, [], ANNA, answer(act, args=ARGS), ARGS, NOW)
        assert found == Final(act, ARGS if act in SETTLING else None)

    def test_may_pass_it_on(self) -> None:
        found = voting.outcome(card(), [], ANNA, answer(AnswerAct.ESCALATE), ARGS, NOW)
        assert found == Escalated("admin")

    @pytest.mark.parametrize(
        ("on_expiry", "escalated", "outcome"),
        [
            (OnExpiry.DENY, False, Final(AnswerAct.EXPIRE)),
            (OnExpiry.STOP, False, Final(AnswerAct.EXPIRE_AND_STOP)),
            (OnExpiry.ESCALATE, False, Escalated("boss")),
            (OnExpiry.ESCALATE, True, Final(AnswerAct.EXPIRE)),
        ],
    )
    def test_of_the_clock_is_what_the_terms_say(
        self, on_expiry: OnExpiry, escalated: bool, outcome: Any
    ) -> None:
        of = card(escalated=escalated)
        said = replace(of.terms, on_expiry=on_expiry, escalate_to="boss")
        assert voting.at_expiry(replace(of, terms=said)) == outcome

    @given(st.lists(st.tuples(st.sampled_from("123456"), st.integers(0, 1)), max_size=12))
    def test_never_needs_more_than_the_quorum_nor_counts_anybody_twice(
        self, given: list[tuple[str, int]]
    ) -> None:
        three = card(ApprovalStage("refunds", 3), ApprovalStage("finance", 3), stage=1)
        votes = [yes(Person(who), stage) for who, stage in given]
        agreed = {who for who, stage in given if stage == 1}
        assert eligibility.needed(three, votes) == 3 - len(agreed)


class TestTerms:
    @pytest.mark.parametrize(
        ("kind", "default"),
        [
            (RequestKind.CALL, Terms()),
            (RequestKind.IN_DOUBT, Terms(ttl=None, four_eyes=False)),
            (RequestKind.BUDGET, Terms(ttl=None)),
            (RequestKind.LOOP, Terms(ttl=None, four_eyes=False)),
            (RequestKind.ACCEPTANCE, Terms(ttl=None)),
            (RequestKind.UNDO, Terms(ttl=None, four_eyes=False)),
        ],
    )
    @pytest.mark.parametrize("said", [{}, {"approval": None}, {"approval": "x"}, {"approval": {}}])
    def test_are_those_of_the_kind_where_no_rule_says_more(
        self, kind: RequestKind, default: Terms, said: dict[str, Any]
    ) -> None:
        assert terms.terms_of(kind, said) == default

    @pytest.mark.parametrize(
        ("written", "changes"),
        [
            ({"group": "refunds"}, {"stages": (ApprovalStage("refunds"),)}),
            ({"group": " a, b ,,"}, {"stages": (ApprovalStage("a"), ApprovalStage("b"))}),
            (
                {"group": "a,b", "quorum": 2},
                {"stages": (ApprovalStage("a", 2), ApprovalStage("b", 2))},
            ),
            ({"group": " , "}, {}),
            ({"quorum": 0}, {}),
            ({"quorum": 21}, {"stages": (ApprovalStage("approver", 20),)}),
            ({"quorum": True}, {}),
            ({"quorum": "3"}, {}),
            ({"ttl": 90.9}, {"ttl": 90}),
            ({"ttl": 0}, {"ttl": None}),
            ({"ttl": -1}, {"ttl": None}),
            ({"ttl": None}, {"ttl": None}),
            ({"ttl": "60"}, {"ttl": None}),
            ({"ttl": 10**12}, {"ttl": terms.FAR}),
            ({"on_expiry": "stop"}, {"on_expiry": OnExpiry.STOP}),
            ({"on_expiry": "never"}, {}),
            ({"on_expiry": []}, {}),
            ({"escalate_to": "boss"}, {"escalate_to": "boss"}),
            ({"escalate_to": ""}, {}),
            ({"four_eyes": False}, {"four_eyes": False}),
        ],
    )
    def test_are_what_a_rule_says_and_the_default_for_nonsense(
        self, written: dict[str, Any], changes: dict[str, Any]
    ) -> None:
        assert terms.terms_of(RequestKind.CALL, {"approval": written}) == replace(
            Terms(), **changes
        )

    def test_end_after_their_time(self) -> None:
        assert Terms(ttl=60).expires_at(NOW) == NOW + timedelta(seconds=60)
        assert Terms(ttl=None).expires_at(NOW) is None

    def test_after_an_escalation_have_one_more_and_last_stage(self) -> None:
        three = Terms(
            (ApprovalStage("a", 2), ApprovalStage("b"), ApprovalStage("c")),
            on_expiry=OnExpiry.ESCALATE,
        )
        assert three.escalated(1) == replace(
            three,
            stages=(ApprovalStage("a", 2), ApprovalStage("b"), ApprovalStage("admin")),
            on_expiry=OnExpiry.DENY,
        )
        stops = replace(three, on_expiry=OnExpiry.STOP)
        assert stops.escalated(0).on_expiry is OnExpiry.STOP

    def test_ask_the_last_stage_when_there_is_none_further(self) -> None:
        two = card(ApprovalStage("refunds"), ApprovalStage("finance", 2))
        assert (two.asks, two.last_stage, two.question.alone) == (
            ApprovalStage("refunds"),
            False,
            False,
        )
        last = replace(two, stage=1)
        assert (last.asks.group, last.last_stage, last.question.alone) == ("finance", True, False)
        assert replace(two, stage=7).asks == ApprovalStage("finance", 2)
        assert card().question.alone
