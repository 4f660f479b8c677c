"""Timeline and transcript: turns out of events, gaps with their reasons, what ran and did not
succeed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from console.journal.records import JournalRecord, Stored
from runs.reading import story, timeline, transcript

START = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
RUN = UUID(int=7)


class Log:
    """Events of one run on a clock the test holds."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []
        self.at = START

    def add(
        self, kind: str, after: float = 0.0, data: Mapping[str, Any] | None = None, **facts: Any
    ) -> "Log":
        self.at += timedelta(seconds=after)
        record = JournalRecord(
            kind=kind,
            at=self.at,
            actor=facts.pop("actor", "supervisor"),
            correlation_id=RUN,
            data=data or {},
            **facts,
        )
        self.stored.append(Stored(len(self.stored) + 1, RUN, len(self.stored) + 1, record))
        return self

    def plan(self, step: int, **facts: Any) -> "Log":
        return self.add(
            "step.planned",
            1,
            {"model": "m", "thought": "", "calls": [], **facts},
            step=step,
            duration=1.0,
        )

    def call(self, step: int, args: Any = None, **facts: Any) -> "Log":
        self.add(
            "call.intended", 0, {"call": f"{step}.0", "args": args or {}}, step=step, tool="get"
        )
        given = {"outcome": "ok", "verdict": "succeeded", **facts}
        data = {
            "call": f"{step}.0",
            "result": given.pop("result", "fine"),
            "error": given.pop("error", ""),
        }
        return self.add("call.returned", 0.5, data, step=step, tool="get", duration=0.5, **given)

    def rows(self, later: float = 0) -> list[timeline.TimelineRow]:
        return timeline.rows(story.turns(self.stored), self.at + timedelta(seconds=later))

    def entries(self) -> list[transcript.TranscriptEntry]:
        return transcript.entries(story.turns(self.stored))


def test_a_call_and_what_came_back_are_one_row_under_its_plan() -> None:
    plan, call = Log().plan(1).call(1, {"order": 7}).rows()
    assert (plan.sort, plan.number, plan.took) == ("plan", "1", "1.0 s")
    assert (call.what, call.note, call.took, call.tone, call.number) == (
        "get",
        "order: 7",
        "0.5 s",
        "good",
        "",
    )


def test_a_row_keeps_its_key_when_its_call_comes_back() -> None:
    flying = Log().plan(1).add("call.intended", 0, {"call": "1.0", "args": {}}, step=1, tool="get")
    before = flying.rows()[-1]
    flying.add(
        "call.returned",
        1,
        {"call": "1.0", "result": 1},
        step=1,
        tool="get",
        outcome="ok",
        verdict="succeeded",
    )
    after = flying.rows()[-1]
    assert before.since
    assert not after.since
    assert before.key == after.key
    assert after.seq > before.seq


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
    assert gap.note == "idle 4 m 10 s — paused"


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


def test_a_call_that_was_in_doubt_takes_only_the_time_it_worked() -> None:
    log = Log().plan(1).add("call.intended", 0, {"call": "1.0", "args": {}}, step=1, tool="pay")
    log.add("run.waiting", 2, {"waiting_for": "in_doubt"}).add(
        "call.returned", 900, {"call": "1.0"}, step=1, tool="pay", outcome="ok"
    )
    bars = [row for row in log.plan(2).rows() if row.sort in ("plan", "call")]
    assert sum(float(row.width) for row in bars) < 110
    assert float(bars[0].width) > 15


def test_the_axis_wraps_so_that_many_steps_keep_their_scale() -> None:
    log = Log()
    for step in range(1, 101):
        log.plan(step).call(step)
    assert all(float(row.width) > 1.5 for row in log.rows())


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"verdict": "failed", "error": "empty body"}, "ran, did not succeed: empty body"),
        ({"verdict": "unknown"}, "ran, nobody knows whether it succeeded"),
        ({"outcome": "timeout", "verdict": "unknown"}, "timed out"),
        ({"outcome": "error", "verdict": "failed", "error": "refused"}, "failed: refused"),
    ],
)
def test_ran_is_not_succeeded(facts: dict[str, str], said: str) -> None:
    row = Log().plan(1).call(1, **facts).rows()[-1]
    assert (row.note, row.tone) == (said, "bad")


def test_the_same_call_again_is_counted() -> None:
    log = Log().plan(1).call(1, {"q": "x"}).plan(2).call(2, {"q": "x"}).plan(3).call(3, {"q": "y"})
    notes = [row.note for row in log.rows() if row.sort == "call"]
    assert notes == ["q: x", "2nd time · q: x", "q: y"]


def test_a_refused_call_says_by_what() -> None:
    log = (
        Log()
        .plan(1)
        .add(
            "call.refused",
            0,
            {"call": "1.0", "args": {}, "sentence": "There is no such tool."},
            step=1,
            tool="get",
            rule="known",
        )
    )
    row = log.rows()[-1]
    assert (row.note, row.tone) == ("refused: There is no such tool. (rule known)", "bad")
    entry = log.entries()[-1]
    assert (entry.error, entry.rule) == ("There is no such tool.", "rule known")


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
    assert "Its worker was lost; taken in hand by a worker — b" in [row.note for row in log.rows()]


