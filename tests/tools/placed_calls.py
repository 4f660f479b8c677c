"""Tool processes for tests, and calls made in them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from console.json_value import Json
from runs.toolprocess import placing
from runs.toolprocess.placing import Placing, ProcessBounds
from runs.toolprocess.time_limit import TimeLimit
from runs.tools.placed import PlacedTool
from runs.tools.registry import Declared
from tests.patience import PATIENCE
from tests.tools import rough_tools as rough
from tests.tools.calling import context

MEMORY_MB = 400


@asynccontextmanager
async def opened(
    ledger: Path, processes: int, alone: Callable[[], bool] = placing.never
) -> AsyncIterator[Placing]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(rough.LEDGER, str(ledger))
        placing.allow(ProcessBounds(processes=processes, memory_mb=MEMORY_MB), alone=alone)
        await placing.prepare()
        found = placing.here()
        assert found is not None
        yield found
        await placing.close()
        placing.allow(None)


async def call(declared: Declared[..., Any], timeout: float = PATIENCE, **args: Json) -> Json:
    with TimeLimit(timeout):
        return await PlacedTool(declared).call(args, context())


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
