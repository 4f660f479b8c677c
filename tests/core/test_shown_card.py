"""An approval's card as one reader sees it: what it says while it is open, what once it is not,
and what stays in a form that was refused.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from approvals.models import Request
from approvals.rules.card import CountedVote
from approvals.rules.request_vocabulary import OnExpiry, RequestKind, RequestStatus
from approvals.selectors.background import Background
from approvals.selectors.card_details import CastVote, Shown, formed
from approvals.selectors.particulars import NOTHING_MORE, BudgetQuestion, Particulars
from runs.engine.vocabulary import AnswerAct, RunStatus
from runs.models import Run

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
BUDGET = Particulars(bucket=BudgetQuestion("day", None, "raises it", raise_by="5.00"))


def request(**facts: Any) -> Request:
    given: dict[str, Any] = {
        "kind": RequestKind.BUDGET,
        "status": RequestStatus.OPEN,
        "args": {"usd": 180},
        "proposed": {"usd": 180},
        "stages": [["approver", 1]],
        "group": "approver",
        "asked_at": NOW - timedelta(seconds=75),
        "on_expiry": OnExpiry.DENY,
    }
    return Request(**{**given, **facts})


def shown(
    asked: Request | None = None, status: RunStatus = RunStatus.WAITING, **facts: Any
) -> Shown:
    given: dict[str, Any] = {
        "votes": (),
        "why_not": "",
        "ended": "",
        "orphaned": "",
        "evidence": Background("", 0, (), 0, "", "", ""),
        "standing": (),
        "alike": 0,
        "own": NOTHING_MORE,
        "fields": (),
    }
    run = Run(status=status)
    return Shown(request=asked or request(), run=run, now=NOW, **{**given, **facts})


def test_an_open_card_says_since_when_it_asks_and_until_when() -> None:
    card = shown(request(expires_at=NOW + timedelta(minutes=2)))
    assert (card.asked, card.asked_iso) == ("1 min 15 s", "2026-11-20T15:45:45.000Z")
    assert (card.expires, card.expires_iso) == ("2:00", "2026-11-20T15:49:00.000Z")
    assert card.then == ("denied automatically in", "; the run continues")


def test_a_card_without_a_limit_says_nothing_of_its_end() -> None:
    card = shown(request(expires_at=None))
    assert (card.expires, card.expires_iso, card.then) == ("", "", ("", ""))


def test_only_an_open_card_can_be_answered() -> None:
    assert AnswerAct.APPROVE in shown().acts
    assert shown().consequences
    closed = shown(request(status=RequestStatus.CLOSED))
    assert (closed.is_open, closed.acts, closed.consequences) == (False, frozenset(), ())


@pytest.mark.parametrize(
    ("facts", "why_not", "editable"),
    [
        ({"kind": RequestKind.CALL}, "", True),
        ({"kind": RequestKind.CALL}, "You started this run.", False),
        ({"kind": RequestKind.BUDGET}, "", False),
        ({"kind": RequestKind.CALL, "status": RequestStatus.EXPIRED}, "", False),
    ],
)
def test_arguments_are_edited_in_an_open_call_by_whoever_may_decide(
    facts: dict[str, Any], why_not: str, editable: bool
) -> None:
    assert shown(request(**facts), why_not=why_not).editable is editable


@pytest.mark.parametrize(
    ("facts", "args"),
    [
        ({}, {"usd": 180}),
        ({"decided_args": {"usd": 150}}, {"usd": 180}),
        ({"status": RequestStatus.DECIDED, "decided_args": {"usd": 150}}, {"usd": 150}),
        ({"status": RequestStatus.DECIDED, "decided_args": None}, {"usd": 180}),
    ],
)
def test_the_arguments_are_those_that_were_decided_on_once_they_were(
    facts: dict[str, Any], args: Mapping[str, Any]
) -> None:
    assert shown(request(**facts)).args == args


def test_a_card_is_marked_as_edited_by_a_field_that_differs_from_what_was_proposed() -> None:
    as_proposed, changed = request(), request(args={"usd": 150})
    assert not shown(as_proposed, fields=formed(as_proposed, None, None)).edited
    assert shown(changed, fields=formed(changed, None, None)).edited


def test_what_was_typed_into_a_refused_form_stays_in_it() -> None:
    typed = {"standing_limit": "3", "standing_free": "usd\0note", "came_back": "ok"}
    card = shown(typed=typed, errors={"": "The run has ended.", "usd": "Not a number."})
    assert (card.limit, card.came_back) == ("3", "ok")
    assert card.free == {"usd", "note"}
    assert card.whole_error == "The run has ended."


def test_a_fresh_card_has_nothing_typed_and_no_mistake() -> None:
    card = shown()
    assert (card.limit, card.came_back, card.whole_error, card.raise_by) == ("", "", "", "")


@pytest.mark.parametrize(
    ("typed", "raised"), [({}, "5.00"), ({"raise_by": "7"}, "7"), ({"raise_by": ""}, "5.00")]
)
def test_a_budget_is_raised_by_what_it_needs_unless_another_amount_was_typed(
    typed: dict[str, str], raised: str
) -> None:
    assert shown(own=BUDGET, typed=typed).raise_by == raised


def test_votes_are_told_with_their_time() -> None:
    at = NOW - timedelta(minutes=1)
    vote = CountedVote("ada", act=AnswerAct.APPROVE, stage=0, args={"usd": 180}, at=at, name="Ada")
    [cast_vote] = shown(votes=[vote]).cast_votes
    assert cast_vote == CastVote("Ada", "let it continue", "15:46:00 UTC")


def test_answers_to_a_run_that_has_stopped_say_that_it_stays_so() -> None:
    lasting = request(kind=RequestKind.IN_DOUBT)
    going, stopped = shown(lasting), shown(lasting, RunStatus.STOPPED)
    assert going.consequences != stopped.consequences