def test_a_worker_that_gave_the_run_back_is_not_called_lost() -> None:
    log = (
        Log()
        .add("run.leased", 1, {"epoch": 1, "owner": "a"})
        .plan(1)
        .call(1, {"q": "x"})
        .add("run.leased", 2, {"epoch": 2, "owner": "b"})
    )
    assert [row.note for row in log.rows() if row.sort == "mark"] == [
        "Taken in hand by a worker — b"
    ]


def test_the_worker_that_confirms_a_kill_of_a_resting_run_took_it_from_nobody() -> None:
    log = (
        Log()
        .plan(1)
        .add("run.paused", 1)
        .add("run.kill_requested", 9)
        .add("run.leased", 1, {"epoch": 2, "owner": "b"})
    )
    assert not [row.note for row in log.rows() if "in hand" in row.note]


def test_a_call_in_doubt_is_not_shown_as_flying() -> None:
    log = Log().plan(1).add("call.intended", 0, {"call": "1.0", "args": {}}, step=1, tool="charge")
    assert log.rows()[-1].since
    log.add("run.leased", 20, {"epoch": 2}).add(
        "run.waiting", 1, {"waiting_for": "in_doubt", "why": "lost"}
    )
    call = next(row for row in log.rows(later=600) if row.what == "charge")
    assert not call.since
    assert call.tone == "person"
    assert call.end < timeline.epoch(log.at) + 1000


def test_a_journal_cut_in_the_middle_of_a_call_still_reads() -> None:
    log = Log().add(
        "call.returned",
        1,
        {"call": "9.0", "result": 1},
        step=9,
        tool="get",
        outcome="ok",
        verdict="succeeded",
    )
    assert [row.what for row in log.rows()] == ["get"]
    assert [entry.where for entry in log.entries()] == ["get · step 9"]


def test_a_kind_nobody_knows_yet_is_shown_by_its_name() -> None:
    log = Log().add("budget.warned", 0, {"anything": 1})
    assert [row.note for row in log.rows()] == ["budget.warned"]
    assert [entry.speaker for entry in log.entries()] == ["budget.warned"]


def test_text_that_is_only_a_little_longer_is_shown_whole() -> None:
    assert transcript.text("x" * 550, 3).full == 0
    long = transcript.text("x" * 5500, 3)
    assert (long.full, long.size) == (3, "5.5 kB")
    assert len(long.head) <= transcript.SHOWN


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
    plan, ask, gap, call = approved(
        {"order": 7, "amount": 150}, note="shipping is not refunded"
    ).rows()
    assert plan.what == "Plan"
    assert (
        ask.note
        == "refund approved with changes by ada — “shipping is not refunded” (rule refunds)"
    )
    assert gap.note == "idle 4 m 11 s — waited for an approver"
    assert (call.note, call.tone) == ("changed amount: 180 → 150", "good")


def test_the_transcript_shows_what_was_proposed_decided_and_executed() -> None:
    entries = {entry.sort: entry for entry in approved({"order": 7, "amount": 150}).entries()}
    assert [(field.name, field.value) for field in entries["ask"].args] == [
        ("order", "7"),
        ("amount", "180"),
    ]
    assert entries["ask"].runway == "approved with changes by ada"
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


def judged(closer: str, sentence: str) -> Log:
    data = {
        "closer": closer,
        "steps": 10,
        "sentence": sentence,
        "version": 2,
        "model": "openai:small",
    }
    facts: dict[str, Any] = {
        "tokens_in": 900,
        "tokens_out": 12,
        "usd": Decimal("0.002"),
        "duration": 1.5,
    }
    return Log().add(
        "judge.answered", 1, data, step=10, rule="judge:every-agent", actor="judge", **facts
    )


@pytest.mark.parametrize(
    ("closer", "sentence", "said"),
    [
        (
            "no",
            "it asks the same again",
            (
                "no closer to the goal than 10 steps ago — it asks the same again (judge"
                " every-agent v2)"
            ),
        ),
        ("yes", "", "closer to the goal than 10 steps ago (judge every-agent v2)"),
        (
            "unknown",
            "No answer within 30 s.",
            "no answer — No answer within 30 s. (judge every-agent v2)",
        ),
    ],
)
def test_a_judges_word_is_a_row_with_its_rule_and_its_cost(
    closer: str, sentence: str, said: str
) -> None:
    log = judged(closer, sentence)
    [row] = log.rows()
    assert (row.what, row.note, row.tokens, row.cost, row.took) == (
        "Judge",
        said,
        "900 → 12",
        "$0.0020",
        "1.5 s",
    )
    [entry] = log.entries()
    assert entry.rule == "judge every-agent v2"


@pytest.mark.parametrize("kind", ["hint.given", "run.paused", "run.stopped"])
def test_a_finding_names_its_rule_with_its_version(kind: str) -> None:
    data = {
        "text": "Again the same.",
        "detail": "Again the same.",
        "reason": "LOOP_DETECTED",
        "version": 3,
    }
    [row] = Log().add(kind, 1, data, step=4, rule="loop-near").rows()
    assert row.note.endswith(" (rule loop-near v3) — Again the same.")


