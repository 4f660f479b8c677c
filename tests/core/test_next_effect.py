"""What a worker does next with a run as it stands: what must not wait, how a run is taken, and that
there is always one thing to do.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.decision import ALLOWED, Decision
from runs.engine import actions, machine
from runs.engine import events as e
from runs.engine.kept_calls import Doubt
from runs.engine.ports import ToolCall
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Control,
    RunStatus,
    StopReason,
    Waiting,
)
from tests.core.deciding import ASK, DENY, NOW, PAUSE, STOP, flight, following, recorded, rules
from tests.core.runs_in_memory import leased, running


class TestWhatCannotWait:
    @pytest.mark.parametrize(
        "status", [status for status in RunStatus if status is not RunStatus.RUNNING]
    )
    def test_is_to_let_go_of_a_run_that_is_not_in_hand(self, status: RunStatus) -> None:
        state = replace(running(), status=status, control=Control.KILL, lost=99)
        if status is RunStatus.COMPENSATING:
            assert isinstance(following(state), actions.Record)
        else:
            assert following(state) == actions.Release()

    def test_is_a_kill_before_a_crash_loop_and_before_any_rule(self) -> None:
        def shout(state: RunState) -> Decision:
            raise AssertionError("no rule is asked")

        state = replace(running(), control=Control.KILL, lost=99)
        assert isinstance(recorded(state, rules(watching=shout)), e.KillAcknowledged)

    @pytest.mark.parametrize(("lost", "stopped"), [(3, False), (4, True), (9, True)])
    def test_is_to_end_a_run_whose_workers_die(self, lost: int, stopped: bool) -> None:
        effect = following(replace(running(), lost=lost))
        assert isinstance(effect, actions.Record if stopped else actions.Plan)

    def test_is_said_with_what_its_workers_died_of(self) -> None:
        state = replace(running(), lost=4)
        assert recorded(state) == e.RunStopped(
            at=NOW,
            reason=StopReason.CRASH_LOOP,
            detail="4 workers were lost in a row without a step forward.",
        )
        calling = replace(state, lost_by="exit code 9.", flights=(flight(),))
        assert recorded(calling).detail == (
            "4 workers were lost in a row without a step forward, in a call of pay."
            " The last one: exit code 9."
        )


class TestTaking:
    def test_records_the_lease_and_a_waiting_kill_at_once(self) -> None:
        taken = leased(2, NOW)
        queued = replace(running(), status=RunStatus.QUEUED)
        assert machine.taken(queued, taken) == (taken,)
        killed = machine.taken(replace(queued, control=Control.KILL), taken)
        assert [each.kind for each in killed] == ["run.leased", "run.kill_acknowledged"]
        undoing = replace(queued, status=RunStatus.COMPENSATING, control=Control.KILL)
        assert machine.taken(undoing, taken) == (taken,)

    @pytest.mark.parametrize(
        "state",
        [
            replace(running(), status=RunStatus.COMPLETED),
            replace(running(), status=RunStatus.STOPPED),
            replace(running(), status=RunStatus.PAUSED),
            replace(running(), status=RunStatus.WAITING, waiting_for=Waiting.APPROVAL),
            replace(running(), status=RunStatus.WAITING, waiting_for=Waiting.IN_DOUBT),
        ],
    )
    def test_is_nothing_where_a_person_has_the_word(self, state: RunState) -> None:
        assert machine.taken(state, leased(2, NOW)) == ()

    @pytest.mark.parametrize("waiting", [Waiting.BACKOFF, None])
    def test_is_possible_where_only_the_clock_is_waited_for(self, waiting: Waiting | None) -> None:
        state = replace(running(), status=RunStatus.WAITING, waiting_for=waiting)
        assert machine.taken(state, leased(2, NOW)) != ()
        killed = replace(state, waiting_for=Waiting.APPROVAL, control=Control.KILL)
        assert len(machine.taken(killed, leased(2, NOW))) == 2


STATES = st.builds(
    replace,
    st.just(running()),
    control=st.sampled_from(list(Control)),
    lost=st.integers(0, 9),
    step=st.integers(0, 60),
    plan_failures=st.integers(0, 6),
    plan_fatal=st.booleans(),
    retry_at=st.none() | st.just(NOW + timedelta(seconds=1)) | st.just(NOW + timedelta(hours=9)),
    proposed=st.none() | st.just("42"),
    queue=st.lists(
        st.sampled_from([ToolCall("r", "pay", {}), ToolCall("r", "read", {})]), max_size=3
    ).map(tuple),
    flights=st.lists(
        st.builds(
            flight,
            doubt=st.sampled_from(list(Doubt)),
            idempotent=st.booleans(),
            lookup=st.booleans(),
        ),
        max_size=1,
    ).map(tuple),
)


@given(STATES, st.sampled_from([ALLOWED, ASK, DENY, PAUSE, STOP]))
def test_there_is_always_one_thing_to_do_and_a_kill_is_never_held_up(
    state: RunState, decision: Decision
) -> None:
    asked = rules(
        refused={"pay": decision},
        repeating=lambda each: decision,
        acceptance=lambda final: decision,
    )
    effect = following(state, asked)
    if isinstance(effect, actions.Record):
        assert effect.events
    if state.control is Control.KILL:
        assert isinstance(effect, actions.Record)
        assert isinstance(effect.events[-1], e.KillAcknowledged)


class TestWhatIsCertain:
    """Of a state that is still being committed: what comes next whatever the rules say."""

    @given(
        status=st.sampled_from(RunStatus),
        control=st.sampled_from(Control),
        lost=st.integers(0, 5),
        doubts=st.lists(st.sampled_from(Doubt), max_size=3),
        idempotent=st.booleans(),
        late=st.booleans(),
    )
    def test_is_what_comes_next_at_any_time(
        self,
        status: RunStatus,
        control: Control,
        lost: int,
        doubts: list[Doubt],
        idempotent: bool,
        late: bool,
    ) -> None:
        flights = tuple(
            flight(call=f"1.{place}", doubt=doubt, idempotent=idempotent)
            for place, doubt in enumerate(doubts, 1)
        )
        state = replace(
            running(parallel=3), status=status, control=control, lost=lost, flights=flights
        )
        previewed = machine.certain(state)
        if previewed is not None:
            now = NOW + timedelta(hours=2) if late else NOW
            assert following(state, now=now) == previewed

    def test_are_calls_that_were_just_intended(self) -> None:
        state = replace(running(), flights=(flight(),))
        assert machine.certain(state) == actions.Perform((flight(),))
        assert machine.certain(replace(state, control=Control.PAUSE)) is not None

    @pytest.mark.parametrize(
        "facts",
        [
            {"control": Control.KILL},
            {"lost": 4},
            {"status": RunStatus.PAUSED},
            {"flights": ()},
            {"flights": (flight(doubt=Doubt.LOST),)},
            {"flights": (flight(), flight(call="1.2", doubt=Doubt.CLEARED))},
        ],
    )
    def test_is_nothing_that_a_rule_or_a_person_has_a_word_in(self, facts: dict[str, Any]) -> None:
        assert machine.certain(replace(running(), **{"flights": (flight(),), **facts})) is None
