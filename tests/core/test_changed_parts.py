"""A stored value that changes is told part by part, and nothing that changes is left untold."""

import pytest

from console.json_value import Json
from policies.current.four_eyes.changed_parts import LONGEST, changed
from policies.current.four_eyes.rules import Widening


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("a", "b", [("of it", "a", "b")]),
        (None, {}, [("of it", "nothing", "nothing")]),
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, [("of it, b", "2", "3")]),
        ({"a": None}, {}, [("of it, a", "null", "nothing")]),
        ([], [{"name": "x", "cel": "true"}], [("of it, x", "nothing", "cel: true")]),
        (["a"], ["a", "b"], [("of it", '["a"]', '["a", "b"]')]),
        ({"a": {"effect": "read"}}, {}, [("of it, a", "effect: read", "nothing")]),
    ],
)
def test_each_part_that_differs_is_told(
    old: Json, new: Json, told: list[tuple[str, str, str]]
) -> None:
    assert [*changed("of it", old, new)] == [Widening(*each) for each in told]


def test_another_order_and_a_name_that_stands_twice_are_told_whole() -> None:
    one, two = {"name": "a", "cel": "1"}, {"name": "b", "cel": "2"}
    assert [each.what for each in changed("of it", [one, two], [two, one])] == ["of it"]
    assert [each.what for each in changed("of it", [one], [one, one])] == ["of it"]


def test_what_differs_beyond_what_is_shown_is_told_all_the_same() -> None:
    long = "x" * LONGEST * 2
    assert len([*changed("of it", {"a": long}, {"a": f"{long}y"})]) == 1
