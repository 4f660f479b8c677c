"""Events as an auditor reads them: each kind in words, figures in full, nothing that runs in a
spreadsheet.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.records import HOUSE_KEY, JournalRecord, Stored
from console.journal.selectors import Hidden, JournalPage
from console.pages import audit_lines, audit_words

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, 1, 234567, tzinfo=UTC)

CUT = {
    "$spilled": {
        "sha256": "0" * 64,
        "size": 90_000,
        "form": "text",
        "head": "the beginning\nof it",
        "tail": "",
    }
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def record(kind: str, data: Mapping[str, Any] | None = None, **facts: Any) -> JournalRecord:
    return JournalRecord(kind, AT, facts.pop("actor", "supervisor"), RUN, data=data or {}, **facts)


def stored(kind: str, data: Mapping[str, Any] | None = None, **facts: Any) -> Stored:
    erased = facts.pop("erased", False)
    return Stored(41, RUN, 12, record(kind, data, **facts), erased=erased)


# kinds that say more in words


@pytest.mark.parametrize(
    ("kind", "data", "facts", "said"),
    [
        (
            "breaker.opened",
            {"why": "5 failures"},
            {"tool": "refund"},
            "refund cut off — 5 failures",
        ),
        ("breaker.closed", {}, {"tool": "refund"}, "refund works again"),
        ("breaker.forced", {}, {"tool": "refund"}, "refund cut off by hand"),
        ("breaker.reset", {}, {"tool": "refund"}, "refund let through again by hand"),
        (
            "run.stopped",
            {"reason": "LOOP_DETECTED", "detail": "6 times"},
            {},
            "loop detected — 6 times",
        ),
        (
            "run.paused",
            {"reason": "ACCEPTANCE_FAILED", "facts": {"checks": [{"name": "tests pass"}]}},
            {},
            "acceptance failed — missing: tests pass",
        ),
        (
            "run.downgraded",
            {"planner": "small", "detail": "80 % used"},
            {},
            "goes on with small — 80 % used",
        ),
        ("call.decided", {"word": "deny", "note": "too much"}, {}, "denied — too much"),
        ("call.decided", {"word": "a new word"}, {}, "decided"),
        (
            "call.decided",
            {
                "word": "edit",
                "args": {"order_id": 1143, "amount": 12.5},
                "note": "half is ours",
            },
            {"tool": "issue_refund"},
            "approved with changes: Refund 12.50 for order 1143 — half is ours",
        ),
        ("undo.asked", {"undoes": ["2.1", "1.1"], "note": "why"}, {}, "calls 2.1, 1.1 — why"),
        ("undo.begun", {"undoes": ["1.1"]}, {}, "call 1.1"),
        ("undo.declined", {"note": "it stands"}, {}, "nothing is undone — it stands"),
        (
            "undo.ended",
            {"reason": "LOOP_DETECTED", "detail": "1 of 1 undone."},
            {},
            "loop detected — 1 of 1 undone.",
        ),
        (
            "answer.decided",
            {"word": "approve", "unmet": ["tests pass", "no debt"], "note": "ship it"},
            {},
            "answer accepted as it is; not met: tests pass, no debt — ship it",
        ),
        ("call.retried", {"attempt": 2, "call": "3.1"}, {}, "2nd attempt of call 3.1, same key"),
        ("hint.given", {"text": "Try the other index."}, {}, "Try the other index."),
        (
            "hint.given",
            {"facts": {"checks": [{"name": "a"}, {"name": "b", "passed": True}]}},
            {},
            "answer not accepted, missing: a",
        ),
        ("call.returned", {"sentence": "No rows."}, {"verdict": "succeeded"}, ""),
        (
            "call.returned",
            {"sentence": "No rows.", "retry": "No further attempt."},
            {"verdict": "failed"},
            "No rows. — No further attempt.",
        ),
        (
            "judge.answered",
            {"closer": "no", "steps": 10, "sentence": "It repeats."},
            {},
            "no closer to the goal than 10 steps ago — It repeats.",
        ),
        (
            "call.late",
            {"call": "3.1", "epoch": 4},
            {},
            "call 3.1 came back after the lease of epoch 4 had ended",
        ),
        (
            "call.late",
            {"call": "3.1", "epoch": 4, "undo": True},
            {},
            "the undo of call 3.1 came back after the lease of epoch 4 had ended",
        ),
        (
            "run.leased",
            {"after": "stood still for 9 s", "owner": "host:7"},
            {},
            "Its worker stood still for 9 s; taken in hand by another one — host:7",
        ),
        ("run.leased", {"owner": "host:7"}, {}, "Picked up by worker — host:7"),
        (
            "call.lost",
            {"error": "cut"},
            {},
            "nobody knows whether it happened — cut",
        ),
        (
            "call.lost",
            {"error": "cut", "blame": "own"},
            {},
            "nobody knows whether it happened — cut",
        ),
        ("call.lost", {"error": "cut", "blame": "others"}, {}, "lost by no fault of its own — cut"),
        ("call.lost", {"blame": "shared"}, {}, "lost by no fault of its own"),
        ("step.planned", {"thought": "hm"}, {}, ""),
        ("run.resumed", {}, {"actor": "user:anna"}, "Resumed by anna"),
        (
            "run.extended",
            {"limit": "usd", "value": "5", "was": "2", "note": "nearly there"},
            {"actor": "user:anna"},
            "anna raised its limit: $5, it was $2 — nearly there",
        ),
        (
            "call.settled",
            {"call": "3.1", "happened": "yes"},
            {"actor": "user:anna", "tool": "issue_refund"},
            "anna said of issue_refund: it did happen",
        ),
        (
            "tool.changed",
            {"tool": "shop.pay", "held": "held"},
            {},
            "shop.pay was changed by its server — no run calls it until somebody looks",
        ),
        ("tool.seen", {"tool": "shop.pay", "held": ""}, {}, "shop.pay is new"),
        (
            "tool.accepted",
            {"tool": "shop.pay"},
            {},
            "shop.pay may be called as it is defined now",
        ),
        (
            "tool.left_out",
            {"tool": "shop.pay"},
            {},
            "shop.pay is left out: no run is offered it",
        ),
        ("tool.offered", {"tool": "shop.pay"}, {}, "shop.pay is offered again"),
    ],
)
def test_a_kind_in_words(kind: str, data: dict[str, Any], facts: dict[str, Any], said: str) -> None:
    assert audit_words.said(record(kind, data, **facts)) == said


PROPOSED = {"order_id": 7, "amount": 12.5, "reason": "postage"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"word": "deny", "note": "no"}, "denied: Refund 12.50 for order 7 — no"),
        ({"word": "approve", "args": PROPOSED}, "approved: Refund 12.50 for order 7"),
        (
            {"word": "edit", "args": {"order_id": 7, "amount": 9.0, "reason": "postage"}},
            "approved with changes: Refund 9.00 for order 7; amount 12.50 → 9.00",
        ),
        (
            {"word": "edit", "args": {"order_id": 7, "amount": 12.5}},
            "approved with changes: Refund 12.50 for order 7; reason postage → nothing",
        ),
    ],
)
def test_a_decision_says_what_it_was_about_and_what_it_changed(
    data: dict[str, Any], said: str
) -> None:
    decided = record("call.decided", data, tool="issue_refund")
    assert audit_words.said(decided, PROPOSED) == said


def test_a_lever_says_what_it_stops_and_what_it_stops_no_longer() -> None:
    pulled = record("halt.pulled", {"reach": "all", "reason": "storm"})
    released = record("halt.released", {"reach": "all"})
    said = audit_words.said(pulled)
    assert said.endswith(" — storm")
    assert audit_words.said(released) == f"No longer in force: {said.removesuffix(' — storm')}"


def test_a_token_says_whose_it_is_what_for_and_until_when() -> None:
    made = {"token": "nightly", "user": "anna", "scopes": ["runs:read"], "expires": "2027-01-01T0"}
    said = "nightly, for anna: runs:read, until 2027-01-01"
    assert audit_words.said(record("token.made", made)) == said
    assert audit_words.said(record("token.revoked", made)) == said


def test_a_lever_of_an_unknown_reach_still_gives_its_reason() -> None:
    assert audit_words.said(record("halt.pulled", {"reach": "moon", "reason": "storm"})) == "storm"


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("budget.changed", {"amount": ["10", "5"]}, "day-cap: amount 10 → 5"),
        ("budget.changed", {"amount": [None, "5"]}, "day-cap: amount — → 5"),
        ("budget.changed", {"amount": ["10", ""]}, "day-cap: amount 10 → —"),
        ("budget.changed", {"amount": "spoilt"}, "day-cap: amount — → —"),
        ("budget.changed", {"version": [1, 2]}, "day-cap: version 1 → 2"),
        ("budget.changed", {"version": [1, 2], "amount": [1, 2]}, "day-cap: amount 1 → 2"),
        ("budget.added", {"amount": [None, "10"]}, "day-cap added"),
        ("budget.deleted", {}, "day-cap deleted"),
        (
            "budget.changed",
            {name: [0, 1] for name in "abcdef"},
            "day-cap: a 0 → 1, b 0 → 1, c 0 → 1, d 0 → 1 and 2 more",
        ),
        ("budget.changed", {"who": ["x" * 100, "y"]}, f"day-cap: who {'x' * 59}… → y"),
    ],
)
def test_an_edit_says_what_became_of_what(kind: str, change: dict[str, Any], said: str) -> None:
    assert audit_words.said(record(kind, {"budget": "day-cap", "change": change})) == said


def test_an_edited_value_that_lies_apart_is_shown_by_its_beginning() -> None:
    found = record("budget.changed", {"budget": "b", "change": {"text": [CUT, "short"]}})
    assert audit_words.said(found) == "b: text the beginning\nof it → short"


@given(
    st.sampled_from(sorted({*audit_words.BY_KIND, *audit_words.AS_ON_THE_RUN})),
    st.dictionaries(st.text(max_size=8), json_values),
)
def test_no_data_keeps_an_event_from_being_read(kind: str, data: dict[str, Any]) -> None:
    """An older version, or whatever a strange writer left, is a line all the same."""
    assert audit_lines.line(stored(kind, data)).id == 41


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("call.retried", {"attempt": "many"}),
        ("judge.answered", {"closer": "no", "steps": "ten"}),
        ("answer.decided", {"unmet": 7}),
    ],
)
def test_an_event_that_cannot_be_read_says_so_and_takes_no_other_away(
    kind: str, data: dict[str, Any]
) -> None:
    bad, good = audit_lines.lines(
        JournalPage((stored(kind, data), stored("hint.given", {"text": "Hm."})))
    )
    assert isinstance(bad, audit_lines.AuditLine)
    assert isinstance(good, audit_lines.AuditLine)
    assert (bad.id, bad.seq, bad.kind) == (41, 12, "unreadable")
    assert bad.said.startswith(f"Event 12 ({kind}) cannot be read: ")
    assert good.said == "Hm."


# a line of the page


def test_a_line_names_when_who_what_and_where() -> None:
    line = audit_lines.line(
        stored("call.returned", {"result": "ok"}, step=3, tool="refund", actor="user:anna")
    )
    assert (line.day, line.time, line.who) == ("2026-11-20", "15:47:01.234", "anna")
    assert (line.step, line.tool, line.said) == ("3", "refund", "ok")
    assert (line.run, line.run_short, line.seq, line.id) == (str(RUN), "00000000", 12, 41)


def test_an_event_of_the_house_belongs_to_no_run() -> None:
    found = Stored(1, HOUSE_KEY, 1, JournalRecord("halt.pulled", AT, "user:anna", HOUSE_KEY))
    line = audit_lines.line(found)
    assert (line.run, line.run_short, line.correlation) == ("", "", "")


def test_erased_content_says_so_instead_of_being_empty() -> None:
    assert audit_lines.line(stored("call.returned", erased=True)).said == audit_lines.ERASED


@pytest.mark.parametrize(
    ("kind", "facts", "bad"),
    [
        ("call.returned", {"outcome": "ok", "verdict": "succeeded"}, False),
        ("call.returned", {"outcome": "ok", "verdict": "unknown"}, False),
        ("call.returned", {"outcome": "ok", "verdict": "failed"}, True),
        ("call.returned", {"outcome": "timeout"}, True),
        ("step.plan_failed", {}, True),
        ("call.refused", {}, True),
        ("auth.sign_in_failed", {}, True),
        ("run.completed", {}, False),
    ],
)
def test_what_went_wrong_is_told_from_what_did_not(
    kind: str, facts: dict[str, Any], bad: bool
) -> None:
    assert audit_lines.line(stored(kind, **facts)).bad is bad


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        ({"outcome": "ok"}, "ok"),
        ({"outcome": "ok", "verdict": "failed"}, "ok, failed"),
        ({"verdict": "unknown"}, "unknown"),
    ],
)
def test_ran_and_succeeded_are_both_said(facts: dict[str, Any], said: str) -> None:
    assert audit_lines.outcome(record("call.returned", **facts)) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, ""),
        ({"sentence": "It said so.", "text": "no"}, "It said so."),
        ({"sentence": "", "goal": "Refund it"}, "Refund it"),
        ({"args": {"order": 1042}}, '{"order": 1042}'),
        ({"args": {}, "result": "x"}, "{}"),
        ({"result": ["ä", 1]}, '["ä", 1]'),
        ({"result": CUT}, "the beginning of it"),
        ({"a": 1, "b": "two", "c": [3], "d": ""}, "a 1, b two"),
        ({"text": "two\n\n lines"}, "two lines"),
    ],
)
def test_an_event_without_words_says_its_values(data: dict[str, Any], said: str) -> None:
    assert audit_lines.said(data) == said


@given(st.text(max_size=1000))
def test_a_brief_text_is_one_short_line(text: str) -> None:
    found = audit_lines.brief(text)
    assert len(found) <= 140
    assert found == " ".join(found.split())


def test_long_content_is_shown_by_its_beginning_unless_all_of_it_is_asked_for() -> None:
    event = stored("call.returned", {"result": "x" * 10_000})
    short, whole = audit_lines.line(event), audit_lines.line(event, most=None)
    assert (len(short.content), short.more) == (audit_lines.INLINE + 1, True)
    assert json.loads(whole.content) == {"result": "x" * 10_000}
    assert whole.more is False


def test_hidden_events_are_a_gap_with_their_count() -> None:
    page = JournalPage((Hidden(3, (1, 2, 3)), stored("run.completed")))
    gap, line = audit_lines.lines(page)
    assert gap == audit_lines.HiddenEvents(3, (1, 2, 3))
    assert isinstance(line, audit_lines.AuditLine)
