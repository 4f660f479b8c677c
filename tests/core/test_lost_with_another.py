"""A call that is lost because something else in its place had to be ended counts for nothing: it is
made again where that does no harm, and found out about where it may.
"""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import Decision, DecisionKind
from runs.engine import actions, outcomes
from runs.engine import events as e
from runs.engine.codec import decode, encode
from runs.engine.fold import folded
from runs.engine.kept_calls import Doubt, Flight, Undoable
from runs.engine.ports import Happened, Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Control,
    LossBlame,
    Outcome,
    RunPhase,
    RunStatus,
    StopReason,
    Verdict,
    Waiting,
)
from tests.core.runs_in_memory import START
from tests.core.test_engine_doubt import ASKED, CONTRACTS, DOUBTFUL, Silent, kinds, silent, told

WORDS = "Its tool process was killed after 3 s, in a call of hold."


def taken_along(
    blame: LossBlame = LossBlame.OTHERS, *, begun: bool = True, outcome: Outcome = Outcome.ERROR
) -> Returned:
    return Returned(outcome, error=WORDS, answered=not begun, blame=blame)


def strict(tool: str, *answers: Returned, found: Sequence[Happened] = ()) -> Silent:
    """A run whose rules try nothing again."""
    play = silent(tool, *answers, found=found)
    play.rules.retrying = lambda flight: Decision(DecisionKind.DENY)
    return play


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("tool", ["read", "idem"])
def test_what_can_do_no_harm_twice_is_made_again_and_no_rule_or_planner_hears_of_it(
    tool: str, begun: bool
) -> None:
    play = strict(tool, *[taken_along(begun=begun)] * 6)
    assert play.live().status is RunStatus.COMPLETED
    assert kinds(play) == ["call.intended", *["call.lost"] * 6, "call.returned"]
    returned = [event for event in play.journal if isinstance(event, e.CallReturned)]
    assert [event.attempt for event in returned] == [1], "no attempt is used up"
    assert WORDS not in told(play)


@pytest.mark.parametrize("tool", DOUBTFUL)
def test_what_was_not_begun_is_made_again_whatever_it_does(tool: str) -> None:
    play = strict(tool, taken_along(begun=False), taken_along(begun=False))
    assert play.live().status is RunStatus.COMPLETED
    assert kinds(play) == ["call.intended", "call.lost", "call.lost", "call.returned"]


@pytest.mark.parametrize("tool", ["pay", "book"])
def test_what_was_begun_and_nobody_can_look_up_is_asked_of_a_person(tool: str) -> None:
    play = strict(tool, taken_along())
    end = play.live()
    assert (end.status, end.waiting_for) == (RunStatus.WAITING, Waiting.IN_DOUBT)
    assert end.stop_detail == f"{WORDS} Did {tool} happen?"
    assert play.made == 1


@pytest.mark.parametrize("tool", ASKED)
def test_what_did_not_happen_by_its_tools_word_is_made_again_and_is_no_failure(tool: str) -> None:
    play = strict(tool, taken_along(), taken_along(), found=[Happened.NO, Happened.NO])
    assert play.live().status is RunStatus.COMPLETED
    assert play.made == 3
    assert kinds(play) == [
        "call.intended", "call.lost", "call.looked_up", "call.lost", "call.looked_up",
        "call.returned",
    ]  # fmt: skip


@pytest.mark.parametrize("tool", ASKED)
def test_what_happened_by_its_tools_word_is_not_made_again(tool: str) -> None:
    play = strict(tool, taken_along(), found=[Happened.YES])
    assert play.live().status is RunStatus.COMPLETED
    assert play.made == 1


@pytest.mark.parametrize("tool", CONTRACTS)
def test_one_of_several_that_may_be_at_fault_is_forgiven_once(tool: str) -> None:
    play = strict(tool, *[taken_along(LossBlame.SHARED, begun=False)] * 2)
    assert play.live().status is RunStatus.COMPLETED
    assert kinds(play) == ["call.intended", "call.lost", "call.returned"]
    assert WORDS in told(play), "the second one is its failure"


def test_a_time_that_ran_out_while_another_held_the_interpreter_is_given_again() -> None:
    late = taken_along(LossBlame.SHARED, outcome=Outcome.TIMEOUT)
    play = strict("read", late)
    assert play.live().status is RunStatus.COMPLETED
    assert kinds(play) == ["call.intended", "call.lost", "call.returned"]


