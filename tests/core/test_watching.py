"""A run watched for loops by its events: which of them count, what is said to the planner and when,
what a person's word begins anew.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from policies.decision import ALLOWED, DecisionKind, StopReason
from policies.loops import detector
from policies.thresholds.rows import Standards
from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import SUPERVISOR, Effect, Outcome, Verdict
from runs.supervision import loop_watch
from runs.supervision.loop_watch import LoopWatch

AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
STANDARDS = Standards(loops_version=4)


def watching() -> LoopWatch:
    return LoopWatch(lambda: STANDARDS)


def intended(step: int, args: Any = None, **facts: Any) -> e.CallIntended:
    given: dict[str, Any] = {"effect": Effect.READ, "tool": "search", "ref": "r", "key": "k"}
    return e.CallIntended(
        at=AT + timedelta(seconds=step),
        step=step,
        call=f"{step}.1",
        args={"q": "order 1042"} if args is None else args,
        **{**given, **facts},
    )


def returned(step: int, result: Any = "nothing found", **facts: Any) -> e.CallReturned:
    given: dict[str, Any] = {"outcome": Outcome.OK, "verdict": Verdict.SUCCEEDED, "tool": "search"}
    return e.CallReturned(
        at=AT + timedelta(seconds=step),
        step=step,
        call=f"{step}.1",
        result=result,
        **{**given, **facts},
    )


def go_round(found: LoopWatch, first: int, last: int, **facts: Any) -> LoopWatch:
    """One call with one answer, made again in each step."""
    for step in range(first, last + 1):
        found.observe([intended(step)])
        found.observe([returned(step, **facts)])
    return found


def hinted(found: LoopWatch, step: int) -> LoopWatch:
    said = found.decision(RunState(step=step))
    found.observe(
        [e.HintGiven(at=AT, actor=SUPERVISOR, step=step, text=said.sentence, rule=said.rule)]
    )
    return found


def test_a_run_that_gets_on_is_told_nothing() -> None:
    found = watching()
    for step in range(1, 9):
        found.observe([intended(step, {"q": f"order {step * 7919}"})])
        found.observe([returned(step, f"order {step * 104729} was placed by person {step * 31}")])
    assert found.decision(RunState(step=8)) == ALLOWED


def test_the_first_finding_is_a_hint_to_the_planner_with_its_steps() -> None:
    said = go_round(watching(), 3, 5).decision(RunState(step=5))
    assert said.kind is DecisionKind.ALLOW
    assert said.reason is None
    assert said.rule == "loop-exact"
    assert said.version == 4
    assert said.sentence == loop_watch.hint(
        "search was called 3 times with the same arguments and gave the same answer each time"
        " (steps 3, 4, 5)."
    )
    assert said.facts["calls"] == ["3.1", "4.1", "5.1"]
    assert said.facts["kind"] == "exact"
    assert 0 < said.facts["score"] <= 1


def test_a_hint_comes_first_however_sure_the_finding_is() -> None:
    assert go_round(watching(), 1, 12).decision(RunState(step=12)).kind is DecisionKind.ALLOW


def test_after_the_hint_a_run_that_goes_on_reading_the_same_is_paused() -> None:
    found = go_round(hinted(go_round(watching(), 1, 3), 3), 4, 12)
    said = found.decision(RunState(step=12))
    assert said.kind is DecisionKind.PAUSE
    assert said.reason is StopReason.LOOP_DETECTED
    assert not said.sentence.startswith("[Supervisor")


def test_the_same_hint_is_not_said_again_at_once() -> None:
    found = hinted(go_round(watching(), 1, 3), 3)
    assert found.said.kind is DecisionKind.ALLOW
    assert found.decision(RunState(step=4)) == ALLOWED
    again = found.decision(RunState(step=3 + loop_watch.REPEAT_HINT_AFTER))
    assert again.sentence.startswith("[Supervisor: ")


def test_a_person_who_lets_it_go_on_begins_the_watch_anew() -> None:
    found = hinted(go_round(watching(), 1, 3), 3)
    found.observe([e.RunResumed(at=AT, actor="user:anna")])
    assert (found.state, found.said, found.hinted_at) == (detector.START, ALLOWED, None)
    assert found.score == 0


def test_a_supervisor_that_lets_it_go_on_does_not() -> None:
    found = hinted(go_round(watching(), 1, 3), 3)
    before = found.state
    found.observe([e.RunResumed(at=AT, actor=SUPERVISOR)])
    assert (found.state, found.hinted_at) == (before, 3)


def test_a_persons_words_are_news() -> None:
    found = go_round(watching(), 1, 2)
    before = found.state
    found.observe([e.RunResumed(at=AT, actor=SUPERVISOR, note="Look at order 2044 instead.")])
    assert found.state is not before
    assert found.state.memory is not before.memory


def test_an_attempt_that_will_be_repeated_is_no_call_of_its_own() -> None:
    found = watching()
    found.observe([intended(1)])
    found.observe([returned(1, "", outcome=Outcome.ERROR, error="busy", retry_at=AT)])
    assert found.state == detector.START
    found.observe([returned(1, attempt=2)])
    assert len(found.state.calls) == 1


def test_an_answer_without_its_call_counts_for_nothing() -> None:
    found = watching()
    found.observe([returned(1)])
    assert found.state == detector.START


def test_a_refused_call_counts_as_one_that_failed() -> None:
    found = watching()
    for step in (1, 2, 3):
        found.observe(
            [
                e.CallRefused(
                    at=AT,
                    actor=SUPERVISOR,
                    step=step,
                    tool="refund",
                    call=f"{step}.1",
                    ref="r",
                    args={"usd": 900},
                    rule="limit",
                    sentence="Over the limit.",
                )
            ]
        )
    said = found.decision(RunState(step=3))
    assert said.facts["calls"] == ["1.1", "2.1", "3.1"]


def test_a_run_that_hammers_at_what_is_refused_is_ended() -> None:
    found = watching()
    for step in range(1, 10):
        found.observe(
            [
                e.CallRefused(
                    at=AT, actor=SUPERVISOR, step=step, tool="refund", call=f"{step}.1", ref="r",
                    args={"usd": 900}, rule="limit", sentence="Over the limit.",
                )
            ]
        )  # fmt: skip
        if step == 3:
            hinted(found, step)
    assert found.decision(RunState(step=9)).kind is DecisionKind.STOP


def test_several_calls_of_one_step_are_told_as_that_step() -> None:
    found = watching()
    for call in ("7.1", "7.2", "7.3"):
        found.observe(
            [
                e.CallIntended(
                    at=AT,
                    step=7,
                    tool="search",
                    call=call,
                    ref="r",
                    args={"q": "x"},
                    key=call,
                    effect=Effect.READ,
                )
            ]
        )
        found.observe(
            [
                e.CallReturned(
                    at=AT,
                    step=7,
                    tool="search",
                    call=call,
                    outcome=Outcome.OK,
                    verdict=Verdict.SUCCEEDED,
                    result="none",
                )
            ]
        )
    said = found.decision(RunState(step=7))
    assert "(step 7)" in said.sentence
    assert said.facts["calls"] == ["7.1", "7.2", "7.3"]


def test_a_plan_with_calls_is_judged_by_its_calls_alone() -> None:
    found = watching()
    found.observe([e.StepPlanned(at=AT, step=1, final="The same words as ever, said once more.")])
    assert len(found.state.words) == 1


# thinking while a result is on its way


def test_what_was_thought_of_while_it_was_written_is_taken_over() -> None:
    ahead, plain = go_round(watching(), 1, 2), go_round(watching(), 1, 2)
    result = returned(3)
    for each in (ahead, plain):
        each.observe([intended(3)])
    ahead.preview([result])
    ahead.observe([result])
    plain.observe([result])
    assert (ahead.state, ahead.said) == (plain.state, plain.said)
    assert ahead.decision(RunState(step=3)) == plain.decision(RunState(step=3))


def test_a_thought_about_another_event_is_forgotten() -> None:
    found = go_round(watching(), 1, 2)
    found.observe([intended(3)])
    found.preview([returned(3, "never written")])
    found.observe([returned(3)])
    assert len(found.state.calls) == 3
    assert found.decision(RunState(step=3)).sentence.endswith("with what you have.]")


def test_a_thought_is_stale_once_something_else_was_observed() -> None:
    ahead, plain = go_round(watching(), 1, 2), go_round(watching(), 1, 2)
    result = returned(3)
    news = e.HintGiven(at=AT, actor="judge", step=2, text="A parcel came back.", rule="judge:x")
    for each in (ahead, plain):
        each.observe([intended(3)])
    ahead.preview([result])
    for each in (ahead, plain):
        each.observe([news])
        each.observe([result])
    assert (ahead.state, ahead.said) == (plain.state, plain.said)
