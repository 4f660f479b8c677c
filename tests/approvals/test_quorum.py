"""Several people, one after the other or together, through the services: the run waits for all of
them.
"""

from typing import Any

import pytest

from approvals.request_refusals import NotDecided
from approvals.rules.refusal_sentences import Reason
from runs.engine.vocabulary import AnswerAct
from tests.approvals.desk import Desk, person
from tests.runtime.conftest import kinds


def test_the_run_waits_until_two_of_the_group_have_agreed(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    run = approvals_desk.start()
    first = approvals_desk.decide(approvals_desk.asked(run))
    assert (first.status, kinds(run)[-1]) == ("open", "approval.voted")
    assert approvals_desk.bench.play(run).status == "waiting"
    with pytest.raises(NotDecided) as refused:
        approvals_desk.decide(first)
    assert refused.value.refusal.reason is Reason.VOTED
    approvals_desk.decide(first, by=person("bob", "approver"))
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.paid()) == 1


def test_an_edit_by_the_second_asks_the_first_again(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"quorum": 2}
    run, bob = approvals_desk.start(), person("bob", "approver")
    asked = approvals_desk.decide(approvals_desk.asked(run))
    edited = approvals_desk.decide(asked, by=bob, args={**asked.args, "amount": 150.0})
    assert (edited.status, edited.args["amount"], edited.version) == ("open", 150.0, 2)
    with pytest.raises(NotDecided) as refused:
        approvals_desk.decide(asked, by=person("cid", "approver"))
    assert refused.value.refusal.reason is Reason.STALE
    decided = approvals_desk.decide(edited)
    assert (decided.act, (decided.decided_args or {})["amount"]) == ("edit", 150.0)


def test_stages_ask_one_group_after_the_other(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"group": "approver, finance"}
    run = approvals_desk.start()
    asked = approvals_desk.decide(approvals_desk.asked(run))
    assert (asked.status, asked.group, asked.stage) == ("open", "finance", 1)
    both = person("bea", "approver", "finance")
    decided = approvals_desk.decide(asked, by=both)
    assert decided.status == "decided"
    assert approvals_desk.bench.play(run).status == "completed"


def test_an_edit_of_the_second_stage_is_shown_to_the_first_again(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"group": "approver, finance"}
    run, bea = approvals_desk.start(), person("bea", "approver", "finance")
    asked = approvals_desk.decide(approvals_desk.asked(run))
    edited = approvals_desk.decide(asked, by=bea, args={**asked.args, "amount": 900.0})
    assert (edited.status, edited.group, edited.stage) == ("open", "approver", 0)
    assert approvals_desk.paid() == []
    decided = approvals_desk.decide(edited)
    assert (decided.act, (decided.decided_args or {})["amount"]) == ("edit", 900.0)
    assert approvals_desk.bench.play(run).status == "completed"


def test_nobody_agrees_in_two_stages(approvals_desk: Desk) -> None:
    approvals_desk.gated.terms = {"group": "approver, finance"}
    both = person("bea", "approver", "finance")
    run = approvals_desk.start()
    asked = approvals_desk.decide(approvals_desk.asked(run), by=both)
    with pytest.raises(NotDecided) as refused:
        approvals_desk.decide(asked, by=both)
    assert refused.value.refusal.reason is Reason.VOTED


def test_whoever_is_asked_may_hand_it_up(approvals_desk: Desk) -> None:
    run, alba = approvals_desk.start(), person("alba", "admin")
    asked = approvals_desk.decide(
        approvals_desk.asked(run), AnswerAct.ESCALATE, note="too large for me"
    )
    assert (asked.status, asked.group, kinds(run)[-1]) == ("open", "admin", "approval.escalated")
    assert approvals_desk.decide(asked, by=alba).decided_by == "user:alba"


@pytest.mark.parametrize("large", [{"quorum": 2}, {"group": "finance"}])
def test_nobody_edits_a_call_into_what_others_decide(
    approvals_desk: Desk, large: dict[str, Any]
) -> None:
    approvals_desk.gated.large = large
    asked = approvals_desk.asked(approvals_desk.start())
    with pytest.raises(NotDecided) as no:
        approvals_desk.decide(asked, args={**asked.args, "amount": 900.0})
    assert no.value.refusal.reason is Reason.ARGUMENTS
    assert "With these arguments" in no.value.refusal.sentence
    assert approvals_desk.decide(asked, args={**asked.args, "amount": 90.0}).status == "decided"


def test_whoever_would_be_asked_about_the_edited_call_as_well_may_edit_it(
    approvals_desk: Desk,
) -> None:
    approvals_desk.gated.terms, approvals_desk.gated.large = {"group": "finance"}, {"quorum": 1}
    asked = approvals_desk.asked(approvals_desk.start())
    bea = person("bea", "approver", "finance")
    edited = approvals_desk.decide(asked, by=bea, args={**asked.args, "amount": 900.0})
    assert edited.status == "decided"


def test_a_yes_from_before_a_policy_was_tightened_is_asked_of_those_who_decide_now(
    approvals_desk: Desk,
) -> None:
    run, bob = approvals_desk.start(), person("bob", "approver")
    first = approvals_desk.asked(run)
    approvals_desk.decide(first)
    approvals_desk.gated.terms = {"quorum": 2}
    assert approvals_desk.bench.play(run).status == "waiting"
    asked = approvals_desk.asked(run)
    assert (asked.quorum, asked.pk != first.pk, approvals_desk.paid()) == (2, True, [])
    approvals_desk.decide(asked)
    approvals_desk.decide(asked, by=bob)
    assert approvals_desk.bench.play(run).status == "completed"
    assert len(approvals_desk.paid()) == 1
