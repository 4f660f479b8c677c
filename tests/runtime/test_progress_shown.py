"""What a tool says of its progress reaches browsers while its call is under way; its last
words are kept with the call's end.
"""

import asyncio
from collections.abc import Mapping

import pytest

from console.json_value import Json
from console.live.frames import Frame
from console.outside import confidential
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import RunStatus, Visibility
from runs.runtime import announce
from tests.runtime.conftest import Bench, answering, calling, stored

KEY = "sk-0123456789abcdef"


async def counting(args: Mapping[str, Json], context: ToolContext) -> Json:
    """For longer than two tellings need."""
    for number in (1, 2):
        context.progress(f"{number} of 2 with {KEY}")
        await asyncio.sleep(0.6)
    return "counted"


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    frames: list[Frame] = []
    monkeypatch.setattr(announce._announcer, "hand", frames.append)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    confidential.mask()
    return frames


def said(frames: list[Frame]) -> list[str]:
    return [str(frame.state["progress"]) for frame in frames if "progress" in frame.state]


def test_progress_is_announced_beside_the_row_and_its_last_words_are_kept_without_secrets(
    bench: Bench, heard: list[Frame]
) -> None:
    bench.tool("sweep", counting)
    run = bench.play(bench.start(calling("sweep") + answering()))
    assert run.status == RunStatus.COMPLETED
    assert said(heard) == ["1 of 2 with [OPENAI_API_KEY]", "2 of 2 with [OPENAI_API_KEY]"]
    told = next(frame for frame in heard if "progress" in frame.state)
    assert (told.state["tool"], told.first, told.kinds) == ("sweep", told.seq + 1, ())
    assert "progress" not in heard[-1].state
    [kept] = [row.record for row in stored(run) if "of 2" in str(row.record.data)]
    assert (kept.kind, kept.data["progress"]) == ("call.returned", "2 of 2 with [OPENAI_API_KEY]")


def test_a_tool_whose_words_nobody_may_see_has_no_progress_to_show(
    bench: Bench, heard: list[Frame]
) -> None:
    bench.tool("sweep", counting, visibility=Visibility.ALWAYS_HIDDEN)
    run = bench.play(bench.start(calling("sweep") + answering()))
    assert said(heard) == []
    assert not [row for row in stored(run) if "of 2" in str(row.record.data)]
