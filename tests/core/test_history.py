"""What was said in a run: grows without being copied, and never under the feet of whoever holds an
earlier one.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.history import NOTHING, History
from runs.engine.ports import ContextMessage, Speaker


def said(text: str) -> ContextMessage:
    return ContextMessage(Speaker.USER, text)


def spoken(*texts: str) -> History:
    history = NOTHING
    for text in texts:
        history = history.after(said(text))
    return history


def texts(history: History) -> list[str]:
    return [message.text for message in history]


def test_an_earlier_history_does_not_hear_what_was_said_later() -> None:
    earlier = spoken("a", "b")
    assert texts(earlier.after(said("c"))) == ["a", "b", "c"]
    assert texts(earlier) == ["a", "b"]
    assert len(earlier) == 2


def test_two_futures_of_one_past_do_not_mix() -> None:
    past = spoken("a")
    one, other = past.after(said("b")).after(said("c")), past.after(said("x"))
    assert (texts(one), texts(other), texts(past)) == (["a", "b", "c"], ["a", "x"], ["a"])


def test_the_same_future_twice_is_one() -> None:
    past = spoken("a")
    assert past.after(said("b")) == past.after(said("b"))


def test_nothing_stays_nothing() -> None:
    spoken("a")
    assert list(NOTHING) == []


def test_places_count_from_both_ends() -> None:
    past = spoken("a", "b", "c")
    past.after(said("d"))
    assert (past[0].text, past[-1].text, [message.text for message in past[1:]]) == (
        "a",
        "c",
        ["b", "c"],
    )
    with pytest.raises(IndexError):
        past[3]


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from("abc")), max_size=60))
def test_any_tree_of_futures_reads_like_copied_tuples(branches: list[tuple[int, str]]) -> None:
    shared: list[History] = [NOTHING]
    copied: list[tuple[str, ...]] = [()]
    for place, text in branches:
        past = place % len(shared)
        shared.append(shared[past].after(said(text)))
        copied.append((*copied[past], text))
    assert [tuple(texts(each)) for each in shared] == copied
