"""Honest sweeps, recorded from real tool servers, are held up by nobody; what records them is a
part of the product.
"""

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from console.evaluate import sweep_recorder, sweeps
from policies.loops import fitted_numbers
from policies.loops.loop_thresholds import DEFAULTS

FOUND = sweeps.measure()


def recorded(tmp_path: Path, answers: list[str], tool: str = "get_row") -> Path:
    steps = [
        {
            "index": index, "kind": "tool", "actor": "agent", "tool": tool, "args": {"id": 7},
            "result": answer, "is_error": False, "meta": {},
        }
        for index, answer in enumerate(answers)
    ]  # fmt: skip
    sweep = {
        "trace_id": "rows/1", "source": "rows", "goal": "Look.", "outcome": "success",
        "steps": steps,
    }  # fmt: skip
    path = tmp_path / "sweeps.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(sweep).encode()))
    return path


def test_of_the_committed_sweeps_none_is_stopped() -> None:
    assert FOUND["stopped"] == 0
    assert FOUND["hinted"] <= 2, FOUND["found"]


def test_the_committed_sweeps_are_of_many_real_servers() -> None:
    assert FOUND["sweeps"] >= 60
    assert FOUND["servers"] >= 10
    assert FOUND["tools"] >= 15
    assert FOUND["calls"] >= 1_500


def test_the_sweeps_are_judged_by_the_thresholds_that_are_fitted() -> None:
    assert FOUND["thresholds_digest"] == DEFAULTS.digest() == fitted_numbers.DIGEST


def test_the_plan_and_the_recording_tell_the_same_calls() -> None:
    """A plan that was changed without recording it anew would be a claim without a ground."""
    plan = json.loads(sweep_recorder.PLAN.read_text(encoding="utf-8"))
    with gzip.open(sweeps.COMMITTED, "rt", encoding="utf-8") as lines:
        kept = [json.loads(line) for line in lines]
    planned = [(one["server"], sweep) for one in plan for sweep in one["sweeps"]]
    assert [(one["source"], one["goal"]) for one in kept] == [
        (server, sweep["goal"]) for server, sweep in planned
    ]
    for one, (_, sweep) in zip(kept, planned, strict=True):
        if all(isinstance(over, list) for over in sweep["over"].values()):
            made = [(step["tool"], step["args"]) for step in one["steps"]]
            assert made == list(sweep_recorder.calls(sweep))


def test_a_sweep_that_is_stopped_is_named_with_what_was_said(tmp_path: Path) -> None:
    found = sweeps.measure(recorded(tmp_path, ["the very same answer"] * 20))
    assert (found["stopped"], found["hinted"]) == (1, 1)
    assert found["found"]["rows/1"].startswith("get_row was called 20 times")


def test_a_hint_alone_is_no_stop(tmp_path: Path) -> None:
    found = sweeps.measure(recorded(tmp_path, ["the very same answer"] * 3))
    assert (found["stopped"], found["hinted"]) == (0, 1)


def test_the_command_needs_no_file(tmp_path: Path) -> None:
    out = io.StringIO()
    call_command("evaluate", "sweeps", "--json", stdout=out)
    assert json.loads(out.getvalue())["sweeps"] == FOUND["sweeps"]
    with pytest.raises(CommandError, match="no file"):
        call_command("evaluate", "sweeps", str(tmp_path / "none.gz"))


class TestThePlan:
    def test_begins_with_its_first_calls_and_goes_through_its_arguments_in_step(self) -> None:
        sweep = {
            "first": [{"tool": "list"}],
            "tool": "convert",
            "with": {"to": "mi"},
            "over": {"value": [1, 2], "from": ["km", "m"]},
        }
        assert list(sweep_recorder.calls(sweep)) == [
            ("list", {}),
            ("convert", {"to": "mi", "value": 1, "from": "km"}),
            ("convert", {"to": "mi", "value": 2, "from": "m"}),
        ]

    def test_arguments_that_do_not_go_together_are_refused(self) -> None:
        with pytest.raises(ValueError, match="zip"):
            list(sweep_recorder.calls({"tool": "x", "over": {"a": [1], "b": [1, 2]}}))

    @pytest.mark.parametrize(
        ("form", "expected"),
        [
            ({}, "{root}/mill/a.txt"),
            ({"as": "wc -l {path}"}, "wc -l {root}/mill/a.txt"),
            ({"as": "http://127.0.0.1/{parent}/{name}"}, "http://127.0.0.1/mill/a.txt"),
            (
                {"wrap": [{"file": "{path}", "from": 1, "to": None}]},
                [{"file": "{root}/mill/a.txt", "from": 1, "to": None}],
            ),
        ],
    )
    def test_words_files_as_the_tool_wants_them(
        self, tmp_path: Path, form: dict[str, Any], expected: Any
    ) -> None:
        for place in ("kiln", "mill"):
            (tmp_path / place).mkdir()
            (tmp_path / place / "a.txt").write_text("x")
        through = {"in": str(tmp_path), "glob": "*/*.txt", "most": 9, **form}
        wanted = json.loads(json.dumps(expected).replace("{root}", str(tmp_path)))
        assert sweep_recorder.things(through)[1] == wanted
        assert len(sweep_recorder.things({**through, "most": 1})) == 1


def test_what_a_server_answers_is_kept_as_far_as_the_detector_reads(tmp_path: Path) -> None:
    """Against a real server: its answer to each call, cut, with its failures."""
    zones = ["Europe/Paris", "Mars/Olympus"]
    plan, out = tmp_path / "plan.json", tmp_path / "out.jsonl.gz"
    sweep = {"goal": "What time is it?", "tool": "get_current_time", "over": {"timezone": zones}}
    server = {"server": "time", "command": "mcp-server-time", "sweeps": [sweep]}
    plan.write_text(json.dumps([server]), encoding="utf-8")
    said = io.StringIO()
    call_command("record_sweeps", str(plan), str(out), stdout=said)
    assert said.getvalue().startswith("2 calls recorded")
    [kept] = [json.loads(line) for line in gzip.decompress(out.read_bytes()).splitlines()]
    assert [step["is_error"] for step in kept["steps"]] == [False, True]
    assert "Europe/Paris" in kept["steps"][0]["result"]
    assert all(len(step["result"]) <= DEFAULTS.result_chars for step in kept["steps"])


def test_a_server_that_is_not_installed_is_named(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps([{"server": "gone", "command": "mcp-server-gone", "sweeps": []}]))
    with pytest.raises(CommandError, match="no command mcp-server-gone"):
        call_command("record_sweeps", str(plan), str(tmp_path / "out.jsonl.gz"))
