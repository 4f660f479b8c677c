"""A run in small: each step lies in one part, whatever there is can be seen, a link leads there."""

from hypothesis import given
from hypothesis import strategies as st

from console.journal.step_counts import StepCount
from runs.reading import run_map


@given(steps=st.integers(1, 20_000))
def test_every_step_of_a_run_lies_in_one_of_few_parts(steps: int) -> None:
    size = run_map.size(steps)
    found = run_map.drawn(steps, size, {}, ())
    assert len(found) <= run_map.MOST
    firsts = [int(part.link.removeprefix("?at=")) for part in found]
    assert firsts == list(range(1, steps + 1, size))


def test_the_tallest_bar_fills_its_half_and_the_smallest_can_be_seen() -> None:
    counted = {0: StepCount(tokens=9_000, calls=100), 1: StepCount(tokens=1, calls=50, failed=1)}
    tall, low, none = run_map.drawn(6, 2, counted, ())
    assert (tall.spent, tall.top, tall.made, tall.failed) == (12, 0, 12, 0)
    assert (low.spent, low.top, low.made, low.failed) == (1, 11, 6, 1)
    assert (none.spent, none.made) == (0, 0)


def test_a_part_leads_to_its_steps_on_the_page_else_to_another_part_of_the_run() -> None:
    away, half, here = run_map.drawn(6, 2, {}, [4, 5, 6])
    assert (away.link, away.here) == ("?at=1", False)
    assert (half.link, half.here) == ("#step-4", True)
    assert here.link == "#step-5"


def test_a_part_says_its_steps_its_calls_and_whether_a_person_was_asked() -> None:
    counted = {0: StepCount(calls=1), 1: StepCount(calls=3, failed=1, asked=1)}
    assert [part.said for part in run_map.drawn(3, 2, counted, ())] == [
        "Steps 1 to 2: 1 call",
        "Step 3: 3 calls, 1 failed, a person was asked",
    ]