def test_a_gap_names_whom_it_waited_for_whatever_was_said_meanwhile() -> None:
    log = Log().plan(1).add("call.asked", 0, {"call": "1.0", "args": {}}, step=1, tool="pay")
    log.add("run.waiting", 0, {"waiting_for": "approval"}).add(
        "approval.refused", 60, {"act": "approve"}, step=1, tool="pay"
    )
    log.add("approval.escalated", 60, {"group": "admin"}, step=1, tool="pay", actor="user:ada")
    log.add("call.refused", 1_800, {"call": "1.0"}, step=1, tool="pay")
    gaps = [row.note for row in log.rows() if row.sort == "gap"]
    assert gaps == [
        "idle 1 m — waited for an approver",
        "idle 1 m — waited for an approver",
        "idle 30 m — waited for admin",
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


def summed_up(**facts: Any) -> Log:
    """Steps 1 to 40 were folded after a model was asked to sum them up."""
    data = {"steps": 40, "messages": 81, "summary": "Order 7 is paid.", "why": "", **facts}
    return Log().add(
        "context.compacted",
        1,
        data,
        step=44,
        model="openai:small",
        tokens_in=9_000,
        tokens_out=120,
        usd=Decimal("0.004"),
        duration=2.0,
    )


def test_a_model_s_summary_is_a_row_with_its_cost_and_is_read_in_the_transcript() -> None:
    log = summed_up(by="model")
    [row] = log.rows()
    said = "Steps 1 to 40 summed up to fit the model's window, by openai:small"
    assert (row.what, row.note, row.tone) == ("Summary", said, "")
    assert (row.tokens, row.cost, row.took) == ("9,000 → 120", "$0.0040", "2.0 s")
    [entry] = log.entries()
    assert (entry.speaker, entry.where) == ("supervisor", said)
    assert entry.text is not None
    assert entry.text.head == "Order 7 is paid."


def test_a_summary_of_no_use_says_why_and_what_it_cost_all_the_same() -> None:
    log = summed_up(by="digest", why="Its summary was too long.")
    [row] = log.rows()
    assert row.tone == "bad"
    assert row.note.endswith("by one line for each call — Its summary was too long.")
    assert row.cost == "$0.0040"
    [entry] = log.entries()
    assert entry.error == "Its summary was too long."


def test_lines_that_no_model_was_asked_for_are_a_mark() -> None:
    data = {"steps": 1, "messages": 2, "summary": "1. get() -> fine", "by": "digest"}
    [row] = Log().add("context.compacted", 1, data, step=3).rows()
    assert (row.sort, row.cost) == ("mark", "")
    assert row.note == "Step 1 summed up to fit the model's window, by one line for each call"


def parallel(*seconds: float | None) -> Log:
    """A decision whose calls begin together; each takes so long, or is not back yet."""
    log = Log().plan(1)
    for place, _ in enumerate(seconds, 1):
        given = {"call": f"1.{place}", "args": {"n": place}, "timeout": 10.0 * place}
        log.add("call.intended", 0, given, step=1, tool="get")
    took = sorted((lasts, place) for place, lasts in enumerate(seconds, 1) if lasts is not None)
    passed = 0.0
    for lasts, place in took:
        back = {"call": f"1.{place}", "result": "fine", "error": ""}
        facts = {"outcome": "ok", "verdict": "succeeded", "duration": lasts}
        log.add("call.returned", lasts - passed, back, step=1, tool="get", **facts)
        passed = lasts
    return log


def test_calls_side_by_side_have_a_lane_each_and_say_so() -> None:
    plan, first, second, third = parallel(3.0, 1.0, 2.0).rows()
    assert [row.beside for row in (plan, first, second, third)] == [False, False, True, True]
    assert first.start == second.start == third.start
    assert [row.end - row.start for row in (first, second, third)] == [3_000, 1_000, 2_000]


def test_calls_one_after_the_other_are_not_beside_each_other() -> None:
    rows = Log().plan(1).call(1).plan(2).call(2).rows()
    assert not any(row.beside for row in rows)


def test_no_gap_is_drawn_while_a_call_beside_the_last_one_is_still_at_work() -> None:
    rows = parallel(20.0, 1.0).plan(2).rows()
    assert [row.sort for row in rows] == ["plan", "call", "call", "plan"]


def test_each_call_that_is_not_back_is_shown_as_flying_and_the_first_to_time_out_is_known() -> None:
    log = parallel(None, 1.0, None)
    assert [bool(row.since) for row in log.rows()] == [False, True, False, True]
    found = story.flying(story.turns(log.stored))
    assert found == story.Flying(2, START + timedelta(seconds=1 + 10))


def test_calls_that_a_pause_has_left_open_do_not_fly_on() -> None:
    log = parallel(None, 1.0).add("run.paused", 1, {"reason": "TOOL_FAILURE"})
    assert story.flying(story.turns(log.stored)) is None
    assert not any(row.since for row in log.rows())
