"""Which run a worker takes next: people's runs first, principals in turn, never over a bound."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from runs.engine.vocabulary import Priority
from runs.runtime.queue_order import (
    ActiveBounds,
    ActiveRuns,
    LineLength,
    QueuedRun,
    before,
    next_runs,
)
from runs.runtime.worker_slots import SlotRoom, TurnTaking, kept_free, slots_for

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANNA, BEN = 1, 2
DESK, BOT = 10, 11
NOBODY = ActiveRuns()


def waiting(
    number: int,
    principal: int = ANNA,
    agent: int = DESK,
    *,
    batch: bool = False,
    ends: bool = False,
) -> QueuedRun:
    """A run that was queued so many seconds after noon."""
    priority = Priority.BATCH if batch else Priority.INTERACTIVE
    since = NOON + timedelta(seconds=number)
    return QueuedRun(UUID(int=number), since, priority, principal, agent, ends)


def numbers(runs: list[QueuedRun]) -> list[int]:
    return [each.run.int for each in runs]


def test_a_run_that_people_wait_for_comes_before_older_batch() -> None:
    runs = [waiting(1, batch=True), waiting(2, batch=True), waiting(3)]
    assert numbers(next_runs(runs, NOBODY, ActiveBounds())) == [3, 1, 2]


def test_the_principal_with_the_fewest_runs_at_work_comes_first() -> None:
    runs = [waiting(1, ANNA), waiting(2, BEN)]
    at_work = ActiveRuns({ANNA: 3, BEN: 1}, {DESK: 4})
    assert numbers(next_runs(runs, at_work, ActiveBounds())) == [2, 1]


def test_of_one_principal_the_agent_with_the_fewest_comes_first() -> None:
    runs = [waiting(1, agent=DESK), waiting(2, agent=BOT)]
    assert numbers(next_runs(runs, ActiveRuns({ANNA: 1}, {DESK: 1}), ActiveBounds())) == [2, 1]


def test_the_oldest_comes_first_by_its_age_alone_whatever_its_class_and_principal() -> None:
    runs = [waiting(1, ANNA, batch=True), waiting(2, BEN)]
    at_work = ActiveRuns({ANNA: 50}, {DESK: 50})
    assert numbers(next_runs(runs, at_work, ActiveBounds(), by_age=True)) == [1, 2]


def test_a_full_agent_keeps_its_own_runs_waiting_and_no_others() -> None:
    runs = [waiting(1, agent=DESK), waiting(2, agent=BOT)]
    bounds = ActiveBounds({DESK: 3})
    assert numbers(next_runs(runs, ActiveRuns({BEN: 3}, {DESK: 3}), bounds)) == [2]


def test_a_full_principal_keeps_their_runs_waiting() -> None:
    runs = [waiting(1, ANNA), waiting(2, BEN)]
    assert numbers(next_runs(runs, ActiveRuns({ANNA: 2}), ActiveBounds(principal=2))) == [2]


def test_a_run_to_be_killed_or_undone_comes_first_and_waits_for_no_bound() -> None:
    runs = [waiting(1), waiting(2, batch=True, ends=True)]
    full = ActiveRuns({ANNA: 9}, {DESK: 9})
    assert numbers(next_runs(runs, full, ActiveBounds({DESK: 9}, 9), lambda *_: False)) == [2]


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(10, 12), st.booleans()), max_size=30),
    st.dictionaries(st.integers(1, 3), st.integers(0, 4)),
    st.dictionaries(st.integers(10, 12), st.integers(0, 4)),
    st.dictionaries(st.integers(10, 12), st.integers(1, 4)),
    st.none() | st.integers(1, 4),
    st.booleans(),
)
def test_all_that_may_be_taken_together_pass_no_bound_and_whoever_is_left_is_held_by_one(
    facts: list[tuple[int, int, bool]],
    principals: dict[int, int],
    agents: dict[int, int],
    of_agents: dict[int, int],
    of_principal: int | None,
    by_age: bool,
) -> None:
    runs = [waiting(n, who, agent, batch=batch) for n, (who, agent, batch) in enumerate(facts)]
    bounds = ActiveBounds(of_agents, of_principal)
    taken = next_runs(runs, ActiveRuns(principals, agents), bounds, by_age=by_age)
    now = Counter(principals) + Counter(each.principal for each in taken)
    at = Counter(agents) + Counter(each.agent for each in taken)
    for each in taken:
        assert at[each.agent] <= of_agents.get(each.agent, 99)
        assert of_principal is None or now[each.principal] <= of_principal
    for each in set(runs) - set(taken):
        assert at[each.agent] >= of_agents.get(each.agent, 99) or (
            of_principal is not None and now[each.principal] >= of_principal
        )


def test_how_many_come_before_is_counted_as_they_would_be_taken() -> None:
    lines = [
        LineLength(Priority.BATCH, ANNA, 600),
        LineLength(Priority.INTERACTIVE, ANNA, 5),
        LineLength(Priority.INTERACTIVE, BEN, 2),
    ]
    assert before(Priority.INTERACTIVE, ANNA, 4, lines, NOBODY) == 4 + 2
    assert before(Priority.INTERACTIVE, BEN, 1, lines, NOBODY) == 1 + 1
    assert before(Priority.INTERACTIVE, BEN, 0, lines, ActiveRuns({ANNA: 7})) == 0
    assert before(Priority.BATCH, ANNA, 40, lines, NOBODY) == 40 + 7


def test_batch_and_one_principal_leave_slots_free_for_others() -> None:
    assert [kept_free(slots) for slots in (1, 3, 4, 15, 100)] == [0, 0, 1, 1, 12]
    room = SlotRoom(16)
    for _ in range(12):
        assert room.has(Priority.BATCH, ANNA)
        room.enter(Priority.BATCH, ANNA)
    assert not room.has(Priority.BATCH, ANNA)
    assert not room.has(Priority.BATCH, BEN)
    for _ in range(2):
        assert room.has(Priority.INTERACTIVE, ANNA)
        room.enter(Priority.INTERACTIVE, ANNA)
    assert not room.has(Priority.INTERACTIVE, ANNA)
    assert room.has(Priority.INTERACTIVE, BEN)
    room.leave(Priority.BATCH, ANNA)
    assert room.has(Priority.BATCH, BEN)


def test_slots_for_many_runs_of_one_principal_are_enough() -> None:
    for runs in range(1, 500):
        assert slots_for(runs) - kept_free(slots_for(runs)) >= runs


def test_a_worker_with_a_single_slot_takes_batch_as_well() -> None:
    room = SlotRoom(1)
    assert room.has(Priority.BATCH, ANNA)
    room.enter(Priority.BATCH, ANNA)
    assert not room.has(Priority.BATCH, ANNA)
    room.leave(Priority.BATCH, ANNA)
    assert room.has(Priority.INTERACTIVE, ANNA)


def test_who_came_before_a_look_that_found_nothing_does_not_look_again() -> None:
    turns, looks = TurnTaking(), []

    def look() -> int | None:
        looks.append(1)
        return None if len(looks) > 1 else 7

    assert turns.ask(look) == 7
    assert turns.ask(look) is None
    assert turns.ask(look) is None
    assert len(looks) == 3, "each came after the look before it"
