"""A stdio server that prints what is no message, as many do when they start: it works as if it had
not, and the log names it in one line without its words.
"""

import asyncio
import logging
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from runs.tools import build, mcp_sessions
from runs.tools.mcp_streams import Strays

KEY = "sk-planted-0123456789abcdef"
ODD = shlex.join([sys.executable, str(Path(__file__).with_name("odd_server.py"))])
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _let_go() -> AsyncIterator[None]:
    yield
    await mcp_sessions.close_all()


def greeting(*lines: str) -> str:
    """The command of a server that prints these lines before it begins."""
    printed = "; ".join(f"echo {shlex.quote(line)}" for line in lines)
    return shlex.join(["sh", "-c", f"{printed}; exec {ODD}"])


async def test_a_greeting_on_its_standard_output_costs_a_server_nothing_and_the_log_one_line(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GREETING_API_KEY", KEY)
    lines = ("Starting up…", f"token {KEY}", '{"level": "info"}')
    server = {"name": "greeter", "command": greeting(*lines)}
    box = await build({"mcp_servers": [server]})
    assert [spec.name for spec in box.specs()] == ["greeter.look", "greeter.wipe"]
    told = [each for each in caplog.records if "no message of the protocol" in each.getMessage()]
    assert [each.levelno for each in told] == [logging.WARNING]
    assert "MCP server greeter" in told[0].getMessage()
    assert not [each for each in caplog.records if each.exc_info]
    for piece in (KEY[:14], KEY[-10:], "Starting up"):
        assert piece not in caplog.text


async def test_a_server_that_goes_on_so_is_named_again_each_time_that_it_is_ten_times_as_much(
    caplog: pytest.LogCaptureFixture,
) -> None:
    strays = Strays("chatty")
    for _ in range(1_500):
        strays.note()
    await asyncio.sleep(0)
    counts = [each.args[1] for each in caplog.records if isinstance(each.args, tuple)]
    assert counts == [1, 10, 100, 1_000]
