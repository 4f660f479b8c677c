"""The texts of an approval's card: whom it waits for, what the clock does, how it ended."""

from collections.abc import Mapping
from typing import Any

import pytest

from approvals import request_row
from approvals.models import Request
from approvals.rules.card import CountedVote
from approvals.rules.request_vocabulary import FITTING, OnExpiry, RequestKind, RequestStatus
from approvals.selectors import card_details, card_texts
from runs.engine.vocabulary import AnswerAct
from runs.models import Run
from tests.core.asked_requests import NOW, request


def vote(voter: str, act: AnswerAct = AnswerAct.APPROVE, **facts: Any) -> CountedVote:
    given: dict[str, Any] = {"stage": 0, "args": {"usd": 180}, "at": NOW, "name": voter}
    return CountedVote(voter, act=act, **{**given, **facts})


# whom it waits for


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "one"),
        ({"quorum": 3}, "3 of"),
        ({"stages": [["a", 1], ["b", 1]]}, "stage 1 of 2, one"),
        ({"stages": [["a", 1], ["b", 2]], "stage": 1, "quorum": 2}, "stage 2 of 2, 2 of"),
        ({"stages": [["a", 1], ["lead", 1]], "escalated": True}, "one"),
        ({"stages": [["a", 1], ["lead", 1]], "escalated": True, "stage": 1}, "escalated, one"),
        (
            {"stages": [["a", 1], ["b", 1], ["lead", 1]], "escalated": True, "stage": 0},
            "stage 1 of 2, one",
        ),
    ],
)
def test_it_says_how_many_of_whom_and_at_which_stage(facts: dict[str, Any], words: str) -> None:
    assert card_texts.wants(request(**facts)) == words


@pytest.mark.parametrize(
    ("votes", "said"),
    [
        ([], "0 agreed so far"),
        ([vote("ada")], "1 agreed so far"),
        ([vote("ada"), vote("ada")], "1 agreed so far"),
        ([vote("ada"), vote("bo", AnswerAct.EDIT)], "2 agreed so far"),
        ([vote("ada", stands=False)], "0 agreed so far"),
        ([vote("ada", args={"usd": 100})], "0 agreed so far"),
        ([vote("ada", stage=1)], "0 agreed so far"),
        ([vote("ada", AnswerAct.DENY)], "0 agreed so far"),
    ],
)
def test_only_a_yes_to_what_stands_now_counts_and_once_a_person(
    votes: list[CountedVote], said: str
) -> None:
    assert card_texts.agreed(request(quorum=2), votes) == said


def test_where_one_is_enough_nobody_is_counted() -> None:
    assert card_texts.agreed(request(quorum=1), [vote("ada")]) == ""


@pytest.mark.parametrize(
    ("on_expiry", "said"),
    [
        (OnExpiry.DENY, ("denied automatically in", "; the run continues")),
        (OnExpiry.STOP, ("the run is stopped in", "")),
        (OnExpiry.ESCALATE, ("escalated to leads in", "")),
    ],
)
def test_it_says_what_the_clock_does(on_expiry: OnExpiry, said: tuple[str, str]) -> None:
    found = request(on_expiry=on_expiry, escalate_to="leads", expires_at=NOW)
    assert card_texts.then(found, Run(status="waiting")) == said


def test_without_a_limit_the_clock_does_nothing() -> None:
    found = request(on_expiry=OnExpiry.DENY, expires_at=None)
    assert card_texts.then(found, Run(status="waiting")) == ("", "")


def test_a_run_that_was_paused_meanwhile_goes_on_by_no_answer() -> None:
    found, paused = request(on_expiry=OnExpiry.DENY, expires_at=NOW), Run(status="paused")
    assert card_texts.then(found, paused) == ("denied automatically in", "; the run stays paused")
    stops = request(on_expiry=OnExpiry.STOP, expires_at=NOW)
    assert card_texts.then(stops, paused) == ("the run is stopped in", "")


# what can be answered


