"""Failed calls tried again under the same key, and runs that are told, paused or stopped for
getting nowhere.
"""

from datetime import timedelta

from policies.decision import ALLOWED, Decision, DecisionKind
from policies.verdicts import Meaning
from runs.engine import actions, machine, outcomes
from runs.engine import events as e
from runs.engine.fold import folded
from runs.engine.ports import Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, RunStatus, StopReason, Verdict, Waiting
from tests.core.runs_in_memory import START, World, answering, calling, leased, spec, world


def failing(times: int, wait: float = 1.0, stop: StopReason | None = None) -> World:
    """A run whose only call fails so many times."""

    class Failing(World):
        def performed(self, effect: actions.Perform) -> Returned:
            self.done[effect.flights[0].call] = self.done.get(effect.flights[0].call, 0) + 1
            return Returned(
                Outcome.ERROR if self.done[effect.flights[0].call] <= times else Outcome.OK,
                error="busy",
            )

        def after(self, state: RunState, effect: actions.Perform) -> list[e.RunEvent]:
            back = self.performed(effect)
            verdict = Verdict.FAILED if back.outcome is Outcome.ERROR else Verdict.SUCCEEDED
            meaning = Meaning(verdict, "test")
            return list(outcomes.after_call(state, back, meaning, self.rules, self.now))

    made = world([calling("read"), answering()], spec("read", effect=Effect.READ, idempotent=True))
    play = Failing(made.turns, made.rules, journal=made.journal)
    allowed = Decision(DecisionKind.ALLOW, facts={"wait": wait})
    kind = DecisionKind.STOP if stop else DecisionKind.DENY
    enough = Decision(kind, sentence="three times is enough", reason=stop)
    play.rules.retrying = lambda flight: allowed if flight.attempt < 3 else enough
    return play


def attempts(play: World) -> list[int]:
    return [event.attempt for event in play.journal if isinstance(event, e.CallReturned)]


def test_a_call_that_fails_for_a_while_succeeds_under_one_intent() -> None:
    play = failing(2)
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert attempts(play) == [1, 2, 3]
    assert sum(isinstance(event, e.CallIntended) for event in play.journal) == 1
    assert [event.attempt for event in play.journal if isinstance(event, e.CallRetried)] == [2, 3]
    assert end.retries == 2


def test_the_planner_hears_only_of_the_last_attempt() -> None:
    end = failing(9).live()
    assert [message.text.split("\n")[0] for message in end.history if message.call_id] == [
        "Error: busy"
    ]


def test_retries_used_up_may_end_the_run() -> None:
    assert (
        failing(9, stop=StopReason.RETRY_LIMIT_REACHED).live().stop_reason
        is StopReason.RETRY_LIMIT_REACHED
    )


def test_a_wait_that_outlasts_the_runs_own_time_is_not_begun_and_the_planner_hears_why() -> None:
    play = failing(1, wait=7_200)
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert not any(isinstance(event, e.RunWaiting) for event in play.journal)
    (back,) = [event for event in play.journal if isinstance(event, e.CallReturned)]
    assert back.retry_at is None
    assert back.retry.startswith("It would be tried again in 2 h, and 59 min ")
    assert back.retry.endswith("of the run's time are left.")


def test_a_long_backoff_gives_the_slot_back() -> None:
    play = failing(1, wait=60)
    play.live()
    waits = [event for event in play.journal if isinstance(event, e.RunWaiting)]
    assert [(wait.waiting_for, wait.until is not None) for wait in waits] == [
        (Waiting.BACKOFF, True)
    ]


def test_a_lost_worker_during_a_backoff_does_not_double_the_call() -> None:
    play = failing(1, wait=2)
    state = play.commit(folded(play.journal), [leased()])
    for _ in range(2):
        effect = machine.next_effect(state, play.rules, START)
        assert isinstance(effect, actions.Plan | actions.Perform)
        state = play.commit(
            state,
            play.planned(state, effect)
            if isinstance(effect, actions.Plan)
            else play.after(state, effect),
        )
    assert state.flight is not None
    assert state.flight.retry_at == START + timedelta(seconds=2)
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert play.done == {"1.1": 2}


def test_a_hint_comes_before_the_next_step_and_only_once_a_step() -> None:
    play = world([calling("read"), calling("read"), answering()])
    hint = Decision(DecisionKind.ALLOW, rule="loop", sentence="you did this before")
    play.rules.watching = lambda state: hint if state.step == 1 else ALLOWED
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert [event.step for event in play.journal if isinstance(event, e.HintGiven)] == [1]


def test_a_run_that_gets_nowhere_is_paused_and_may_be_let_go_on() -> None:
    play = world([calling("read")] * 3 + [answering()])
    nowhere = Decision(
        DecisionKind.PAUSE, "loop", 0, "nothing new", {"score": 0.9}, StopReason.LOOP_DETECTED
    )
    play.rules.watching = lambda state: nowhere if state.step == 2 else ALLOWED
    paused = play.live()
    assert (paused.status, paused.stop_reason, paused.step) == (
        RunStatus.PAUSED,
        StopReason.LOOP_DETECTED,
        2,
    )
    play.journal.append(e.RunResumed(at=play.now))
    assert play.live().status is RunStatus.COMPLETED


def test_a_retry_asks_the_rules_again_and_may_be_given_up() -> None:
    play = failing(9)
    play.rules.repeating = lambda flight: Decision(
        DecisionKind.DENY, rule="breaker", sentence="the tool is cut off"
    )
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert play.done == {"1.1": 1}
    assert any(
        "It is not tried again: the tool is cut off" in message.text for message in end.history
    )


def test_a_halt_pulled_during_a_backoff_pauses_the_run_before_the_next_attempt() -> None:
    play = failing(1)
    reason = StopReason.USER_PAUSED
    halt = Decision(DecisionKind.PAUSE, rule="halt:all", sentence="halted", reason=reason)
    play.rules.repeating = lambda flight: halt
    paused = play.live()
    assert (paused.status, play.done) == (RunStatus.PAUSED, {"1.1": 1})
    play.rules.repeating = lambda flight: ALLOWED
    play.journal.append(e.RunResumed(at=play.now))
    assert play.live().status is RunStatus.COMPLETED
    assert play.done == {"1.1": 2}