def test_the_loss_is_no_failure_that_a_page_shows_and_only_a_doubt_is_being_found_out() -> None:
    play = strict("read", taken_along())
    play.live()
    lost = next(at for at, each in enumerate(play.journal) if isinstance(each, e.CallLost))
    state = folded(play.journal[: lost + 1])
    assert (state.phase, state.last_failure, state.retries) == (RunPhase.CALLING, "", 0)
    assert state.flight is not None
    assert (state.flight.doubt, state.flight.blame) == (Doubt.NONE, LossBlame.OTHERS)


def test_a_kill_that_comes_with_the_loss_is_acknowledged_and_nothing_is_made_again() -> None:
    play = strict("idem", taken_along())
    before = play.after

    def killed(state: RunState, effect: actions.Perform) -> list[e.RunEvent]:
        found = before(state, effect)
        play.journal.append(e.KillRequested(at=play.now, actor="user:anna"))
        return found

    def commit(_state: RunState, events: Sequence[e.RunEvent]) -> RunState:
        play.journal.extend(events)
        return folded(play.journal)

    play.after = killed  # type: ignore[method-assign]
    play.commit = commit  # type: ignore[method-assign,assignment]
    end = play.live()
    assert (end.status, end.control, play.made) == (RunStatus.STOPPED, Control.NONE, 1)
    assert end.stop_reason in (StopReason.USER_KILLED, StopReason.KILLED_IN_DOUBT)


def flight_of(blame: LossBlame) -> Flight:
    return Flight(
        call="1.1", ref="a", tool="pay", args={}, key="k", step=1, idempotent=False, lookup=False,
        undo=False, timeout=5.0, blame=blame,
    )  # fmt: skip


@given(
    before=st.sampled_from(LossBlame),
    blame=st.sampled_from(LossBlame),
    outcome=st.sampled_from(Outcome),
    answered=st.booleans(),
)
def test_whoever_is_at_fault_is_never_innocent_and_what_came_back_is_no_loss(
    before: LossBlame, blame: LossBlame, outcome: Outcome, answered: bool
) -> None:
    back = Returned(outcome, error=WORDS, answered=answered, blame=blame)
    innocent = outcomes.innocent(flight_of(before), back)
    if outcome in (Outcome.OK, Outcome.CANCELLED) or blame is LossBlame.OWN:
        assert not innocent
    elif blame is LossBlame.OTHERS:
        assert innocent
    else:
        assert innocent is (before is not LossBlame.SHARED)


@pytest.mark.parametrize("blame", LossBlame)
@pytest.mark.parametrize("begun", [True, False])
def test_the_loss_is_read_back_as_it_was_written(blame: LossBlame, begun: bool) -> None:
    event = e.CallLost(
        at=START, step=1, tool="pay", call="1.1", outcome=Outcome.ERROR, blame=blame, begun=begun
    )
    assert decode(event.kind, *encode(event)) == event


# undone calls


def undoable(*, idempotent: bool) -> Undoable:
    return Undoable("1.1", "book", {}, {}, 1, idempotent, False)


@pytest.mark.parametrize(
    ("idempotent", "begun", "events"), [(True, True, 0), (True, False, 0), (False, False, 0),
    (False, True, 1)],
)  # fmt: skip
def test_an_undo_that_another_call_took_along_uses_up_no_attempt_where_it_may_be_made_again(
    idempotent: bool, begun: bool, events: int
) -> None:
    entry = undoable(idempotent=idempotent)
    found = outcomes.after_undo(entry, 1, taken_along(begun=begun), START)
    assert len(found) == events
    assert all(isinstance(each, e.UndoReturned) for each in found)
    if found:
        [told_of] = found
        assert isinstance(told_of, e.UndoReturned)
        assert told_of.verdict is Verdict.UNKNOWN, "it is found out about"


def test_an_undo_that_is_to_blame_itself_has_used_up_its_attempt() -> None:
    own = taken_along(LossBlame.OWN)
    [event] = outcomes.after_undo(undoable(idempotent=True), 1, own, START)
    assert isinstance(event, e.UndoReturned)
    assert event.verdict is Verdict.FAILED
