"""The texts of an approval's card and of its row in the queue: whom it waits for, what the clock
does, how it ended.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from approvals import request_row
from approvals.models import Request
from approvals.rules.card import CountedVote
from approvals.rules.request_vocabulary import FITTING, OnExpiry, RequestKind, RequestStatus
from approvals.selectors import card_details, card_texts, queue
from approvals.selectors.filters import AGES, RISKS, VIEWS, QueueFilters
from runs.engine.vocabulary import AnswerAct
from runs.models import Run

NOW = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def request(**facts: Any) -> Request:
    given: dict[str, Any] = {
        "id": 41,
        "run_id": UUID(int=7),
        "kind": RequestKind.CALL,
        "status": RequestStatus.OPEN,
        "tool": "issue_refund",
        "line": "$180.00 for order 1042",
        "effect": "irreversible",
        "agent_title": "Refund desk",
        "stages": [["approver", 1]],
        "group": "approver",
        "args": {"usd": 180},
        "facts": {},
        "asked_at": NOW,
    }
    return Request(**{**given, **facts})


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


# a row of the queue


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


# where a page of the queue ends


def test_the_next_page_begins_behind_the_last_row() -> None:
    last = request(due=NOW + timedelta(microseconds=1))
    found = queue.behind(QueueFilters(after=queue.cursor(last)))
    assert found == Q(due__gte=last.due) & (Q(due__gt=last.due) | Q(id__gt=41))


def test_what_has_ended_is_walked_from_the_newest_on() -> None:
    last = request(status=RequestStatus.CLOSED, ended_at=NOW)
    found = queue.behind(QueueFilters(view="expired", after=queue.cursor(last)))
    assert found == Q(ended_at__lte=NOW) & (Q(ended_at__lt=NOW) | Q(id__lt=41))


@pytest.mark.parametrize("after", ["", "x", "1", "1~", "1~2~3", f"{10**30}~1", "~"])
def test_a_spoilt_place_is_the_first_page(after: str) -> None:
    assert queue.behind(QueueFilters(after=after)) == Q()


# its filters

texts = st.text(max_size=260)


@given(
    st.dictionaries(
        st.sampled_from(["view", "agent", "tool", "risk", "age", "group", "after"]), texts
    )
)
def test_any_address_is_read_and_reads_the_same_again(query: dict[str, str]) -> None:
    found = QueueFilters.read(query)
    assert found.view in VIEWS
    assert found.risk in {"", *RISKS}
    assert found.age in {"", *AGES}
    again = QueueFilters.read(dict(parse_qsl(found.query(), errors="surrogatepass")))
    assert QueueFilters.read(dict(parse_qsl(again.query(), errors="surrogatepass"))) == again


@pytest.mark.parametrize("view", list(VIEWS))
def test_every_tab_leads_to_itself(view: str) -> None:
    assert QueueFilters.read(dict(parse_qsl(QueueFilters(view=view).query()))).view == view


@pytest.mark.parametrize(
    ("filters", "narrowed"),
    [
        (QueueFilters(view="decided"), False),
        (QueueFilters(after="1~2"), False),
        (QueueFilters(agent="refund-desk"), True),
        (QueueFilters(tool="issue_refund"), True),
        (QueueFilters(risk="tainted"), True),
        (QueueFilters(age="1h"), True),
        (QueueFilters(group="approver"), True),
    ],
)
def test_a_tab_or_a_place_does_not_narrow_the_queue(filters: QueueFilters, narrowed: bool) -> None:
    assert filters.narrowed is narrowed


def test_only_what_needs_action_is_counted() -> None:
    tabs = queue.tabs(QueueFilters(view="decided"), 1234)
    assert [(tab.word, tab.count, tab.here) for tab in tabs] == [
        ("Needs action", "1,000+", False),
        ("Decided", "", True),
        ("Expired or closed", "", False),
    ]


def test_whoever_decides_has_what_others_are_asked_apart() -> None:
    tabs = queue.tabs(QueueFilters(view="others"), 2, decides=True)
    assert [(tab.word, tab.count, tab.here) for tab in tabs[:2]] == [
        ("Needs action", "2", False),
        ("With others", "", True),
    ]
