"""A request whose browser has left is cancelled by the server after a while; what it holds is given
back all the same.
"""

import asyncio
from typing import Any

import pytest

from console import asgi
from console.doors.body_limits import Bounded
from console.finishing import Finishing
from tests.patience import PATIENCE


async def test_a_request_that_the_server_gave_up_comes_to_its_end() -> None:
    begun, go, given_back = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        await go.wait()
        given_back.set()

    request = asyncio.ensure_future(Finishing(answering)({}, None, None))
    await begun.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert not given_back.is_set()
    go.set()
    await asyncio.wait_for(given_back.wait(), PATIENCE)


async def test_a_failure_is_still_the_servers_to_tell() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await Finishing(failing)({}, None, None)


def test_every_page_is_served_that_way() -> None:
    bounded = asgi.application.application_mapping["http"]
    assert isinstance(bounded, Bounded)
    assert isinstance(bounded.application, Finishing)
