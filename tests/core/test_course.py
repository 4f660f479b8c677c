"""Events and the state they lead to go together: nothing is folded twice, nothing is remembered."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine import actions, fold, machine, outcomes
from runs.engine import events as e
from runs.engine.course import Course, reached
from runs.engine.engine_errors import IllegalMove
from runs.engine.fold import folded
from runs.engine.fold_runs import Changes
from runs.engine.state import RunState
from tests.core.runs_in_memory import START, Rules, calling, created, running, spec, world

STEP = e.StepPlanned(at=START, step=1, thought="t", calls=(), final="done")


def rules() -> Rules:
    return Rules({"read": spec("read")})


def plan_of(state: RunState) -> actions.Plan:
    plan = machine.next_effect(state, rules(), START)
    assert isinstance(plan, actions.Plan)
    return plan


@given(cut=st.integers(0, 12))
def test_a_course_leads_where_its_events_lead(cut: int) -> None:
    journal = [created(), *played()]
    before = folded(journal[:1])
    course = Course(before, journal[1 : 1 + cut])
    assert course.before is before
    assert list(course) == journal[1 : 1 + cut]
    assert course.after == folded(journal[1 : 1 + cut], before)


def played() -> Sequence[e.RunEvent]:
    play = world([calling("read"), calling("read", "read"), calling("read")], spec("read"))
    play.live()
    return play.journal[1:]


def test_what_may_not_happen_changes_nothing_of_a_course() -> None:
    course = Course(running(), [STEP])
    after = course.after
    with pytest.raises(IllegalMove):
        course.add(created())
    assert (list(course), course.after) == ([STEP], after)


def test_a_branch_goes_on_by_itself() -> None:
    course = Course(running(), [STEP])
    branch = course.branch()
    branch.add(e.RunCompleted(at=START, actor="planner", final="done"))
    assert (len(course), len(branch)) == (1, 2)
    assert course.after == folded([STEP], course.before)
    assert branch.after == folded(branch, branch.before)


def test_a_course_reads_like_a_list_of_its_events() -> None:
    course = Course(running(), [STEP])
    assert (course[0], course[-1], course[:1], bool(course)) == (STEP, STEP, [STEP], True)
    assert not Course(running())


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of events that were folded, as they are."""
    seen: list[str] = []
    for kind, really in fold.FOLDS.items():

        def noted(state: RunState, event: Any, really: Any = really) -> Changes:
            seen.append(event.kind)
            changes: Changes = really(state, event)
            return changes

        monkeypatch.setitem(fold.FOLDS, kind, noted)
    return seen


def test_a_turn_that_was_judged_is_committed_without_being_folded_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state, turn = running(), calling("read")
    plan = plan_of(state)
    seen = counted(monkeypatch)
    step = outcomes.planned(state, plan, turn, START, 0.1)
    made = outcomes.after_plan(state, plan, turn, rules(), START, 0.1, step=step)
    after = reached(state, made, made)
    assert seen == [event.kind for event in made] == ["step.planned", "call.intended"]
    assert after == folded(list(made), state)


def test_a_turn_that_was_judged_before_news_came_is_made_anew() -> None:
    state, turn = running(), calling("read")
    plan = plan_of(state)
    step = outcomes.planned(state, plan, turn, START, 0.1)
    news = folded([e.PauseRequested(at=START)], state)
    made = outcomes.after_plan(news, plan, turn, rules(), START, 0.1, step=step)
    assert [event.kind for event in made] == ["step.planned"]
    assert made.before is news
    assert made.after.control is news.control


def test_the_turn_serves_once_more_when_its_commit_has_to_be_said_again() -> None:
    state, turn = running(), calling("read")
    plan = plan_of(state)
    step = outcomes.planned(state, plan, turn, START, 0.1)
    first, again = (
        outcomes.after_plan(state, plan, turn, rules(), START, 0.1, step=step) for _ in range(2)
    )
    assert list(first) == list(again)
    assert len(step) == 1


def test_events_changed_for_the_record_are_folded_as_they_are_kept() -> None:
    course = Course(running(), [STEP])
    kept = [replace(STEP, final="done, as it is kept")]
    assert reached(course.before, course, kept) == folded(kept, course.before)
    assert reached(course.before, course, kept) != course.after


def test_a_course_of_another_state_says_nothing_of_this_one() -> None:
    state = running()
    course = Course(replace(state, goal="another"), [STEP])
    assert reached(state, course, course) == folded([STEP], state)


def test_plain_events_are_folded() -> None:
    state = running()
    assert reached(state, [STEP], [STEP]) == folded([STEP], state)
