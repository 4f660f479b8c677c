"""How far a run has met its criteria is read on its page."""

import pytest

from runs.engine import events as e
from runs.engine.vocabulary import StopReason, Verdict
from tests.pages.lives import Life, agent, life
from tests.pages.people import person, signed_in
from tests.pages.supervised import CRITERIA, careful, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_shipped_budgets")]


def criteria(text: str) -> list[str]:
    """The states on the card, in order."""
    card = text.partition('id="done"')[2].partition("</section>")[0]
    return [each.partition("</small>")[0] for each in card.split('<small class="toned">')[1:]]


def refused_answer(one: Life) -> None:
    checks = [
        {"name": "looked-up", "passed": True, "sentence": "met"},
        {"name": "told", "passed": False, "sentence": "The customer has not been told."},
    ]
    text = "This answer is not accepted yet:\n- The customer has not been told."
    one.happen(
        e.HintGiven(
            at=one.after(0.1),
            step=one.state.step,
            text=text,
            rule="acceptance",
            facts={"checks": checks},
        )
    )


def test_each_criterion_is_shown_as_it_stands_while_the_run_goes_on() -> None:
    one = careful()
    run = one.written()
    assert criteria(page(run)) == ["open", "open"]
    one.step("get_order", {"order": 1042})
    one.written()
    since = signed_in("approver").get(f"/runs/{run.pk}/since/?after=1").content.decode()
    assert criteria(since) == ["holds so far", "open"]
    assert "The customer has not been told." in since


def test_a_criterion_that_was_never_met_has_failed_once_the_run_is_over() -> None:
    one = careful()
    one.step("get_order", {"order": 1042})
    one.stop(StopReason.USER_KILLED, "")
    assert criteria(page(one.written()))[1] == "not met"


def test_a_run_that_gave_no_answer_has_met_nothing_however_it_ended() -> None:
    """A criterion such as “told when paid” holds as long as nothing was paid."""
    one = careful()
    one.step("get_order", {"order": 1042})
    one.stop(StopReason.PLANNER_FAILURE, "401: this key has been revoked")
    text = page(one.written())
    assert criteria(text) == ["held at the end", "not met"]
    assert "1 of 2 held at the end" in text


TOLD_WHEN_PAID = {
    "name": "told when paid",
    "cel": "called('issue_refund') == 0 || called('send_email') > 0",
    "sentence": "Money was paid back and the customer has not been told.",
}


@pytest.mark.parametrize("answered", [True, False])
def test_of_what_was_never_done_there_is_nothing_to_check(answered: bool) -> None:
    one = life(
        person("operator", "otto"), of=agent("desk", acceptance=[CRITERIA[0], TOLD_WHEN_PAID])
    )
    one.lease()
    one.step("get_order", {"order": 1042})
    if answered:
        one.plan(final="Nothing is to be paid back.")
        one.stop(StopReason.ACCEPTANCE_FAILED, "")
    else:
        one.stop(StopReason.USER_KILLED, "")
    text = page(one.written())
    held, together = ("met", "met") if answered else ("held at the end", "held at the end")
    assert criteria(text) == [held, "nothing to check"]
    assert f"1 of 1 {together}" in text


def test_what_an_answer_was_held_against_is_met_or_not() -> None:
    one = careful()
    one.step("get_order", {"order": 1042})
    one.plan(final="All done.")
    one.stop(StopReason.ACCEPTANCE_FAILED, "")
    assert criteria(page(one.written())) == ["met", "not met"]


def test_a_failed_call_does_not_meet_a_criterion() -> None:
    one = careful()
    one.plan(("get_order", {}))
    one.answer(
        "get_order", one.intend("get_order", {}), {"error": "no such order"}, verdict=Verdict.FAILED
    )
    assert criteria(page(one.written())) == ["open", "open"]


def test_a_run_without_criteria_has_no_such_card() -> None:
    one = life(person("operator", "otto"))
    assert 'id="done"' not in page(one.run)


def test_a_viewer_sees_which_criteria_are_met_and_not_what_they_are_made_of() -> None:
    one = careful()
    one.step("get_order", {"order": 1042})
    text = page(one.written(), "viewer")
    assert criteria(text) == ["holds so far", "open"]
    assert "The customer has not been told." not in text


def test_an_answer_that_was_sent_back_says_what_it_lacks() -> None:
    one = careful()
    one.step("get_order", {"order": 1042})
    one.plan(final="All done.")
    refused_answer(one)
    text = page(one.written())
    assert "Answer not accepted, sent back — missing: told" in text
    assert "answer not accepted · step 2" in text
    assert "1 answer of at most 3 not accepted" in text


def test_a_run_that_ends_unaccepted_says_what_was_missing() -> None:
    one = careful()
    one.plan(final="All done.")
    checks = [{"name": "told", "passed": False, "sentence": "The customer has not been told."}]
    at, reason = one.after(0.1), StopReason.ACCEPTANCE_FAILED
    one.happen(
        e.RunStopped(
            at=at,
            reason=reason,
            rule="acceptance",
            detail="This answer is not accepted yet:\n- x",
            facts={"checks": checks},
        )
    )
    assert "Stopped: its answer was not accepted — missing: told" in page(one.written())
