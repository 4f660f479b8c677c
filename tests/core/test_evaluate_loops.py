"""`manage.py evaluate loops` counts how often the loop detector is right about recorded runs, and
reads no answer key.
"""

import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from console.evaluate import loops, trajectories
from policies.loops.loop_thresholds import DEFAULTS
from policies.loops.observations import OutsideWords, Said

Step = dict[str, Any]


def called(tool: str, args: dict[str, Any], result: str, actor: str = "agent") -> Step:
    return {
        "kind": "tool",
        "actor": actor,
        "tool": tool,
        "args": args,
        "result": result,
        "is_error": False,
        "meta": {},
    }


def said(text: str, actor: str = "agent", **meta: Any) -> Step:
    return {
        "kind": "message",
        "actor": actor,
        "tool": None,
        "args": None,
        "result": text,
        "is_error": None,
        "meta": meta,
    }


def ledger(in_loop: bool) -> Step:
    return said(
        f'Updated Ledger: {{"is_in_loop": {{"answer": {in_loop}}}}}',
        role="Orchestrator (thought)",
        ledger={"is_in_loop": in_loop},
    )


def trace(name: str, source: str, outcome: str, steps: Sequence[Step]) -> dict[str, Any]:
    numbered = [{"index": index, **step} for index, step in enumerate(steps)]
    return {
        "trace_id": name,
        "source": source,
        "goal": "Find the order.",
        "outcome": outcome,
        "steps": numbered,
    }


STUCK = [called("get_order", {"order": "A1"}, '{"state": "open"}')] * 9
WORKS = [
    called("get_order", {"order": f"A{number}"}, f"the {number} crates of ship {number * 7}")
    for number in range(9)
]


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    traces = [
        trace("1", "shop", "failure", STUCK),
        trace("2", "shop", "failure", WORKS),
        trace("3", "shop", "success", WORKS),
        trace("4", "shop", "success", [*STUCK[:4], *WORKS]),
        trace(
            "5",
            "wild",
            "failure",
            [ledger(in_loop=False), *STUCK, ledger(in_loop=True), ledger(in_loop=True)],
        ),
        trace("6", "wild", "unknown", STUCK),
    ]
    path = tmp_path / "traces.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(one) for one in traces).encode()))
    return path


def test_runs_are_counted_by_how_they_ended(recordings: Path) -> None:
    figures = loops.measure(recordings)
    assert (figures["precision"], figures["recall"], figures["fpr"], figures["traces"]) == (
        1.0,
        round(2 / 3, 4),
        0.0,
        5,
    )


def test_a_source_without_successes_is_left_out_of_the_graded_figures(recordings: Path) -> None:
    assert loops.measure(recordings)["graded"] == {
        "precision": 1.0,
        "recall": 0.5,
        "fpr": 0.0,
        "traces": 4,
    }


def test_a_ledger_entry_is_compared_with_what_was_seen_since_the_one_before(
    recordings: Path,
) -> None:
    figures = loops.measure(recordings)
    assert (figures["step_recall"], figures["step_fpr"], figures["steps"]) == (0.5, 0.0, 3)


def test_the_exact_repeat_to_beat_is_counted_beside_it(recordings: Path) -> None:
    assert loops.measure(recordings)["exact_repeat"]["fpr"] == 0.5


def test_thresholds_move_the_figures(recordings: Path) -> None:
    deaf = replace(DEFAULTS, hint=2.0, pause=2.0, stop=2.0)
    assert loops.measure(recordings, deaf)["recall"] == 0.0


def test_the_orchestrators_notes_are_not_shown_to_the_detector() -> None:
    notes = [
        ledger(in_loop=True),
        said("Stalled.... Replanning...", role="Orchestrator (thought)"),
        said("Hello", role="WebSurfer"),
    ]
    steps = trajectories.trajectory(trace("1", "wild", "failure", notes)).steps
    assert [step.seen for step in steps] == [None, Said(2, "Hello")]


def test_a_call_by_the_customer_is_news_from_outside_and_no_call_of_the_agent() -> None:
    steps = trajectories.trajectory(
        trace("1", "shop", "success", [called("toggle", {}, "Data is on.", actor="user")])
    ).steps
    assert steps[0].seen == OutsideWords("Data is on.")


def test_the_command_prints_one_json_object(recordings: Path) -> None:
    out = io.StringIO()
    call_command("evaluate", "loops", str(recordings), "--json", stdout=out)
    assert {
        "precision",
        "recall",
        "fpr",
        "step_recall",
        "step_fpr",
        "traces",
        "steps",
    } <= json.loads(out.getvalue()).keys()
