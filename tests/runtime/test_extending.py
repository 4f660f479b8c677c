"""A run that reached a limit of its own gets more of it for a reason and goes on from there."""

import pytest
from django.contrib.auth.models import Permission, User

from console.refused import Refused
from runs import limit_extension
from runs.engine.vocabulary import RunStatus, StopReason
from runs.models import Run
from runs.runtime import nudge
from tests.runtime.conftest import Bench, answering, calling, kinds, now

TWO_STEPS = calling("look") + answering()


@pytest.fixture
def guard(bench: Bench) -> User:
    """Somebody who may edit budgets."""
    someone = User.objects.create_user("greta")
    someone.user_permissions.add(
        *Permission.objects.filter(codename__in=("change_budget", "view_run"))
    )
    return User.objects.get(pk=someone.pk)


def ended(bench: Bench, **limits: int) -> Run:
    bench.tool("look")
    return bench.play(bench.start(TWO_STEPS, **limits))


def extended(run: Run, guard: User, value: str, note: str = "nearly there") -> Run:
    return limit_extension.extend(run_id=run.pk, actor=guard, at=now(), value=value, note=note)


def test_a_run_that_used_its_steps_gets_more_and_goes_on_where_it_stopped(
    bench: Bench, guard: User
) -> None:
    run = ended(bench, max_steps=1)
    assert (run.status, run.stop_reason) == (RunStatus.STOPPED, StopReason.BUDGET_EXCEEDED)
    raised = extended(run, guard, "5")
    assert (raised.status, raised.max_steps, raised.stop_reason) == (RunStatus.QUEUED, 5, "")
    done = bench.play(run)
    assert (done.status, done.step) == (RunStatus.COMPLETED, 2)
    assert len(bench.tools["look"].keys) == 1, "what was done is not done again"
    assert kinds(run).count("run.extended") == 1


def test_it_is_taken_by_a_worker_without_being_asked_for_again(
    bench: Bench, guard: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    run = ended(bench, max_steps=1)
    monkeypatch.setattr(nudge, "advance", asked.append)
    extended(run, guard, "5")
    assert asked == [run.pk]


def test_what_would_not_be_enough_for_one_more_step_is_refused_and_changes_nothing(
    bench: Bench, guard: User
) -> None:
    run = ended(bench, max_tokens=1)
    assert run.stop_reason == StopReason.BUDGET_EXCEEDED
    with pytest.raises(Refused, match="end it again before its next step"):
        extended(run, guard, "2")
    assert bench.look(run).status == RunStatus.STOPPED
    assert extended(run, guard, "1000000").status == RunStatus.QUEUED


@pytest.mark.parametrize("value", ["1", "0", "-3", "many", "", "NaN", "1e9", "2.5"])
def test_a_limit_is_a_larger_number_of_the_same_kind(bench: Bench, guard: User, value: str) -> None:
    run = ended(bench, max_steps=1)
    with pytest.raises(Refused):
        extended(run, guard, value)


def test_more_is_given_for_a_reason(bench: Bench, guard: User) -> None:
    run = ended(bench, max_steps=1)
    with pytest.raises(Refused, match="Say why"):
        extended(run, guard, "5", note=" ")


def test_a_limit_is_raised_by_those_who_raise_budgets(bench: Bench) -> None:
    run = ended(bench, max_steps=1)
    operator = User.objects.create_user("otto")
    with pytest.raises(Refused, match="somebody who may edit budgets"):
        extended(run, operator, "5")


def test_a_run_that_ended_for_another_reason_has_no_limit_to_raise(
    bench: Bench, guard: User
) -> None:
    run = bench.play(bench.start(answering()))
    with pytest.raises(Refused, match="not stopped by a limit of its own"):
        extended(run, guard, "5")
