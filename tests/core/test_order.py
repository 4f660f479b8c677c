"""Files of tests that wait stand among those that compute, whatever there is of both."""

from hypothesis import given
from hypothesis import strategies as st

from tests.order import spread

NAMES = st.lists(st.sampled_from([f"{kind}{n}" for kind in "wcb" for n in range(9)]))


def order(names: list[str]) -> list[str]:
    """`w` waits, `c` computes, `b` needs a browser."""
    places = spread(names, lambda name: name[0] == "w", lambda name: name[0] == "b")
    return sorted(places, key=places.__getitem__)


def test_what_waits_stands_evenly_among_what_computes() -> None:
    assert order(["c1", "c2", "c3", "c4", "w1", "w2"]) == ["c1", "w1", "c2", "c3", "w2", "c4"]


def test_one_of_a_kind_stands_in_the_middle() -> None:
    assert order(["w1", "c1", "c2", "c3", "c4"]) == ["c1", "c2", "w1", "c3", "c4"]


def test_browsers_come_last() -> None:
    assert order(["b1", "c1", "b2", "w1"])[-2:] == ["b1", "b2"]


@given(NAMES)
def test_each_file_has_one_place_and_keeps_its_order_within_its_kind(names: list[str]) -> None:
    found = order(names)
    assert sorted(found) == sorted(set(names))
    for kind in "wcb":
        expected = list(dict.fromkeys(name for name in names if name[0] == kind))
        assert [name for name in found if name[0] == kind] == expected


@given(NAMES)
def test_two_that_wait_have_what_computes_between_them_where_there_is_enough(
    names: list[str],
) -> None:
    found = [name[0] for name in order(names) if name[0] != "b"]
    waiting, computing = found.count("w"), found.count("c")
    if computing >= waiting:
        assert "www" not in "".join(found)
    share = computing / waiting if waiting else 0
    gaps = "".join(found).split("w")[1:-1]
    assert all(abs(len(gap) - share) <= 1 for gap in gaps)
