"""Tools of a real MCP server over streamable HTTP, old-fashioned sessions included."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from mcp.client import Client

from runs.engine.ports import Tool
from runs.engine.vocabulary import Effect
from runs.tools import build, mcp_link, mcp_sessions
from runs.tools.mcp_server import ServerUnavailable
from tests.patience import PATIENCE, eventually, until
from tests.tools.calling import context

# one loop for all, so that the session lives on between tests as it does between runs
pytestmark = pytest.mark.asyncio(loop_scope="module")

PROGRAM = Path(__file__).with_name("http_server.py")


class Shop:
    """The server and what it takes to kill and restart it on the same port."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def declared(self) -> dict[str, Any]:
        return {"name": "shop", "transport": "http", "url": f"http://127.0.0.1:{self.port}/mcp"}

    def start(self) -> None:
        words = [sys.executable, str(PROGRAM), str(self.port)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers, "the server did not start")

    def answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 0.2).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.process = None


@pytest_asyncio.fixture(params=["auto", "legacy"], scope="module", loop_scope="module")
async def shop(request: pytest.FixtureRequest) -> AsyncIterator[Shop]:
    """A running server, met with the newest protocol and with the sessions of older ones."""
    made = Shop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mcp_link, "Client", partial(Client, mode=request.param))
        made.start()
        yield made
        await mcp_sessions.close_all()
    made.kill()


async def tools(shop: Shop) -> Callable[[str], Tool]:
    box = await build({"mcp_servers": [shop.declared]})

    def find(name: str) -> Tool:
        found = box.find(f"shop.{name}")
        assert found is not None
        return found

    return find


async def test_results_of_all_kinds_come_back_and_hints_are_no_more_than_proposals(
    shop: Shop,
) -> None:
    find = await tools(shop)
    assert await find("slow").call({"seconds": 0}, context()) == {"result": "done"}
    word, picture = await find("picture").call({}, context())
    assert word == "hello"
    assert picture["mimeType"] == "image/png"
    assert picture["data"]["$left_out"] == "binary content"
    assert [find(name).spec.effect for name in ("slow", "picture", "book")] == [
        Effect.IRREVERSIBLE
    ] * 3
    assert [find(name).spec.idempotent for name in ("slow", "picture", "book")] == [False] * 3


async def test_a_result_of_megabytes_arrives_whole(shop: Shop) -> None:
    book = await (await tools(shop))("book").call({"length": 3_000_000}, context())
    assert len(book["result"]) == 3_000_000


async def test_a_server_that_dies_in_a_call_is_a_tool_failure_and_works_again_when_it_is_back(
    shop: Shop,
) -> None:
    slow = (await tools(shop))("slow")
    calling = asyncio.ensure_future(slow.call({"seconds": 60}, context()))
    await slow.call({"seconds": 0}, context())
    await asyncio.to_thread(shop.kill)
    with pytest.raises(ServerUnavailable, match="MCP server shop was lost during slow"):
        await asyncio.wait_for(calling, PATIENCE)
    with pytest.raises(ServerUnavailable, match="MCP server shop cannot be reached"):
        await slow.call({"seconds": 0}, context())
    await asyncio.to_thread(shop.start)
    await eventually(lambda: works(slow), "the server to be reached again")


async def works(slow: Tool) -> bool:
    """Not while it is still within its back-off."""
    try:
        return bool(await slow.call({"seconds": 0}, context()) == {"result": "done"})
    except ServerUnavailable:
        return False


async def test_a_server_restarted_between_calls_is_not_noticed(shop: Shop) -> None:
    slow = (await tools(shop))("slow")
    await slow.call({"seconds": 0}, context())
    await asyncio.to_thread(shop.kill)
    await asyncio.to_thread(shop.start)
    assert await slow.call({"seconds": 0}, context()) == {"result": "done"}
