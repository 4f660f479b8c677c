"""A call to which no answer came, though its worker lives: its tool process ended, its connection
was cut, its time is over.
"""

from typing import Any

import pytest

from policies.verdicts import Meaning
from runs.engine import events as e
from runs.engine import machine, outcomes
from runs.engine.actions import Perform, Record, Resolve
from runs.engine.fold import folded
from runs.engine.ports import Happened, Lookup, Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Outcome, Verdict, Waiting
from tests.core.runs_in_memory import World, answering, calling, spec, world

GONE = Returned(Outcome.ERROR, error="Its tool process ended: exit code 1.", answered=False)
LATE = Returned(Outcome.TIMEOUT, error="No answer within 5 s.")


def called(back: Returned, **facts: object) -> tuple[World, RunState]:
    """A run whose one call came to this."""
    play = world(
        [calling("pay"), answering()], spec("pay", **{"effect": Effect.IRREVERSIBLE, **facts})
    )
    play.journal.append(e.RunLeased(at=play.now, owner="worker", epoch=1))
    state = folded(play.journal)
    asking: Any = machine.next_effect(state, play.rules, play.now)
    state = play.commit(state, play.thought(state, asking))
    assert isinstance(machine.next_effect(state, play.rules, play.now), Perform)
    meaning = Meaning(Verdict.UNKNOWN, "transport")
    return play, play.commit(state, outcomes.after_call(state, back, meaning, play.rules, play.now))


@pytest.mark.parametrize("back", [GONE, LATE])
def test_a_person_is_asked_with_the_words_of_how_it_was_lost(back: Returned) -> None:
    play, state = called(back)
    effect = machine.next_effect(state, play.rules, play.now)
    assert isinstance(effect, Record)
    (waiting,) = effect.events
    assert isinstance(waiting, e.RunWaiting)
    assert (waiting.waiting_for, waiting.why) == (Waiting.IN_DOUBT, f"{back.error} Did pay happen?")


def test_its_lookup_is_asked_first_and_what_happened_is_a_success() -> None:
    play, state = called(GONE, has_lookup=True)
    assert isinstance(machine.next_effect(state, play.rules, play.now), Resolve)
    found = outcomes.after_lookup(state, Lookup(Happened.YES, "paid"), "", play.rules, play.now)
    assert isinstance(found[1], e.CallReturned)
    assert (found[1].verdict, found[1].result) == (Verdict.SUCCEEDED, "paid")


def test_what_its_lookup_says_did_not_happen_is_a_failure_and_not_made_again_for_ever() -> None:
    play, state = called(GONE, has_lookup=True)
    found = outcomes.after_lookup(state, Lookup(Happened.NO), "", play.rules, play.now)
    assert isinstance(found[1], e.CallReturned)
    assert (found[1].verdict, found[1].error) == (
        Verdict.FAILED,
        f"{GONE.error} The tool says that it did not happen.",
    )
    assert folded(found, state).flight is None


@pytest.mark.parametrize("facts", [{"idempotent": True}, {"effect": Effect.READ}])
def test_where_twice_is_as_good_as_once_nobody_is_asked(facts: dict[str, object]) -> None:
    _, state = called(GONE, **facts)
    assert state.flight is None


def test_what_is_known_not_to_have_happened_is_in_no_doubt() -> None:
    _, state = called(
        Returned(Outcome.ERROR, error="Its tool process ended; the call had not begun.")
    )
    assert state.flight is None
