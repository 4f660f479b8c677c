"""Tool processes of a test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from runs.toolprocess.placing import Placing
from tests.tools.placed_calls import opened


@pytest.fixture
async def placed(tmp_path: Path) -> AsyncIterator[Placing]:
    async with opened(tmp_path / "ledger", 3) as found:
        yield found


@pytest.fixture
async def single(tmp_path: Path) -> AsyncIterator[Placing]:
    """But one process, so that all tools are beside each other; whoever calls one stands for its
    answer.
    """
    async with opened(tmp_path / "ledger", 1, lambda: True) as found:
        yield found