@pytest.mark.parametrize("kind", list(RequestKind))
def test_what_was_escalated_cannot_be_escalated_again(kind: RequestKind) -> None:
    assert card_texts.possible(request(kind=kind)) == {act.value for act in FITTING[kind]}
    assert card_texts.possible(request(kind=kind, escalated=True)) == {
        act.value for act in FITTING[kind] if act is not AnswerAct.ESCALATE
    }


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"undo": True}, "Can be undone: a kill of the run takes it back."),
        ({"effect": "irreversible"}, "Cannot be undone."),
        ({"effect": "read"}, "Changes nothing outside."),
        ({"effect": "reversible"}, "The tool has no undo."),
        ({"kind": RequestKind.BUDGET}, ""),
        (
            {"kind": RequestKind.IN_DOUBT},
            (
                "Look at the other side before you answer: a wrong answer makes the call twice or"
                " not at all."
            ),
        ),
    ],
)
def test_it_says_what_can_be_taken_back(facts: dict[str, Any], said: str) -> None:
    assert card_texts.undoing(request(**facts)) == said


@pytest.mark.parametrize(
    ("marks", "warns"),
    [
        ([{"path": "args.to"}], True),
        ([{"path": "args.to", "recorded": True}], False),
        ([{"path": "args.to", "recorded": True}, {"path": "args.amount"}], True),
        (["spoilt"], True),
        (None, False),
    ],
)
def test_a_request_warns_of_what_somebody_wrote_and_not_of_what_a_tool_keeps(
    marks: Any, warns: bool
) -> None:
    assert request_row.unverified({"tainted": marks}) is warns


@pytest.mark.parametrize(
    ("marks", "sources"),
    [
        (
            [{"path": "args.to", "tool": "read_mail", "step": 3}],
            {
                "to": "unverified source: the value came from read_mail, step 3,"
                " not from the request"
            },
        ),
        (
            [{"path": "args.lines[2].sku", "tool": "read_mail", "step": 3}],
            {
                "lines": "unverified source: the value came from read_mail, step 3,"
                " not from the request"
            },
        ),
        (
            [
                {"path": "args.to", "tool": "first", "step": 1},
                {"path": "args.to", "tool": "second", "step": 2},
            ],
            {"to": "unverified source: the value came from first, step 1, not from the request"},
        ),
        ([{}], {"": "unverified source: the value came from a tool, step ?, not from the request"}),
        ([{"path": "args.to", "tool": "get_order", "step": 1, "recorded": True}], {}),
        (["spoilt"], {}),
        (None, {}),
    ],
)
def test_a_tainted_value_says_where_it_came_from(marks: Any, sources: Mapping[str, str]) -> None:
    assert card_texts.sources(request(facts={"tainted": marks})) == sources


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (vote("ada"), "approved it"),
        (vote("ada", AnswerAct.EDIT), "approved it with changes"),
        (vote("ada", stands=False), "approved it; counts no more, they may not decide now"),
    ],
)
def test_a_vote_says_what_was_said_and_whether_it_still_counts(
    given: CountedVote, said: str
) -> None:
    told = card_details.CastVote("ada", said, "15:47:00 UTC")
    assert card_details.cast_vote(given, "call", NOW) == told


def test_nobody_approves_a_loop_they_let_the_run_continue() -> None:
    said = card_details.cast_vote(vote("ada"), "loop", NOW).said
    assert said == "let it continue"
    ended = card_texts.outcome(Request(kind="loop", status="decided", act="approve"))
    assert ended.word == "Continued"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"status": RequestStatus.DECIDED, "act": AnswerAct.EDIT}, "Approved, edited"),
        ({"status": RequestStatus.DECIDED, "act": AnswerAct.DENY}, "Denied"),
        ({"status": RequestStatus.EXPIRED, "act": AnswerAct.EXPIRE}, "Denied automatically"),
        ({"status": RequestStatus.CLOSED}, "Closed"),
    ],
)
def test_a_card_that_is_over_says_how_it_ended(facts: dict[str, Any], said: str) -> None:
    assert card_texts.outcome(request(**facts)).word == said
