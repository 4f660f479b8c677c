"""A row of the queue of approvals: how it is marked and called, where it leads, how it ended."""

from datetime import timedelta
from typing import Any

import pytest

from approvals.rules.request_vocabulary import RequestKind, RequestStatus
from approvals.selectors import queue
from runs.engine.vocabulary import AnswerAct
from tests.core.asked_requests import NOW, request


@pytest.mark.parametrize(
    ("facts", "mark", "tone"),
    [
        ({}, "irreversible", "bad"),
        ({"effect": "reversible"}, "reversible", "person"),
        ({"effect": "read"}, "read", "ended"),
        ({"kind": RequestKind.IN_DOUBT}, "in doubt", "person"),
        ({"kind": RequestKind.ACCEPTANCE, "tool": ""}, "not accepted", "person"),
    ],
)
def test_a_row_is_marked_by_what_is_at_stake(facts: dict[str, Any], mark: str, tone: str) -> None:
    row = queue.row(request(**facts), NOW, "", 0)
    assert row.tag == f'<span class="tag mark-{tone}">{mark}</span>'


@pytest.mark.parametrize("kind", [RequestKind.BUDGET, RequestKind.LOOP, RequestKind.UNDO])
def test_what_a_row_is_about_is_said_once(kind: RequestKind) -> None:
    assert queue.row(request(kind=kind, tool=""), NOW, "", 0).tag == ""


def test_a_row_that_is_over_has_no_tone() -> None:
    row = queue.row(request(status=RequestStatus.DECIDED, act=AnswerAct.APPROVE), NOW, "", 0)
    assert row.tag == '<span class="tag">irreversible</span>'


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (RequestKind.BUDGET, "Budget"),
        (RequestKind.LOOP, "Loop"),
        (RequestKind.ACCEPTANCE, "Final answer"),
        (RequestKind.UNDO, "Undo it?"),
        (RequestKind.IN_DOUBT, "run"),
    ],
)
def test_what_is_no_call_is_called_by_what_it_is_about(kind: RequestKind, title: str) -> None:
    assert queue.row(request(kind=kind, tool=""), NOW, "", 0).title == title


def test_a_tainted_request_is_not_marked_in_its_line() -> None:
    assert queue.row(request(tainted=True), NOW, "", 0).line == "$180.00 for order 1042"


def test_a_row_leads_to_its_card_with_the_filters_kept_and_knows_whether_it_is_open() -> None:
    row = queue.row(request(), NOW, "?tool=issue_refund", 41)
    assert (row.url, row.here, row.id) == ("/approvals/41/?tool=issue_refund", True, "41")
    assert queue.row(request(), NOW, "", 7).here is False


def test_the_words_of_a_mark_are_no_markup() -> None:
    assert "<b>" not in queue.tag("<b>", "")
    assert queue.tag("", "bad") == ""


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {"status": RequestStatus.DECIDED, "act": AnswerAct.APPROVE, "decided_by": "user:ada"},
            "ada approved it",
        ),
        (
            {"status": RequestStatus.DECIDED, "act": "odd", "decided_by": "user:ada"},
            "ada decided it",
        ),
        ({"status": RequestStatus.EXPIRED, "act": AnswerAct.EXPIRE}, "denied by the clock"),
        (
            {"status": RequestStatus.EXPIRED, "act": AnswerAct.EXPIRE_AND_STOP},
            "stopped by the clock",
        ),
        ({"status": RequestStatus.EXPIRED, "act": ""}, "closed with its run"),
        ({"status": RequestStatus.CLOSED}, "closed with its run"),
    ],
)
def test_how_it_ended(facts: dict[str, Any], said: str) -> None:
    assert queue.ended(request(**facts), NOW) == said
    assert queue.ended(request(**facts, ended_at=NOW), NOW) == f"{said}, 15:47 UTC"
    later = NOW + timedelta(days=1)
    assert queue.ended(request(**facts, ended_at=NOW), later).startswith(f"{said}, 15:47 UTC on ")


def test_what_is_left_counts_down_in_the_browser_and_never_below_nothing() -> None:
    left = queue.remaining(request(expires_at=NOW + timedelta(seconds=75)), NOW)
    assert left == '<time datetime="2026-11-20T15:48:15.000Z" data-tick="left">1:15</time>'
    past = queue.remaining(request(expires_at=NOW - timedelta(seconds=75)), NOW)
    assert past.endswith(">0:00</time>")
    assert queue.remaining(request(expires_at=None), NOW) == "no limit"
