"""What a timeline says of waits: gaps with their reasons, questions to people, takeovers."""

from typing import Any

import pytest

from runs.reading import story, timeline
from tests.core.run_log import Log


def test_a_gap_is_drawn_with_its_length_and_reason() -> None:
    log = (
        Log()
        .plan(1)
        .call(1)
        .add("run.paused", 0.1)
        .add("run.resumed", 250, actor="user:anna")
        .plan(2)
    )
    gap = next(row for row in log.rows() if row.sort == "gap")
    assert gap.note == "idle 4 min 10 s — paused"


def test_a_gap_after_a_worker_took_the_run_does_not_say_that_none_had_it() -> None:
    log = Log().plan(1).add("run.leased", 5, {"after": "ended: SIGKILL", "owner": "vm:7"})
    log.add("step.planned", 28, {"model": "m", "calls": []}, step=2, duration=1.0)
    gaps = [row.note for row in log.rows() if row.sort == "gap"]
    assert gaps[-1] == "idle 27 s — its worker was starting on it"


def test_a_gap_takes_no_room_on_the_axis() -> None:
    rows = Log().plan(1).call(1).add("run.paused").add("run.resumed", 3600).plan(2).call(2).rows()
    bars = [row for row in rows if row.sort in ("plan", "call")]
    assert float(bars[-1].x) + float(bars[-1].width) == pytest.approx(100, abs=0.1)
    assert float(bars[0].width) == pytest.approx(100 / 3, abs=1)


def test_a_decision_that_came_after_the_wait_does_not_squeeze_the_bars() -> None:
    log = (
        Log()
        .plan(1)
        .add("call.asked", 0, {"call": "1.0", "sentence": "Money."}, step=1, tool="pay")
    )
    log.add("run.waiting", 0, {"waiting_for": "approval"}).add(
        "call.decided", 900, {"call": "1.0", "answer": "approve"}, step=1, tool="pay"
    )
    bars = [row for row in log.call(1).plan(2).rows() if row.sort in ("plan", "call")]
    assert float(bars[0].width) == pytest.approx(100 / 2.5, abs=1)
    assert float(bars[-1].x) + float(bars[-1].width) == pytest.approx(100, abs=0.1)


def test_a_first_lease_is_nothing_to_speak_of_but_a_take_over_is() -> None:
    log = (
        Log()
        .add("run.created", 0, {"goal": "x"})
        .add("run.leased", 1, {"epoch": 1, "owner": "a"})
        .plan(1)
    )
    assert [row.sort for row in log.rows()] == ["plan"]
    log.add("call.intended", 0, {"call": "1.0", "args": {}}, step=1, tool="get").add(
        "run.leased", 20, {"epoch": 2, "owner": "b"}
    )
    assert "Its worker was lost; picked up by worker — b" in [row.note for row in log.rows()]


def test_a_worker_that_gave_the_run_back_is_not_called_lost() -> None:
    log = (
        Log()
        .add("run.leased", 1, {"epoch": 1, "owner": "a"})
        .plan(1)
        .call(1, {"q": "x"})
        .add("run.leased", 2, {"epoch": 2, "owner": "b"})
    )
    assert [row.note for row in log.rows() if row.sort == "mark"] == ["Picked up by worker — b"]


def test_the_worker_that_confirms_a_kill_of_a_resting_run_took_it_from_nobody() -> None:
    log = (
        Log()
        .plan(1)
        .add("run.paused", 1)
        .add("run.kill_requested", 9)
        .add("run.leased", 1, {"epoch": 2, "owner": "b"})
    )
    assert not [row.note for row in log.rows() if "in hand" in row.note]


def approved(args: dict[str, Any], **facts: Any) -> Log:
    """A refund that was proposed with 180, decided on, and made with `args`."""
    log = Log().plan(1)
    asked = {"call": "1.1", "args": {"order": 7, "amount": 180}, "sentence": "over the $50 cap"}
    log.add("call.asked", 0, asked, step=1, tool="refund", rule="refunds").add(
        "run.waiting", 0, {"waiting_for": "approval"}
    )
    log.add(
        "call.decided",
        250,
        {"call": "1.1", "word": "edit", **facts},
        step=1,
        tool="refund",
        actor="user:ada",
    ).add("run.leased", 1)
    log.add("call.intended", 0, {"call": "1.1", "args": args}, step=1, tool="refund")
    returned = {"call": "1.1", "result": {"refund": 88, "status": "booked"}}
    return log.add(
        "call.returned",
        0.5,
        returned,
        step=1,
        tool="refund",
        outcome="ok",
        verdict="succeeded",
        duration=0.5,
    )


def test_an_approval_reads_as_question_gap_and_changed_call() -> None:
    plan, ask, gap, answer, call = approved(
        {"order": 7, "amount": 150}, note="shipping is not refunded"
    ).rows()
    assert plan.what == "Model turn"
    assert (ask.note, ask.tone) == ("refund needs a person: over the $50 cap (rule refunds)", "")
    assert gap.note == "idle 4 min 10 s — waited for an approver"
    assert answer.note == "refund approved with changes by ada — “shipping is not refunded”"
    assert (call.note, call.tone) == ("changed amount: 180 → 150", "good")


