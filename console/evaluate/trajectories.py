"""Recorded runs of third parties as observations for the rules.

Reads files; knows the quirks of the sources and judges nothing.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.loops.observations import CallObserved, Observation, OutsideWords, Said

# An orchestrator's notes to itself. They hold the ledger, which is what the steps are graded by: a
# detector must not read it.
NOTES = re.compile(r"orchestrator", re.IGNORECASE)
# The recordings declare no effect classes: a tool whose name says that it changes something is
# taken at its word, any other is not.
ACTING = re.compile(
    r"(?:^|_)(?:add|assign|book|cancel|close|create|delete|disable|edit|enable|exchange|grant"
    r"|insert|modify|move|pay|post|put|reboot|refuel|refund|"
    r"remove|reset|resume|return|send|set|submit|suspend|toggle|transfer|turn|update|write)(?:_|$)"
)


@dataclass(frozen=True, slots=True)
class Graded:
    """An observation, or a grade: what the run's own ledger said about being in a loop, at this
    point and without being shown.
    """

    index: int
    seen: Observation | None = None
    in_loop: bool | None = None


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One recorded run. `failed` is None when nobody graded it."""

    name: str
    source: str
    goal: str
    failed: bool | None
    steps: Sequence[Graded]


def read(path: Path) -> Iterator[Trajectory]:
    """All trajectories of a `.jsonl` or `.jsonl.gz` file."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        for line in lines:
            if line.strip():
                yield trajectory(json.loads(line))


def trajectory(raw: Mapping[str, Any]) -> Trajectory:
    failed = {"failure": True, "success": False}.get(raw["outcome"])
    return Trajectory(
        raw["trace_id"], raw["source"], raw["goal"] or "", failed, tuple(_graded(raw["steps"]))
    )


def _graded(steps: Sequence[Mapping[str, Any]]) -> Iterator[Graded]:
    for step in steps:
        ledger = step["meta"].get("ledger")
        if ledger is not None and ledger.get("is_in_loop") is not None:
            yield Graded(step["index"], in_loop=bool(ledger["is_in_loop"]))
        elif not NOTES.search(step["meta"].get("role") or ""):
            yield Graded(step["index"], seen=_observation(step))


def _observation(step: Mapping[str, Any]) -> Observation:
    """The observation of one entry. Only the agent's own calls count as calls: what a simulated
    customer does on their phone is news from outside.
    """
    text = step["result"] or ""
    if step["actor"] != "agent":
        return OutsideWords(text)
    if step["kind"] != "tool":
        return Said(step["index"], text)
    failed, acts = step["is_error"] is True, ACTING.search(step["tool"]) is not None
    return CallObserved(step["index"], step["tool"], step["args"] or {}, text, failed, acts)
