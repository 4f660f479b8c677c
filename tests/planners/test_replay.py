"""Replaying recordings: through a real worker, and held against the journal it wrote."""

import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from console.json_value import Json
from console.management.commands import replay
from runs.models import Run


def step(
    tool: Json, args: Json, result: str, *, failed: bool | None = False, actor: str = "agent"
) -> dict[str, Json]:
    return {
        "kind": "tool",
        "actor": actor,
        "tool": tool,
        "args": args,
        "result": result,
        "is_error": failed,
    }


def said(words: str) -> dict[str, Json]:
    return {"kind": "message", "actor": "agent", "tool": None, "args": None, "result": words}


ODD: list[dict[str, Json]] = [
    {
        "trace_id": "plain",
        "goal": "Find it.",
        "steps": [said("Let me see."), step("find", {"q": "a"}, "found"), said("There it is.")],
    },
    {
        "trace_id": "odd",
        "goal": "",
        "steps": [
            step("Supervisor Agent", None, ""),
            step("./rock", ["a", 1], "503", failed=True),
            step(None, {"deep": {"n": 1e300, "t": "zero \0 byte, half \ud800 letter"}}, "a \0 b"),
            step("find", {"q": "a"}, "x" * 100_000, failed=None, actor="user"),
            step("find", {"q": "a"}, "found"),
        ],
    },
    {"trace_id": "wordless", "goal": "Say nothing.", "steps": []},
    {
        "trace_id": "loop",
        "goal": "Ask again.",
        "steps": [step("get_status", {"id": 1}, "HTTP 503: try again later", failed=True)] * 12,
    },
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    target = tmp_path / "traces.jsonl.gz"
    target.write_bytes(gzip.compress("\n".join(map(json.dumps, ODD)).encode()))
    return target


@pytest.mark.django_db(transaction=True)
def test_recordings_run_to_their_end_and_the_journal_has_each_call_once(file: Path) -> None:
    out = StringIO()
    call_command("replay", file, "--json", stdout=out, stderr=StringIO())
    found = json.loads(out.getvalue())
    assert {name: value for name, value in found.items() if name != "seconds"} == {
        "runs": 4,
        "calls": 18,
        "calls_missing": 0,
        "calls_doubled": 0,
        "calls_foreign": 0,
        "out_of_order": 0,
        "results_altered": 0,
        "not_finished": 0,
    }
    assert set(Run.objects.values_list("goal", "status")) == {
        ("Find it.", "completed"),
        ("Recorded without a goal: odd", "completed"),
        ("Say nothing.", "completed"),
        ("Ask again.", "completed"),
    }
    swapped = dict(
        zip(
            Run.objects.order_by("created_at").values_list("pk", flat=True),
            reversed(ODD),
            strict=True,
        )
    )
    assert replay.held_against(swapped)["calls_missing"] > 0


def test_a_file_that_is_no_recording_is_refused_with_its_line(tmp_path: Path) -> None:
    target = tmp_path / "traces.jsonl"
    target.write_text(json.dumps(ODD[0]) + "\nnonsense\n")
    assert len(list(replay.read(target, 1))) == 1
    with pytest.raises(CommandError, match="line 2 is not JSON"):
        list(replay.read(target, None))
    target.write_text('{"goal": "x"}')
    with pytest.raises(CommandError, match="has no steps"):
        list(replay.read(target, None))
    with pytest.raises(CommandError, match="cannot be read"):
        list(replay.read(tmp_path / "nowhere", None))


@pytest.mark.django_db
def test_recordings_are_replayed_for_an_account_that_may_have_something_done_for_it() -> None:
    User.objects.create(username="replay-old", is_active=False)
    User.objects.filter(username="replay-old").update(username="replay")
    (run,) = replay.start(ODD[:1], keep_pace=False)
    assert Run.objects.get(pk=run).principal.is_active
