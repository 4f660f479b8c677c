"""The transcript: what was asked, thought, called and answered, folded where it is long."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal.records import JournalRecord, Stored
from runs.reading import story, transcript
from runs.reading.transcript import NamedValue, TranscriptEntry, TranscriptText
from tests.core.run_log import Log

RUN = UUID(int=7)
AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
CUT = {
    "$spilled": {
        "sha256": "0" * 64,
        "size": 90_000,
        "form": "text",
        "head": "the beginning of it",
        "tail": "",
    }
}


def entries(*given: tuple[str, dict[str, Any], dict[str, Any]]) -> list[TranscriptEntry]:
    stored = []
    for seq, (kind, data, facts) in enumerate(given, 1):
        named = {"step": 3, "actor": "supervisor", **facts}
        record = JournalRecord(
            kind, AT + timedelta(seconds=seq), correlation_id=RUN, data=data, **named
        )
        stored.append(Stored(seq, RUN, seq, record))
    return transcript.entries(story.turns(stored))


def returned(result: Any = "", **facts: Any) -> TranscriptEntry:
    said: dict[str, Any] = {
        name: facts.pop(name) for name in ("error", "runway", "retry") if name in facts
    }
    back = {"outcome": "ok", "verdict": "succeeded", **facts, "tool": "refund"}
    [entry] = entries(
        ("call.intended", {"call": "3.1", "args": {"order": 1042}}, {"tool": "refund"}),
        ("call.returned", {"call": "3.1", "result": result, **said}, back),
    )
    return entry


def test_the_goal_is_spoken_by_whoever_started_the_run() -> None:
    [entry] = entries(("run.created", {"goal": "Refund it", "principal": "olga"}, {}))
    assert (entry.sort, entry.speaker, entry.where) == ("goal", "olga", "goal")
    assert entry.text == TranscriptText("Refund it")


def test_a_goal_without_a_name_is_its_actors() -> None:
    [entry] = entries(("run.created", {"goal": "Refund it"}, {"actor": "user:anna"}))
    assert entry.speaker == "anna"


def test_an_accepted_answer_stands_once() -> None:
    found = entries(
        ("step.planned", {"final": "All done.", "calls": []}, {}),
        ("run.completed", {"final": "All done."}, {}),
    )
    assert [(entry.sort, entry.speaker) for entry in found] == [("answer", "answer")]


def test_an_answer_that_was_not_accepted_stands_beside_the_one_that_was() -> None:
    found = entries(
        ("step.planned", {"final": "First try.", "calls": []}, {}),
        ("step.planned", {"final": "All done.", "calls": []}, {}),
        ("run.completed", {"final": "All done."}, {}),
    )
    assert [entry.sort for entry in found] == ["plan", "answer"]


@pytest.mark.parametrize("kind", sorted(transcript.SILENT))
def test_what_is_no_part_of_the_talk_is_left_out(kind: str) -> None:
    assert entries((kind, {}, {})) == []


def test_a_worker_that_was_lost_is_part_of_the_talk() -> None:
    [entry] = entries(("run.leased", {"after": "was killed"}, {}))
    assert entry.speaker == "Its worker was killed; taken in hand by another one"


# a tool's turn


def test_a_call_says_where_with_what_and_what_came_of_it() -> None:
    entry = returned({"refund": 7, "status": "booked"}, runway="[step 3 of 50]")
    assert (entry.speaker, entry.where, entry.tone) == ("tool", "refund · step 3", "")
    assert entry.args == (NamedValue("order", "1042"),)
    assert entry.result == (NamedValue("refund", "7"), NamedValue("status", "booked"))
    assert entry.runway == "[step 3 of 50]"


@pytest.mark.parametrize(
    "result",
    [
        {"nested": {"a": 1}},
        {"list": [1]},
        {"long": "x" * 121},
        {str(number): number for number in range(11)},
        {},
        ["a"],
        "text",
    ],
)
def test_only_a_few_plain_values_are_a_form(result: Any) -> None:
    assert returned(result).result == ()
    assert returned(result).text is not None


@pytest.mark.parametrize("result", [None, ""])
def test_a_result_of_nothing_shows_nothing(result: Any) -> None:
    entry = returned(result)
    assert (entry.text, entry.result) == (None, ())


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"verdict": "failed"}, "ran, did not succeed"),
        ({"outcome": "error", "verdict": "failed", "error": "boom"}, "failed: boom"),
        ({"outcome": "timeout", "verdict": "unknown"}, "timed out"),
    ],
)
def test_a_call_that_did_not_succeed_says_why(facts: dict[str, Any], error: str) -> None:
    entry = returned("", **facts)
    assert (entry.tone, entry.error) == ("bad", error)


def test_a_call_that_is_out_is_running() -> None:
    [entry] = entries(("call.intended", {"call": "3.1", "args": {}}, {"tool": "refund"}))
    assert (entry.tone, entry.where) == ("running", "refund · step 3 · calling…")


def test_a_call_whose_run_rests_without_an_answer_is_for_a_person() -> None:
    call, _ = entries(
        ("call.intended", {"call": "3.1", "args": {}}, {"tool": "refund"}),
        ("run.stopped", {"reason": "KILLED_IN_DOUBT"}, {}),
    )
    assert (call.tone, call.where) == ("person", "refund · step 3 · no answer came")


def test_a_refused_call_says_by_which_rule_and_why() -> None:
    [entry] = entries(
        (
            "call.refused",
            {"call": "3.1", "args": {"order": 1}, "sentence": "Too much.", "version": 2},
            {"tool": "refund", "rule": "big-refunds"},
        )
    )
    assert (entry.tone, entry.where) == ("bad", "refund · step 3 · refused")
    assert (entry.error, entry.rule) == ("Too much.", "rule big-refunds v2")


def test_another_attempt_is_numbered() -> None:
    _, second = entries(
        ("call.intended", {"call": "3.1", "args": {}}, {"tool": "refund"}),
        ("call.retried", {"call": "3.1", "attempt": 2}, {"tool": "refund"}),
    )
    assert "2nd attempt" in second.where


def test_an_approval_shows_what_was_proposed_what_was_decided_and_what_was_executed() -> None:
    asked = {"call": "3.1", "args": {"usd": 300}, "sentence": "Over $200."}
    ask, call = entries(
        ("call.asked", asked, {"tool": "refund"}),
        (
            "call.decided",
            {"call": "3.1", "word": "edit", "args": {"usd": 200}},
            {"tool": "refund", "actor": "user:ada"},
        ),
        ("call.intended", {"call": "3.1", "args": {"usd": 200}}, {"tool": "refund"}),
    )
    assert ask.where == "refund · step 3 · proposed → decided"
    assert ask.args == (NamedValue("usd", "200", "300"),)
    assert ask.runway == "approved with changes by ada at 15:47:02"
    assert call.where == "refund · step 3 · executed · calling…"
    assert call.args == (NamedValue("usd", "200", "300"),)


def test_an_open_question_says_why_a_person_is_needed() -> None:
    asked = {"call": "3.1", "args": {"usd": 300}, "sentence": "Over $200."}
    [entry] = entries(("call.asked", asked, {"tool": "refund"}))
    assert (entry.speaker, entry.where) == ("approval", "refund · step 3 · proposed")
    assert (entry.tone, entry.error) == ("person", "Over $200.")


# a hint


def test_a_hint_is_the_supervisors() -> None:
    [entry] = entries(("hint.given", {"text": "Try another index."}, {}))
    assert (entry.sort, entry.speaker, entry.where) == ("hint", "supervisor", "hint · step 3")
    assert entry.text == TranscriptText("Try another index.")


def test_an_answer_sent_back_shows_each_criterion() -> None:
    checks = [{"name": "cites", "passed": False, "sentence": "No source."}]
    [entry] = entries(("hint.given", {"facts": {"checks": checks}}, {}))
    assert (entry.where, entry.tone) == ("answer not accepted · step 3", "bad")
    assert [(each.name, each.passed, each.sentence) for each in entry.checks] == [
        ("cites", False, "No source.")
    ]


# long texts


def test_a_value_too_large_for_its_row_shows_its_beginning_and_where_the_rest_is() -> None:
    assert transcript.text(CUT, 12) == TranscriptText("the beginning of it", 12, "90.0 kB")


@pytest.mark.parametrize(
    ("whole", "folded"),
    [
        ("short", False),
        ("x" * 600, False),
        ("x" * 601, True),
        ("\n" * 11, False),
        ("\n" * 12, True),
    ],
)
def test_only_what_is_much_longer_is_folded(whole: str, folded: bool) -> None:
    found = transcript.text(whole, 12)
    assert bool(found.full) is folded
    assert (found.head == whole) is not folded


@given(st.text(max_size=3000))
def test_a_folded_text_is_the_beginning_of_the_whole(whole: str) -> None:
    found = transcript.text(whole, 12)
    if found.full:
        assert len(found.head) <= transcript.SHOWN + 1
        assert found.head.endswith("…")
        assert found.size == transcript.size(len(whole))
    else:
        assert found.head == whole


@pytest.mark.parametrize(
    ("characters", "said"),
    [
        (0, ""),
        (999, "999 characters"),
        (1_000, "1.0 kB"),
        (90_000, "90.0 kB"),
        (2_500_000, "2.5 MB"),
    ],
)
def test_the_size_of_what_is_folded(characters: int, said: str) -> None:
    assert transcript.size(characters) == said


@pytest.mark.parametrize(
    ("args", "fields"),
    [
        (None, ()),
        ({}, ()),
        ("{broken", (NamedValue("as sent", "{broken"),)),
        ([1, 2], (NamedValue("as sent", "[1, 2]"),)),
        ({"a": "b", "n": None}, (NamedValue("a", "b"), NamedValue("n", "null"))),
    ],
)
def test_arguments_of_any_shape_are_a_form(args: Any, fields: tuple[NamedValue, ...]) -> None:
    assert transcript.form(args) == fields


def test_a_changed_value_shows_what_it_was() -> None:
    assert transcript.form({"usd": 200}, {"usd": "300"}) == (NamedValue("usd", "200", "300"),)


def test_what_only_operators_may_read_is_marked() -> None:
    [open_to_all] = entries(("run.resumed", {}, {"visibility": "visible"}))
    [for_operators] = entries(("run.resumed", {}, {}))
    assert (open_to_all.operators, for_operators.operators) == (False, True)


def test_a_turn_that_a_kill_cut_off_is_not_said_to_be_asked_again() -> None:
    failed = {"fault": "cancelled", "message": "Cut.", "retry_at": "2026-11-20T15:48:00+00:00"}
    entry = Log().add("step.plan_failed", 1, failed, step=7).entries()[0]
    assert entry.where == "step 7 · cut off"
