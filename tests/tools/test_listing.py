"""A tool that lists its effects: what it may give, where it is asked, and what a list that hangs
costs others.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runs.engine.engine_errors import ToolError
from runs.engine.ports import ListedEffect
from runs.toolprocess import placing
from runs.toolprocess.placing import Placing, ProcessBounds
from runs.toolprocess.time_limit import TimeLimit
from runs.tools import local
from runs.tools.placed import PlacedTool
from tests.patience import PATIENCE
from tests.tools import rough_tools as rough
from tests.tools.calling import context

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
async def placed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Placing]:
    monkeypatch.setenv(rough.LEDGER, str(tmp_path / "ledger"))
    placing.allow(ProcessBounds(processes=3, memory_mb=400))
    await placing.prepare()
    found = placing.here()
    assert found is not None
    yield found
    await placing.close()
    placing.allow(None)


async def listed(since: datetime, timeout: float = PATIENCE) -> list[ListedEffect]:
    with TimeLimit(timeout):
        return list(await PlacedTool(rough.rough_listed).list_effects(since))


async def test_a_list_comes_back_from_a_process_of_its_own(placed: Placing) -> None:
    here = await PlacedTool(rough.rough_listed).call({}, context())
    [one] = await listed(NOON)
    assert (one.key, one.at, one.undone) == ("since 12:00", NOON, True)
    assert int(one.words) not in (here, os.getpid())


async def test_a_list_that_hangs_ends_in_time_and_no_call_beside_it_does(placed: Placing) -> None:
    calling = asyncio.create_task(PlacedTool(rough.rough_listed).call({"seconds": 2.5}, context()))
    with pytest.raises(TimeoutError):
        await listed(NOON.replace(hour=1), timeout=0.5)
    assert isinstance(await calling, int)


async def test_a_list_that_cannot_be_had_says_why_and_the_next_one_is_had(placed: Placing) -> None:
    with pytest.raises(ToolError, match="the far side is shut"):
        await listed(NOON.replace(hour=2))
    assert len(await listed(NOON)) == 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (None, "no list: NoneType"),
        ("abc", "no list: str"),
        ([("key", NOON)], "tuple instead of ListedEffect"),
        ([ListedEffect("", NOON)], "no key is empty"),
        ([ListedEffect("k", NOON.replace(tzinfo=None))], "no time with a time zone"),
    ],
)
def test_what_is_no_list_of_effects_is_refused_in_words(said: object, why: str) -> None:
    with pytest.raises(ToolError, match=why):
        local.effects_of(said)


def test_a_list_without_end_is_cut_off_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MOST_EFFECTS", 3)
    endless = (ListedEffect(str(number), NOON) for number in iter(int, 1))
    with pytest.raises(ToolError, match="more than 3 effects"):
        local.effects_of(endless)
