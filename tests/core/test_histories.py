"""Recorded histories of runs fold to the same state and lead to the same next move for ever; one
that cannot be read says so.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from runs.engine.engine_errors import Unreadable
from runs.runtime import run_ledger
from runs.simulation import histories

HERE = Path(__file__).parent / "histories"
READABLE = sorted(path.name for path in HERE.glob("*.json") if path.name != "unreadable.json")


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / name).read_text())
    return found


@pytest.mark.parametrize("name", READABLE)
def test_a_recorded_history_folds_to_the_same_state_and_the_same_next_move(name: str) -> None:
    says = recorded(name)["says"]
    found = histories.told(histories.stored(recorded(name)["rows"]))
    # a column that is younger than the history has its default in it
    row = {column: value for column, value in found["row"].items() if column in says["row"]}
    assert {**found, "row": row} == says


def test_there_are_histories_to_hold_to() -> None:
    assert len(READABLE) >= 4


def test_a_history_that_could_not_have_happened_is_unreadable_and_names_the_event() -> None:
    with pytest.raises(Unreadable, match=r"Event 3 of its journal \(call.returned\)"):
        run_ledger.replayed(histories.stored(recorded("unreadable.json")["rows"]))
