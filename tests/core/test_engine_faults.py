"""Workers lost at every possible moment: no effect is doubled, none is forgotten, and what is
stored is always the fold.
"""

import random

import pytest

from runs.engine import actions, codec, machine, outcomes
from runs.engine import events as e
from runs.engine.fold import fold, folded
from runs.engine.ports import Happened
from runs.engine.projection import COLUMNS, project
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, RunStatus, Waiting
from tests.core.runs_in_memory import Lost, World, answering, calling, leased, spec, world

TOOLS = (
    spec("read", effect=Effect.READ, idempotent=True),
    spec("pay", effect=Effect.IRREVERSIBLE, has_lookup=True),
    spec("mail", effect=Effect.IRREVERSIBLE),
)
STEPS = [
    calling("read", "pay"),
    calling("pay"),
    calling("read"),
    calling("pay", "read"),
    answering(),
]


def dying(seed: int, often: float) -> World:
    dice = random.Random(seed)
    return world(STEPS, *TOOLS, dies=lambda moment: dice.random() < often)


@pytest.mark.parametrize("seed", range(300))
def test_lost_workers_double_no_effect_and_forget_none(seed: int) -> None:
    play = dying(seed, often=0.08)
    end = play.live()
    if end.status is RunStatus.COMPLETED:
        assert set(play.done.values()) == {1}
        assert sorted(play.done) == ["1.1", "1.2", "2.1", "3.1", "4.1", "4.2"]
    else:
        assert end.stop_reason == "CRASH_LOOP"
        assert set(play.done.values()) <= {1}


@pytest.mark.parametrize("seed", range(60))
def test_every_prefix_of_a_journal_folds_to_what_was_projected_then(seed: int) -> None:
    play = dying(seed, often=0.05)
    play.live()
    state = RunState()
    for length, event in enumerate(play.journal, 1):
        state = fold(state, event)
        assert project(folded(play.journal[:length])) == project(state)
        assert tuple(project(state)) == COLUMNS


@pytest.mark.parametrize("seed", range(60))
def test_a_journal_read_back_says_the_same(seed: int) -> None:
    play = dying(seed, often=0.1)
    play.live()
    back = [codec.decode(event.kind, *codec.encode(event)) for event in play.journal]
    assert back == play.journal


def test_a_planner_is_never_asked_twice_for_a_step_that_was_recorded() -> None:
    play = dying(11, often=0.1)
    play.live()
    planned = [event.step for event in play.journal if isinstance(event, e.StepPlanned)]
    assert planned == sorted(set(planned))


def lost_during(tool: str) -> World:
    """A run whose first worker died right after the effect of its only call."""
    deaths = iter([True])
    return world(
        [calling(tool), answering()],
        *TOOLS,
        dies=lambda moment: moment == "after effect" and next(deaths, False),
    )


def test_a_lost_call_without_lookup_waits_for_a_person() -> None:
    play = lost_during("mail")
    end = play.live()
    assert (end.status, end.waiting_for) == (RunStatus.WAITING, Waiting.IN_DOUBT)
    assert play.done == {"1.1": 1}


@pytest.mark.parametrize(("happened", "made"), [(Happened.YES, 1), (Happened.NO, 2)])
def test_a_person_settles_a_call_in_doubt(happened: Happened, made: int) -> None:
    play = lost_during("mail")
    state = play.live()
    settled = e.CallSettled(
        at=play.now, actor="user:anna", step=1, tool="mail", call="1.1", happened=happened
    )
    play.journal.extend(outcomes.after_settlement(state, settled))
    end = play.live()
    assert end.status is RunStatus.COMPLETED
    assert play.done == {"1.1": made}


def test_a_lost_call_is_made_again_under_the_same_key_when_its_tool_allows() -> None:
    play = lost_during("read")
    assert play.live().status is RunStatus.COMPLETED
    intents = [event for event in play.journal if isinstance(event, e.CallIntended)]
    assert len(intents) == 1
    assert play.done == {"1.1": 1}


def test_a_lookup_finds_the_call_that_happened() -> None:
    play = lost_during("pay")
    assert play.live().status is RunStatus.COMPLETED
    assert [event.happened for event in play.journal if isinstance(event, e.CallLookedUp)] == [
        Happened.YES
    ]


def test_a_second_lease_of_a_lost_call_does_not_forget_the_doubt() -> None:
    play = lost_during("mail")
    with pytest.raises(Lost):
        play.one_life()
    state = folded([leased(8), leased(9)], folded(play.journal))
    effect = machine.next_effect(state, play.rules, play.now)
    assert isinstance(effect, actions.Record)
    assert [event.kind for event in effect.events] == ["run.waiting"]
