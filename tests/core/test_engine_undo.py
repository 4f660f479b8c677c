"""An undo is an effect: lost with its worker it is in doubt by its own contract, never simply done
again.
"""

import pytest

from runs.engine import events as e
from runs.engine import machine, outcomes
from runs.engine.fold import folded
from runs.engine.ports import Happened, Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, RunStatus, StopReason, Verdict, Waiting
from tests.core.runs_in_memory import World, answering, calling, spec, world

MOMENTS = ("before undo", "after undo")


def killed(*, moment: str = "", **facts: bool) -> World:
    """A run with one reversible call that a person kills; the worker is lost once, at `moment` of
    the undo.
    """
    tool = spec("book", effect=Effect.REVERSIBLE, has_undo=True, **facts)
    died: list[str] = []

    def dies(now: str) -> bool:
        if now != moment or died:
            return False
        died.append(now)
        return True

    play = world([calling("book"), answering()], tool, dies=dies)
    play.journal.append(e.RunLeased(at=play.now, owner="worker", epoch=1))
    state = folded(play.journal)
    effect = machine.next_effect(state, play.rules, play.now)
    state = play.commit(state, play.thought(state, effect))  # type: ignore[arg-type]
    flying = machine.next_effect(state, play.rules, play.now)
    state = play.commit(state, play.after(state, flying))  # type: ignore[arg-type]
    play.commit(state, [e.KillRequested(at=play.now, actor="user:anna")])
    return play


def settled(play: World, happened: Happened) -> RunState:
    word = e.CallSettled(
        at=play.now,
        actor="user:anna",
        step=1,
        tool="book",
        call="1.1",
        happened=happened,
        undo=True,
    )
    play.journal.extend(outcomes.after_undo_settlement(folded(play.journal), word))
    return play.live()


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_undo_lost_with_its_worker_waits_for_a_person_and_is_not_done_again(moment: str) -> None:
    play = killed(moment=moment)
    end = play.live()
    assert (end.status, end.waiting_for) == (RunStatus.COMPENSATING, Waiting.IN_DOUBT)
    assert play.undos.get("1.1", 0) <= 1
    assert play.live() == end


@pytest.mark.parametrize(
    ("moment", "happened", "reason"),
    [
        ("before undo", Happened.NO, StopReason.USER_KILLED),
        ("after undo", Happened.YES, StopReason.USER_KILLED),
        ("after undo", Happened.UNKNOWN, StopReason.COMPENSATION_FAILED),
    ],
)
def test_a_persons_word_on_an_undo_in_doubt_ends_the_undoing(
    moment: str, happened: Happened, reason: StopReason
) -> None:
    play = killed(moment=moment)
    play.live()
    end = settled(play, happened)
    assert (end.status, end.stop_reason, end.waiting_for) == (RunStatus.STOPPED, reason, None)
    assert play.undos == {"1.1": 1}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_lookup_of_the_undo_answers_instead_of_a_person(moment: str) -> None:
    play = killed(moment=moment, has_undo_lookup=True)
    assert play.live().stop_reason is StopReason.USER_KILLED
    assert play.undos == {"1.1": 1}
    assert [event.undo for event in play.journal if isinstance(event, e.CallLookedUp)] == [True]


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_idempotent_undo_is_made_again(moment: str) -> None:
    play = killed(moment=moment, undo_idempotent=True)
    assert play.live().stop_reason is StopReason.USER_KILLED
    assert play.undos == {"1.1": 1}


def test_that_a_call_is_idempotent_promises_nothing_of_its_undo() -> None:
    assert killed(moment="after undo", idempotent=True).live().waiting_for is Waiting.IN_DOUBT


def test_an_undo_that_gave_no_answer_in_time_is_in_doubt_as_well() -> None:
    play = killed()
    play.undo_outcome = Outcome.TIMEOUT
    assert play.live().waiting_for is Waiting.IN_DOUBT
    assert play.undos == {"1.1": 1}


def test_an_undo_that_never_answers_and_never_happened_is_not_tried_for_ever() -> None:
    play = killed(has_undo_lookup=True)
    silent = Returned(Outcome.TIMEOUT, error="No answer within 5 s.")
    play.undone = lambda effect: silent  # type: ignore[method-assign]
    end = play.live()
    assert (end.stop_reason, end.undo_failed) == (StopReason.COMPENSATION_FAILED, ("1.1",))
    assert [event.attempt for event in play.journal if isinstance(event, e.UndoIntended)] == [
        1,
        2,
        3,
    ]


def test_what_came_late_is_counted_until_somebody_has_looked_into_it() -> None:
    play = killed()
    late = e.CallLate(
        at=play.now,
        step=1,
        tool="book",
        call="1.1",
        epoch=1,
        outcome=Outcome.OK,
        verdict=Verdict.SUCCEEDED,
    )
    play.live()
    assert folded([*play.journal, late, late]).late == 2
    assert folded([*play.journal, late, e.LateAcknowledged(at=play.now)]).late == 0
