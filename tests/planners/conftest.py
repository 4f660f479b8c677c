"""Each test has an event loop of its own, and so HTTP connections of its own: closed at its end."""

from collections.abc import AsyncIterator

import pytest_asyncio

from runs.planners import connections


@pytest_asyncio.fixture(autouse=True)
async def closed_connections() -> AsyncIterator[None]:
    yield
    await connections.close()
