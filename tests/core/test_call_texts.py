"""What became of a call, in words: what was asked, what a person changed of it, how it ended."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from console.journal.records import JournalRecord, Stored
from runs.engine.outcomes import DID_NOT_HAPPEN
from runs.reading import call_details, story
from runs.reading.story import StoryTurn

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
CUT = {"$spilled": {"sha256": "0" * 64, "size": 90_000, "head": "the beginning of it", "tail": ""}}


def turn(*events: tuple[str, Mapping[str, Any]], proposed: Any = None, **facts: Any) -> StoryTurn:
    stored = [
        Stored(
            seq,
            RUN,
            seq,
            JournalRecord(
                kind=kind,
                at=AT,
                actor=facts.get("actor", "supervisor"),
                correlation_id=RUN,
                step=3,
                tool="refund",
                data={"call": "3.1", **data},
                **{name: value for name, value in facts.items() if name != "actor"},
            ),
        )
        for seq, (kind, data) in enumerate(events, 1)
    ]
    return StoryTurn("call-3-1", story.Sort.CALL, tuple(stored), proposed=proposed)


def returned(**facts: Any) -> StoryTurn:
    data: dict[str, Any] = {
        name: facts.pop(name)
        for name in ("error", "sentence", "retry", "retry_at")
        if name in facts
    }
    return turn(("call.returned", data), **{"outcome": "ok", "verdict": "succeeded", **facts})


@pytest.mark.parametrize("kind", ["call.intended", "call.refused", "call.asked"])
def test_what_was_asked_is_read_from_whatever_says_it(kind: str) -> None:
    assert call_details.asked(turn((kind, {"args": {"order": 1042}}))) == {"order": 1042}


def test_nothing_is_asked_where_the_journal_at_hand_does_not_say() -> None:
    assert call_details.asked(turn(("call.returned", {}))) is None


def test_a_first_attempt_is_number_one_and_others_say_theirs() -> None:
    assert call_details.attempt(turn(("call.intended", {}))) == 1
    assert call_details.attempt(turn(("call.retried", {"attempt": 3}))) == 3


@pytest.mark.parametrize(
    ("proposed", "given", "changed"),
    [
        ({"usd": 300}, {"usd": 200}, {"usd": "300"}),
        ({"usd": 300, "order": "A"}, {"usd": 300, "order": "B"}, {"order": "A"}),
        ({"usd": 300}, {"usd": 300, "note": "ok"}, {"note": "nothing"}),
        ({"usd": 300, "note": "ok"}, {"usd": 300}, {"note": "ok"}),
        ({"usd": 300}, {"usd": 300}, {}),
        ({"tags": ["a"]}, {"tags": ["b"]}, {"tags": '["a"]'}),
        (None, {"usd": 300}, {}),
        ({"usd": 300}, None, {}),
        ("usd=300", "usd=200", {}),
    ],
)
def test_what_a_person_changed_is_told_by_what_it_was(
    proposed: Any, given: Any, changed: dict[str, str]
) -> None:
    assert call_details.differences(proposed, given) == changed


def test_a_changed_call_says_the_change_before_its_arguments() -> None:
    changed = turn(("call.intended", {"args": {"usd": 200}}), proposed={"usd": 300})
    assert call_details.summary(changed) == "changed usd: 300 → 200"


def test_an_argument_that_a_person_took_out_is_shown_as_gone() -> None:
    changed = turn(("call.intended", {"args": {}}), proposed={"note": "all of it"})
    assert call_details.summary(changed) == "changed note: all of it → nothing"


def test_another_attempt_without_arguments_says_that_its_key_is_kept() -> None:
    assert call_details.summary(turn(("call.retried", {"attempt": 2}))) == "2nd attempt, same key"


def test_an_unchanged_call_is_its_arguments_on_one_line() -> None:
    plain = turn(("call.intended", {"args": {"order": 1042, "why": "broken\nin two"}}))
    assert call_details.summary(plain) == "order: 1042, why: broken in two"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("approve", "approved by anna"),
        ("edit", "approved with changes by anna"),
        ("deny", "denied by anna"),
        ("respond", "answered by anna"),
        ("stop", "denied, and the run stopped by anna"),
        ("a word of tomorrow", "decided by anna"),
    ],
)
def test_every_decision_has_its_word_and_its_person(word: str, said: str) -> None:
    decided = turn(("call.decided", {"word": word}), actor="user:anna")
    assert call_details.decision(decided) == said


def test_a_decision_keeps_the_persons_own_words() -> None:
    decided = turn(("call.decided", {"word": "deny", "note": "too much"}), actor="user:anna")
    assert call_details.decision(decided) == "denied by anna — “too much”"


@pytest.mark.parametrize(
    ("later", "said"), [(timedelta(minutes=2), "15:49:00"), (timedelta(days=1), "21 Nov 15:47:00")]
)
def test_a_decision_that_stands_at_its_question_names_its_own_time(
    later: timedelta, said: str
) -> None:
    asked, decided = turn(("call.asked", {}), ("call.decided", {"word": "approve"})).events
    answered = replace(decided, record=replace(decided.record, at=AT + later, actor="user:anna"))
    whole = StoryTurn("ask-3-1", story.Sort.ASK, (asked, answered))
    assert call_details.decision(whole, timed=True) == f"approved by anna at {said}"


def test_nothing_is_said_of_a_decision_that_nobody_took() -> None:
    open_question = turn(("call.asked", {"args": {}}))
    assert (call_details.decision(open_question), call_details.decided(open_question)) == ("", None)


def test_what_was_decided_are_the_arguments_of_the_decision() -> None:
    decided = turn(("call.decided", {"word": "edit", "args": {"usd": 200}}))
    assert call_details.decided(decided) == {"usd": 200}


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        ("yes", "the tool was asked: it did happen"),
        ("no", "the tool was asked: it did not happen"),
        ("unknown", "the tool was asked: it cannot say"),
        ("perhaps", "the tool was asked: it cannot say"),
    ],
)
def test_what_a_tool_says_of_its_call_in_doubt(happened: str, said: str) -> None:
    asked = turn(("call.looked_up", {"happened": happened}))
    assert call_details.looked_up(asked) == said
    assert call_details.unsure(asked, asked.first) == said


def test_a_call_that_was_made_again_is_not_said_to_have_not_happened() -> None:
    looked, made = ("call.looked_up", {"happened": "no"}), ("call.returned", {"error": ""})
    said = "the tool was asked: it had not happened, so it was made again"
    assert call_details.looked_up(turn(looked, made)) == said


def test_a_call_that_failed_since_its_tool_says_that_it_did_not_happen_was_not_made_again() -> None:
    failed = ("call.returned", {"error": f"Connection cut. {DID_NOT_HAPPEN}"})
    asked = turn(("call.looked_up", {"happened": "no"}), failed)
    assert call_details.looked_up(asked) == "the tool was asked: it did not happen"


def test_a_tool_that_was_not_asked_said_nothing() -> None:
    assert call_details.looked_up(turn(("call.intended", {}))) == ""


def test_a_lost_answer_says_how_it_was_lost() -> None:
    lost = turn(("call.lost", {"error": "connection cut"}))
    assert call_details.lost(lost) == "connection cut"
    assert call_details.unsure(lost, lost.first) == (
        "nobody knows whether it happened: connection cut"
    )
    assert call_details.lost(turn(("call.intended", {}))) == ""


@pytest.mark.parametrize("blame", ["others", "shared"])
def test_what_was_lost_with_another_call_says_so_and_leaves_no_question(blame: str) -> None:
    lost = turn(("call.lost", {"error": "its process was killed", "blame": blame}))
    said = "lost by no fault of its own: its process was killed"
    assert call_details.lost(lost) == call_details.unsure(lost, lost.first) == said


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        ({"verdict": "failed", "sentence": "No rows."}, "ran, did not succeed: No rows."),
        ({"verdict": "failed"}, "ran, did not succeed"),
        (
            {"verdict": "unknown", "sentence": "It said nothing."},
            "ran, nobody knows whether it succeeded: It said nothing.",
        ),
        ({"outcome": "error", "verdict": "failed", "error": "boom"}, "failed: boom"),
        ({"outcome": "timeout", "verdict": "failed", "error": "after 5 s"}, "timed out: after 5 s"),
        ({"outcome": "cancelled", "verdict": "unknown"}, "cancelled"),
        (
            {"outcome": "error", "verdict": "failed", "error": "boom", "sentence": "No rows."},
            "failed: boom",
        ),
    ],
)
def test_ran_and_succeeded_are_told_apart(facts: dict[str, Any], said: str) -> None:
    assert call_details.failure(returned(**facts)) == said


def test_a_call_that_is_still_out_has_not_failed() -> None:
    assert call_details.failure(turn(("call.intended", {}))) == ""


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, ""),
        (
            {"retry": "No further attempt: it is not idempotent."},
            "No further attempt: it is not idempotent",
        ),
        (
            {"retry": "Attempt 2 of 3 in 0.8 s.", "retry_at": AT.isoformat()},
            "attempt 2 of 3 in 0.8 s, same key",
        ),
        ({"retry_at": AT.isoformat()}, "tried again later"),
    ],
)
def test_a_failure_says_what_comes_after_it(facts: dict[str, Any], said: str) -> None:
    assert call_details.afterwards(returned(**facts)) == said


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (
            {"error": "No answer. It is not tried again: get_order is cut off.", "sentence": "x"},
            "it is not tried again: get_order is cut off",
        ),
        (
            {"error": "", "sentence": "The run was killed."},
            "it is not tried again: The run was killed",
        ),
        ({"error": "boom"}, "it is not tried again: it was called off"),
    ],
)
def test_what_was_to_be_tried_again_and_was_not_says_why(last: dict[str, Any], said: str) -> None:
    first = {"retry": "Attempt 2 of 3 in 0.6 s.", "retry_at": AT.isoformat()}
    given_up = turn(("call.intended", {}), ("call.returned", first), ("call.returned", last))
    assert call_details.afterwards(given_up) == said


def test_the_rule_that_spoke_is_named_with_its_version() -> None:
    refused = turn(("call.refused", {"version": 3}), rule="refunds-need-a-person")
    assert call_details.ruled(refused) == "rule refunds-need-a-person v3"


def test_a_rule_that_judged_a_result_is_named_only_where_it_found_fault() -> None:
    good = returned(rule="truth:stock")
    bad = returned(rule="truth:stock", verdict="failed", sentence="Empty.")
    assert (call_details.ruled(good), call_details.ruled(bad)) == ("", "truth stock")


def test_errors_are_shown_by_their_beginning() -> None:
    assert call_details.beginning("x" * 1000) == "x" * (call_details.LONGEST - 1) + "…"
    assert call_details.beginning({"code": 7}) == '{"code": 7}'
