"""`manage.py evaluate truth` counts what the truth rule gets right in a
file of recorded results."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from console.evaluate import truth

RECORDS = [
    {
        "source": "a",
        "tool": "get_order",
        "result": "Error: gone",
        "result_stripped": "gone",
        "gold": "error",
    },
    {"source": "a", "tool": "get_order", "result": "Order not found", "gold": "error"},
    {"source": "b", "tool": "get_order", "result": '{"order_id": "1"}', "gold": "ok"},
    {"source": "b", "tool": "get_hint", "result": "Keys are not found by looking", "gold": "ok"},
]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    path = tmp_path / "results.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in RECORDS) + "\n", encoding="utf-8")
    return path


def evaluated(*words: str) -> str:
    out = io.StringIO()
    call_command("evaluate", *words, stdout=out)
    return out.getvalue()


def test_figures_are_of_the_stripped_result_against_gold(recordings: Path) -> None:
    figures: dict[str, Any] = truth.measure(recordings)
    assert (figures["precision"], figures["recall"], figures["fpr"], figures["n"]) == (
        0.5,
        0.5,
        0.5,
        4,
    )
    assert figures["in_parts"]["n"] == 2 * figures["n"]
    assert figures["in_parts"]["caught"] == 2 * figures["caught"]
    assert [example["text"] for example in figures["missed"]] == ["gone"]
    assert figures["sources"]["b"]["recall"] is None


def test_the_command_prints_json_and_a_table_without_a_database(recordings: Path) -> None:
    assert json.loads(evaluated("truth", str(recordings), "--json"))["n"] == 4
    assert "precision  0.5" in evaluated("truth", str(recordings))


def test_thresholds_from_a_file_are_used(recordings: Path, tmp_path: Path) -> None:
    changes = tmp_path / "thresholds.json"
    changes.write_text('{"weights": {"not_found": 0}}', encoding="utf-8")
    assert (
        json.loads(evaluated("truth", str(recordings), "--json", "--thresholds", str(changes)))[
            "fpr"
        ]
        == 0
    )
    changes.write_text('{"colour": 1}', encoding="utf-8")
    with pytest.raises(CommandError, match="colour"):
        evaluated("truth", str(recordings), "--thresholds", str(changes))


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandError, match="no file nowhere"):
        evaluated("truth", "nowhere.jsonl")
