"""The timeline: turns out of events, the axis they are drawn on, what is flying, what rows say."""

from datetime import timedelta

import pytest

from runs.reading import story, timeline, transcript
from tests.core.run_log import START, Log


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
