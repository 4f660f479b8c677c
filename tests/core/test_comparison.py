"""Holding a journal against a recording: whatever is missing, doubled, out of order or altered is
counted.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from console.json_value import Json
from runs.planners import recorded_planner
from runs.planners.comparison import CallsReader, Difference, JournalledCall, difference

TRACE: dict[str, Json] = {
    "steps": [
        {"kind": "tool", "tool": "get_order", "args": {"order": 7}, "result": "seven"},
        {"kind": "message", "result": "Hm."},
        {"kind": "tool", "tool": "refund", "args": None, "result": "", "is_error": True},
        {"kind": "tool", "tool": "get_order", "args": {"order": 7}, "result": "seven"},
    ]
}
RECORDING = recorded_planner.read(TRACE)
FAITHFUL = [
    JournalledCall("trace-0", "get_order", {"order": 7}, "seven"),
    JournalledCall("trace-2", "refund", {}, "It failed without a word."),
    JournalledCall("trace-3", "get_order", {"order": 7}, "seven"),
]


def test_a_faithful_journal_shows_no_difference() -> None:
    assert difference(RECORDING, FAITHFUL) == Difference(calls=3)
    assert difference(RECORDING, FAITHFUL).none


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (lambda made: made[:2], Difference(calls=3, missing=1)),
        (lambda made: [], Difference(calls=3, missing=3)),
        (lambda made: [*made, made[1]], Difference(calls=3, doubled=1)),
        (lambda made: [made[1], made[0], made[2]], Difference(calls=3, out_of_order=1)),
        (
            lambda made: [replace(made[0], came_back="eight"), *made[1:]],
            Difference(calls=3, altered=1),
        ),
        (
            lambda made: [replace(made[0], came_back=None), *made[1:]],
            Difference(calls=3, missing=1),
        ),
        (
            lambda made: [replace(made[0], args={"order": 8}), *made[1:]],
            Difference(calls=3, missing=1),
        ),
        (lambda made: [replace(made[0], tool="other"), *made[1:]], Difference(calls=3, missing=1)),
        (
            lambda made: [*made, JournalledCall("trace-9", "x", {}, "")],
            Difference(calls=3, foreign=1),
        ),
    ],
)
def test_each_kind_of_difference_is_counted(
    spoil: Callable[[Sequence[JournalledCall]], Sequence[JournalledCall]], expected: Difference
) -> None:
    found = difference(RECORDING, spoil(FAITHFUL))
    assert found == expected
    assert not found.none


def test_differences_of_many_runs_add_up() -> None:
    assert Difference(1, 2, 3, 4, 5, 6) + Difference(1, 1, 1, 1, 1, 1) == Difference(
        2, 3, 4, 5, 6, 7
    )


def test_calls_are_read_from_a_runs_events() -> None:
    told = CallsReader()
    told.hear("run.created", "", {"goal": "x"})
    told.hear("call.intended", "get_order", {"call": "1.1", "ref": "trace-0", "args": {"order": 7}})
    told.hear("call.looked_up", "get_order", {"call": "1.1"})
    told.hear("call.returned", "get_order", {"call": "1.1", "result": "seven", "error": ""})
    told.hear("call.intended", "refund", {"call": "2.1", "ref": "trace-2", "args": {}})
    told.hear(
        "call.returned",
        "refund",
        {"call": "2.1", "result": None, "error": "It failed without a word."},
    )
    told.hear("call.intended", "get_order", {"call": "3.1", "ref": "trace-3", "args": {"order": 7}})
    assert told.made == [*FAITHFUL[:2], replace(FAITHFUL[2], came_back=None)]


def test_a_call_that_came_back_twice_is_altered() -> None:
    told = CallsReader()
    told.hear("call.intended", "get_order", {"call": "1.1", "ref": "trace-0", "args": {"order": 7}})
    for _ in range(2):
        told.hear("call.returned", "get_order", {"call": "1.1", "result": "seven"})
    assert difference(RECORDING, told.made).altered == 1