def test_an_answer_stands_at_its_own_time_after_one_that_was_taken_back() -> None:
    log = Log().plan(1).add("call.asked", 0, {"call": "1.0", "args": {}}, step=1, tool="pay")
    log.add("run.waiting", 0, {"waiting_for": "approval"})
    open_row = log.rows()[-1]
    by_ada: dict[str, Any] = {"step": 1, "tool": "pay", "actor": "user:ada"}
    log.add("approval.withdrawn", 79, **by_ada)
    log.add("call.decided", 27, {"call": "1.0", "word": "approve"}, **by_ada)
    rows = log.rows()
    assert [(row.clock, row.note) for row in rows if row.sort == "mark"] == [
        ("15:47:01", "pay needs a person"),
        ("15:48:20", "ada took an answer to pay back"),
        ("15:48:47", "pay approved by ada"),
    ]
    asked = next(row for row in rows if row.key == open_row.key)
    assert (open_row.tone, asked.tone) == ("person", "")
    assert asked.seq == rows[-1].seq


def test_an_answer_whose_question_lies_in_an_earlier_part_has_the_same_key() -> None:
    log = Log().plan(1).add("call.asked", 0, {"call": "1.0", "args": {}}, step=1, tool="pay")
    log.add("call.decided", 9, {"call": "1.0", "word": "deny"}, step=1, tool="pay")
    alone = timeline.rows(story.turns(log.stored[-1:]), log.at)
    assert alone[-1].key == log.rows()[-1].key


def test_the_transcript_shows_what_was_proposed_decided_and_executed() -> None:
    entries = {entry.sort: entry for entry in approved({"order": 7, "amount": 150}).entries()}
    assert [(field.name, field.value) for field in entries["ask"].args] == [
        ("order", "7"),
        ("amount", "180"),
    ]
    assert entries["ask"].runway == "approved with changes by ada at 15:51:11"
    assert [(field.name, field.value, field.was) for field in entries["call"].args] == [
        ("order", "7", ""),
        ("amount", "150", "180"),
    ]
    assert [(field.name, field.value) for field in entries["call"].result] == [
        ("refund", "88"),
        ("status", "booked"),
    ]


def test_a_question_without_an_answer_says_why_a_person_is_needed() -> None:
    asked = {"call": "1.1", "args": {"amount": 180}, "sentence": "over the $50 cap"}
    log = Log().plan(1).add("call.asked", 0, asked, step=1, tool="refund")
    row = log.rows()[-1]
    assert (row.note, row.tone, row.since) == (
        "refund needs a person: over the $50 cap",
        "person",
        "",
    )


def test_another_attempt_is_a_row_of_its_own_under_the_same_key() -> None:
    log = (
        Log().plan(1).add("call.intended", 0, {"call": "1.1", "args": {"q": 1}}, step=1, tool="get")
    )
    failed = {"call": "1.1", "error": "503", "retry_at": "2026-11-20T15:48:00Z", "attempt": 1}
    log.add(
        "call.returned",
        1,
        failed,
        step=1,
        tool="get",
        outcome="error",
        verdict="failed",
        duration=1.0,
    )
    log.add("call.retried", 8, {"call": "1.1", "attempt": 2}, step=1, tool="get")
    flying = log.rows()[-1]
    log.add(
        "call.returned",
        1,
        {"call": "1.1", "result": "fine", "attempt": 2},
        step=1,
        tool="get",
        outcome="ok",
        verdict="succeeded",
        duration=1.0,
    )
    _, first, gap, second = log.rows()
    assert flying.key == second.key
    assert flying.since
    assert first.note == "failed: 503 · tried again later"
    assert gap.note == "idle 8.0 s — backing off before the next attempt"
    assert (second.note, second.tone) == ("2nd attempt, same key", "good")


def test_what_a_tool_said_after_a_take_over_is_told() -> None:
    log = (
        Log()
        .plan(1)
        .add("call.intended", 0, {"call": "1.1", "args": {}}, step=1, tool="charge")
        .add("run.leased", 20, {"epoch": 2})
    )
    log.add("call.looked_up", 1, {"call": "1.1", "happened": "yes"}, step=1, tool="charge")
    row = next(row for row in log.rows() if row.what == "charge")
    assert row.note == "the tool was asked: it did happen"


def test_a_gap_names_whom_it_waited_for_whatever_was_said_meanwhile() -> None:
    log = Log().plan(1).add("call.asked", 0, {"call": "1.0", "args": {}}, step=1, tool="pay")
    log.add("run.waiting", 0, {"waiting_for": "approval"}).add(
        "approval.refused", 60, {"act": "approve"}, step=1, tool="pay"
    )
    log.add("approval.escalated", 60, {"group": "admin"}, step=1, tool="pay", actor="user:ada")
    log.add("call.refused", 1_800, {"call": "1.0"}, step=1, tool="pay")
    gaps = [row.note for row in log.rows() if row.sort == "gap"]
    assert gaps == [
        "idle 2 min — waited for an approver",
        "idle 30 min — waited for admin",
    ]


def test_a_takeover_says_what_became_of_the_worker_before() -> None:
    log = (
        Log()
        .add("run.leased", 1, {"epoch": 1, "owner": "a"})
        .plan(1)
        .add("call.intended", 0, {"call": "1.1", "args": {}}, step=1, tool="charge")
    )
    log.add(
        "run.leased",
        9,
        {
            "epoch": 2,
            "owner": "b",
            "after": "stood still for 5 s and was ended, with charge at work",
        },
    )
    [row] = [row for row in log.rows() if "worker" in row.note]
    assert (
        row.note
        == "Its worker stood still for 5 s and was ended, with charge at work; taken in hand by"
        " another one — b"
    )
