"""A judge in a run: asked now and then, counted like any other call, asked once however often the
run is taken over.
"""

from collections.abc import Callable
from decimal import Decimal

import pytest

from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine import events as e
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.fold import folded
from runs.engine.ports import Inquiry, PlannerTurn, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import Closer, RunStatus, StopReason
from tests.core.runs_in_memory import World, answering, calling, world

EVERY = 3
NO = PlannerTurn(
    final="NO: it asks the same again", usage=Usage(40, 9, Decimal("0.5")), model="small"
)
YES = PlannerTurn(
    final="YES: it found the order", usage=Usage(40, 9, Decimal("0.5")), model="small"
)


def inquiry(state: RunState) -> Inquiry | None:
    if state.step - state.judged < EVERY:
        return None
    return Inquiry("judge:probe", 4, EVERY, {}, "judge", "closer?", 20, 5.0)


def judged_by(*words: PlannerTurn | PlannerError, steps: int = 10, **facts: object) -> World:
    made = world([*[calling("read")] * steps, answering()], judge=words, **facts)
    made.rules.judging = inquiry
    return made


def answers(journal: list[e.RunEvent]) -> list[e.JudgeAnswered]:
    return [event for event in journal if isinstance(event, e.JudgeAnswered)]


def test_it_is_asked_every_so_many_steps_and_its_word_is_on_the_record() -> None:
    made = judged_by(YES, NO, YES)
    assert made.live().status is RunStatus.COMPLETED
    assert made.judgements == [3, 6, 9]
    assert [(each.closer, each.step) for each in answers(made.journal)] == [
        (Closer.YES, 3),
        (Closer.NO, 6),
        (Closer.YES, 9),
    ]
    said = answers(made.journal)[1]
    assert (said.sentence, said.model, said.rule, said.version, said.steps) == (
        "it asks the same again",
        "small",
        "judge:probe",
        4,
        EVERY,
    )


def test_what_it_costs_is_the_runs_own_cost() -> None:
    made = judged_by(YES, steps=4)
    state = made.live()
    assert (state.usd, state.tokens_in, state.tokens_out) == (
        Decimal("0.05") + Decimal("0.5"),
        5 * 10 + 40,
        5 * 5 + 9,
    )
    assert state.step == 5


def test_a_dear_judge_does_not_make_the_planners_next_call_look_dear() -> None:
    made = judged_by(YES, steps=4)
    assert made.live().max_call_cost == Decimal("0.01")


@pytest.mark.parametrize(
    ("word", "why"),
    [
        (PlannerError(PlannerFault.TRANSIENT, "No answer within 5 s."), "No answer within 5 s."),
        (PlannerError(PlannerFault.FATAL, "The connection failed"), "The connection failed"),
        (
            PlannerTurn(final="blah blah", usage=Usage(7, 2, Decimal("0.1"))),
            "Neither a plain yes nor a plain no: “blah blah”",
        ),
        (PlannerTurn(final="", usage=Usage()), "It said nothing."),
        (calling("read"), "It said nothing."),
    ],
)
def test_no_answer_is_recorded_and_never_stops_a_run(
    word: PlannerTurn | PlannerError, why: str
) -> None:
    made = judged_by(word, steps=4)
    assert made.live().status is RunStatus.COMPLETED
    [said] = answers(made.journal)
    assert (said.closer, said.sentence) == (Closer.UNKNOWN, why)
    assert made.judgements == [3]


def test_an_answer_that_was_paid_for_and_is_of_no_use_counts_all_the_same() -> None:
    made = judged_by(
        PlannerError(PlannerFault.MALFORMED, "cut off", usage=Usage(40, 20, Decimal("0.3"))),
        steps=4,
    )
    assert made.live().usd == Decimal("0.35")


def test_a_question_that_a_kill_cut_off_has_an_unknown_cost() -> None:
    made = judged_by(PlannerError(PlannerFault.CANCELLED, "The call was cancelled."), steps=4)
    assert made.live().usd_unknown


def drifting(world_of_run: World) -> Callable[[RunState], Decision]:
    """The second no ends it."""

    def decision(state: RunState) -> Decision:
        negative_verdicts = [
            each for each in answers(world_of_run.journal) if each.closer is Closer.NO
        ]
        if not negative_verdicts or negative_verdicts[-1].step != state.step:
            return ALLOWED
        reason = StopReason.DRIFTED if len(negative_verdicts) > 1 else None
        kind = DecisionKind.STOP if reason else DecisionKind.ALLOW
        return Decision(kind, "judge:probe", 4, "It drifts.", reason=reason)

    return decision


def test_the_rule_that_hints_and_stops_is_recorded_with_its_version() -> None:
    made = judged_by(NO)
    made.rules.watching = drifting(made)
    state = made.live()
    assert (state.status, state.stop_reason, state.step) == (
        RunStatus.STOPPED,
        StopReason.DRIFTED,
        6,
    )
    [hint] = [event for event in made.journal if isinstance(event, e.HintGiven)]
    assert (hint.step, hint.rule, hint.version) == (3, "judge:probe", 4)
    stopped = made.journal[-1]
    assert isinstance(stopped, e.RunStopped)
    assert (stopped.rule, stopped.version) == ("judge:probe", 4)


def test_a_journal_read_back_gives_the_same_run_without_asking_anybody() -> None:
    made = judged_by(NO)
    made.rules.watching = drifting(made)
    state = made.live()
    asked = list(made.judgements)
    assert folded(made.journal) == state
    assert made.judgements == asked


@pytest.mark.parametrize("moment", ["judging", "before commit", "after commit"])
def test_a_lost_worker_asks_again_only_what_has_no_answer_yet(moment: str) -> None:
    lost: list[str] = []

    def dies(now: str) -> bool:
        if now != moment or lost or not made.judgements:
            return False
        lost.append(now)
        return True

    made = judged_by(YES, steps=4, dies=dies)
    assert made.live().status is RunStatus.COMPLETED
    assert len(answers(made.journal)) == 1
    assert made.judgements == ([3] if moment == "after commit" else [3, 3])


def test_nobody_is_asked_about_a_run_that_may_not_go_on_anyway() -> None:
    made = judged_by(YES, steps=10, limits={"steps": 3})
    assert made.live().stop_reason is StopReason.BUDGET_EXCEEDED
    assert made.judgements == []
