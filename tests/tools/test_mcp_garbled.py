"""An answer over stdio that is hard to read is read all the same: the call happened."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from runs.engine.engine_errors import ToolError
from runs.engine.ports import Tool
from runs.tools import build, mcp_link, mcp_sessions
from tests.tools.calling import context

PROGRAM = Path(__file__).with_name("garbling_server.py")
DECLARED = {
    "name": "garbling",
    "command": f"{sys.executable} {PROGRAM}",
    "overrides": {"say": {"timeout": 3}},
}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _let_go() -> AsyncIterator[None]:
    yield
    await mcp_sessions.close_all()


async def say() -> Tool:
    found = (await build({"mcp_servers": [DECLARED]})).find("garbling.say")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("after words", "paid"),
        ("in a list", "paid"),
        ("a number with a point", "paid"),
        ("half a character", "paid �"),
        ("deep", "paid "),
        ("deep structure", "7"),
        ("another alphabet", "bezahlt f�r J�rgen"),
        ("large", "x" * 9_000_000),
    ],
)
async def test_an_answer_that_is_hard_to_read_is_read_all_the_same(how: str, said: str) -> None:
    answered = await (await say()).call({"how": how}, context())
    assert said in str(answered)


async def test_a_line_without_end_ends_the_connection_and_the_next_call_has_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mcp_link, "LARGEST_EVENT", 2_000_000)
    tool = await say()
    with pytest.raises(ToolError, match="garbling was lost during say") as caught:
        await tool.call({"how": "no end"}, context())
    assert not caught.value.answered
    assert await tool.call({"how": "after words"}, context()) == "paid"
