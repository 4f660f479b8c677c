"""Whose call may have ended a lost worker, and whose cannot have."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from runs.runtime.blame import MANY, Loss, LostRun, lost

ENDED = Loss("ended")


def held(number: int, phase: str = "planning", **facts: Any) -> LostRun:
    given = {"owner": "w", "takes": 0, "tool": "", "suspect": False, "crashes": 0, **facts}
    return LostRun(UUID(int=number), phase=phase, **given)


def blamed(runs: Iterable[LostRun], loss: Loss = ENDED) -> list[int]:
    return [each.run.int for each in lost(runs, loss) if each.blamed]


def test_where_it_is_known_which_tools_were_at_work_calls_of_others_are_not_blamed() -> None:
    loss = Loss("ended", tools=("pay",))
    runs = [held(1, "calling", tool="pay"), held(2, "calling", tool="look")]
    assert blamed(runs, loss) == [1]
    assert blamed(runs) == [1, 2]
    assert lost(runs, loss)[1].after == "ended, with pay at work"


def test_of_calls_side_by_side_each_tool_counts_and_the_guilty_one_is_named() -> None:
    runs = [held(1, "calling", tool="look, pay"), held(2, "calling", tool="payment, look")]
    loss = Loss("ended", tools=("pay",))
    assert blamed(runs, loss) == [1]
    assert lost(runs, loss)[0].after == "ended, with pay at work"
    assert lost(runs[:1], ENDED)[0].after == "ended, with look, pay at work"


def test_those_whose_call_was_in_flight_are_blamed_and_nobody_else() -> None:
    assert blamed(
        [held(1, "calling"), held(2), held(3, "idle"), held(4, "undoing"), held(5, "resolving")]
    ) == [1, 4, 5]


def test_a_run_that_was_only_being_taken_up_was_not_at_work() -> None:
    assert blamed([held(1, "calling", takes=1), held(2, "calling")]) == [2]


def test_a_run_that_was_alone_is_blamed_whatever_it_did() -> None:
    assert blamed([held(1)]) == [1]
    assert blamed([held(1), held(2)]) == []


def test_a_suspect_is_blamed_before_all_others() -> None:
    assert blamed([held(1, suspect=True), held(2, "calling")]) == [1]


def test_each_worker_is_judged_by_what_it_held_itself() -> None:
    assert blamed([held(1, owner="a"), held(2, owner="b"), held(3, "calling", owner="b")]) == [1, 3]


def test_a_worker_that_was_asked_to_end_leaves_everything_as_it_was() -> None:
    [one] = lost([held(1, "calling", crashes=1, suspect=True)], Loss("ended", blame=False))
    assert (one.blamed, one.crashes, one.suspect) == (False, 1, True)


def test_what_was_at_work_is_named_three_tools_at_most_and_each_once() -> None:
    runs = [
        held(number, "calling", tool=tool)
        for number, tool in enumerate(("pay", "book", "pay", "look", "wire"))
    ]
    assert lost(runs, ENDED)[0].after == "ended, with book, look, pay at work"


RUNS = st.builds(
    held,
    st.integers(0, 2**64),
    st.sampled_from(["idle", "planning", "calling", "undoing"]),
    owner=st.sampled_from("ab"),
    takes=st.integers(0, 4),
    suspect=st.booleans(),
    crashes=st.integers(0, MANY),
)


@given(st.lists(RUNS, unique_by=lambda run: run.run), st.booleans())
def test_nobody_is_blamed_for_what_another_may_have_done(runs: list[LostRun], blame: bool) -> None:
    found = {each.run: each for each in lost(runs, Loss("ended", blame=blame))}
    assert set(found) == {run.run for run in runs}
    for run in runs:
        mates = [mate for mate in runs if mate.owner == run.owner and mate is not run]
        one = found[run.run]
        if any(mate.suspect for mate in mates) and not run.suspect:
            assert not one.blamed
        if any(mate.at_work() for mate in mates) and not (run.at_work() or run.suspect):
            assert not one.blamed
        assert one.takes <= run.takes
        assert one.crashes == run.crashes + blame
