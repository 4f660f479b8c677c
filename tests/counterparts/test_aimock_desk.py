"""The refund desk on aimock, a mock server of another house (npm), with every fault that it has."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.counterparts import desk, environments, programs
from tests.runtime.conftest import stored

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]
PIN = "@copilotkit/aimock@1.43.0"
FAULTS: list[dict[str, float]] = [
    {"dropRate": 1.0},
    {"malformedRate": 1.0},
    {"disconnectRate": 1.0},
    {"rateLimitRate": 1.0},
]
"""What befalls the first request of a turn, one kind for each of the first turns."""
WIRES = [("openai:gpt-4o-mini", "/v1"), ("anthropic:claude-haiku-4-5", "")]


def fixtures(turns: list[desk.Turn], faults: list[dict[str, float]]) -> dict[str, Any]:
    """By how often the model has spoken so far; a fault is used up by the first request of it."""
    found: list[dict[str, Any]] = []
    for place, turn in enumerate(turns):
        reply = {"response": said(turn)}
        if place < len(faults):
            first = {"turnIndex": place, "sequenceIndex": 0}
            found.append({"match": first, "chaos": faults[place], **reply})
        found.append({"match": {"turnIndex": place}, **reply})
    return {"fixtures": found}


def said(turn: desk.Turn) -> dict[str, Any]:
    if isinstance(turn, str):
        return {"content": turn}
    return {"toolCalls": [{"name": each.tool, "arguments": each.args} for each in turn]}


@contextmanager
def aimock(folder: Path, case: desk.Case, faults: list[dict[str, float]]) -> Iterator[str]:
    """Its address."""
    script = folder / "desk.json"
    script.write_text(json.dumps(fixtures(case.turns(), faults)), encoding="utf-8")
    program = environments.node(PIN) / "@copilotkit/aimock/dist/cli.js"
    port = programs.free_port()
    command = ["node", str(program), "-p", str(port), "-f", str(script), "--strict"]
    with programs.program(
        command, folder / "aimock.log", port, "/health", AIMOCK_STRICT_TURN_INDEX="1"
    ):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(("planner", "path"), WIRES)
def test_aimock_finishes_the_refund_desk(
    case: desk.Case, tmp_path: Path, planner: str, path: str
) -> None:
    with aimock(tmp_path, case, []) as address:
        run, asked = desk.played(desk.begun(case, planner, address + path))
    desk.settled(case, run, asked)


@pytest.mark.parametrize(("planner", "path"), WIRES)
def test_aimock_finishes_the_refund_desk_with_its_faults_on(
    case: desk.Case, tmp_path: Path, planner: str, path: str
) -> None:
    with aimock(tmp_path, case, FAULTS) as address:
        run, asked = desk.played(desk.begun(case, planner, address + path))
    desk.settled(case, run, asked)
    failures = [
        (row.record.data["fault"], row.record.data["message"])
        for row in stored(run)
        if row.record.kind == "step.plan_failed"
    ]
    assert [fault for fault, _ in failures] == [
        "transient",
        "malformed",
        "transient",
        "rate_limited",
    ], failures
