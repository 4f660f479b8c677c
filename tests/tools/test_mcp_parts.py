"""What servers say, word for word: results in parts and odd ones, errors, lists of pages."""

import asyncio
import json
import re
import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from runs.engine.engine_errors import ToolError
from runs.engine.ports import Tool
from runs.tools import build, mcp_server, mcp_sessions
from runs.tools.toolbox import Box
from tests.patience import PATIENCE, eventually
from tests.planners.speaking import speaking
from tests.tools.calling import context

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROGRAM = f"{sys.executable} {Path(__file__).with_name('parts_server.py')}"
OBJECT = {"type": "object"}
TEXT = {"type": "text", "text": "three orders"}


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _let_go() -> AsyncIterator[None]:
    yield
    await mcp_sessions.close_all()


def declared(pages: list[Any] | None = None) -> dict[str, Any]:
    command = PROGRAM if pages is None else f"{PROGRAM} {shlex.quote(json.dumps(pages))}"
    return {"name": "parts", "transport": "stdio", "command": command}


async def tool(name: str = "give") -> Tool:
    found = (await build({"mcp_servers": [declared()]})).find(f"parts.{name}")
    assert found is not None
    return found


async def given(**result: Any) -> Any:
    return await (await tool()).call({"answer": {"result": result}}, context())


async def test_what_stands_beside_structured_content_is_kept() -> None:
    link = {"type": "resource_link", "uri": "file:///orders.csv", "name": "orders"}
    result = await given(structuredContent={"orders": 3}, content=[TEXT, link])
    assert result["$structured"] == {"orders": 3}
    assert result["$parts"][0] == "three orders"
    assert result["$parts"][1]["uri"] == "file:///orders.csv"


@pytest.mark.parametrize(
    ("whole", "texts"),
    [
        ({"orders": 3}, ['{"orders": 3}']),
        ({"orders": 3}, ['{\n  "orders": 3\n}']),
        ({"result": 5}, ["5"]),
        ({"result": "done"}, ["done"]),
        ({"result": ["a", "b"]}, ["a", "b"]),
    ],
)
async def test_what_only_repeats_the_structured_content_is_not_said_twice(
    whole: Any, texts: list[str]
) -> None:
    parts = [{"type": "text", "text": text} for text in texts]
    assert await given(structuredContent=whole, content=parts) == whole


async def test_a_part_of_an_unknown_kind_is_kept_and_marked_and_takes_nothing_away() -> None:
    film = {"type": "video", "data": "QUJD", "mimeType": "video/mp4"}
    text, marked = await given(content=[TEXT, film])
    assert text == "three orders"
    assert marked["$odd"] == "no part of the protocol: video"
    assert marked["part"]["data"]["$left_out"] == "binary content"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"content": "done"}, "done"),
        ({"content": TEXT}, "three orders"),
        ({"content": None, "structuredContent": {"ok": True}}, {"ok": True}),
        ({"structuredContent": {"ok": True}}, {"ok": True}),
        ({"toolResult": 7}, [{"$odd": "an answer that has no content", "part": {"toolResult": 7}}]),
        (
            {"content": [], "structuredContent": [1, 2]},
            [{"$odd": "its structured content is no object", "part": [1, 2]}],
        ),
        ({"content": [5]}, [{"$odd": "no part of the protocol: int", "part": 5}]),
        ({"content": [TEXT], "isError": "false"}, "three orders"),
        ({"content": [TEXT], "isError": None}, "three orders"),
        ({"content": [{**TEXT, "annotations": {"audience": ["robot"]}}]}, "three orders"),
        ({"content": [], "structured_content": {"ok": True}}, {"ok": True}),
        (
            {"content": [], "orders": 3},
            [{"$odd": "an answer that has no content", "part": {"orders": 3}}],
        ),
        ({"content": []}, []),
    ],
)
async def test_an_answer_that_is_put_oddly_is_no_failure_of_a_call_that_happened(
    result: dict[str, Any], expected: Any
) -> None:
    assert await given(**result) == expected


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"content": [TEXT]}, "three orders"),
        ({"content": [], "structuredContent": {"code": "NO_FUNDS"}}, '{"code": "NO_FUNDS"}'),
        ({"content": [{"type": "video"}]}, "video"),
        ({"content": []}, "the server said it is an error, and nothing more"),
    ],
)
async def test_an_error_is_told_in_whatever_the_server_gave(
    result: dict[str, Any], words: str
) -> None:
    with pytest.raises(ToolError, match=words):
        await given(**result, isError=True)


@pytest.mark.parametrize("name", ["is_error", "iserror"])
async def test_an_error_that_is_spelled_by_hand_is_one(name: str) -> None:
    with pytest.raises(ToolError, match="three orders"):
        await given(content=[TEXT], **{name: True})


@pytest.mark.parametrize("code", [-32000, -32600, -32603, -32099, -32800, 401, 7])
async def test_an_error_of_the_server_is_its_words_and_harms_no_other_call(code: int) -> None:
    slow = asyncio.ensure_future((await tool("slow")).call({}, context()))
    session = mcp_sessions.session_with(mcp_server.declared(declared()))
    await eventually(lambda: session._link is not None)
    link = session._link
    words = "quota exceeded for project X"
    refused = {"error": {"code": code, "message": words}}
    with pytest.raises(ToolError, match=f"^MCP server parts: {words}$") as told:
        await (await tool()).call({"answer": refused}, context())
    assert told.value.answered
    assert not slow.done()
    assert session._link is link
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": "boom"}, "boom"),
        ({"error": {"message": "no code"}}, "no code"),
        ({"error": {"code": "E_FUNDS"}}, '{"code": "E_FUNDS"}'),
        ({"error": ["a", "b"]}, '["a", "b"]'),
        ({}, "it answered with neither a result nor an error"),
        ({"error": {"code": 1, "message": "Bad", "data": "amount is negative"}}, "Bad: amount is"),
        ({"error": {"code": 1, "message": "Bad", "data": {"detail": "too much"}}}, "Bad: too much"),
        ({"error": {"code": 1, "message": "Bad", "data": [1]}}, "Bad"),
    ],
)
async def test_an_error_that_is_put_oddly_is_told_at_once(answer: Any, words: str) -> None:
    with pytest.raises(ToolError, match=re.escape(f"MCP server parts: {words}")) as told:
        await asyncio.wait_for((await tool()).call({"answer": answer}, context()), PATIENCE)
    assert told.value.answered


@pytest.mark.parametrize("answer", ["text", [1, 2], 5, None, True])
async def test_an_answer_that_is_no_object_is_kept_and_marked(answer: Any) -> None:
    result = await (await tool()).call({"answer": {"result": answer}}, context())
    assert result == [{"$odd": "an answer that is no object", "part": answer}]


async def test_an_answer_over_http_that_cannot_be_read_leaves_the_call_in_doubt() -> None:
    def garbled(body: dict[str, Any]) -> tuple[int, Any]:
        return (200, "garbage") if body["method"] == "tools/call" else expiring(body)

    with speaking(garbled) as door:
        server = {"name": "garbled", "transport": "http", "url": door.base_url}
        found = (await build({"mcp_servers": [server]})).find("garbled.one")
        assert found is not None
        with pytest.raises(ToolError, match="it answered with something that is not") as told:
            await found.call({}, context())
    assert not told.value.answered


async def test_a_server_that_says_that_time_ran_out_leaves_the_call_in_doubt_in_its_words() -> None:
    refused = {"error": {"code": -32001, "message": "the bank gave no answer"}}
    with pytest.raises(TimeoutError, match="the bank gave no answer"):
        await (await tool()).call({"answer": refused}, context())


def listed(*names: str, **more: Any) -> dict[str, Any]:
    return {"result": {"tools": [{"name": each, "inputSchema": OBJECT} for each in names], **more}}


async def box(*pages: Any) -> tuple[list[str], str]:
    return await offered(declared(list(pages)))


async def offered(server: dict[str, Any]) -> tuple[list[str], str]:
    """The names of its tools, and what is missing of them."""
    made = await build({"mcp_servers": [server]})
    assert isinstance(made, Box)
    return [spec.name for spec in made.specs()], " ".join(made.missing)


async def test_a_page_that_cannot_be_had_takes_no_other_page_away() -> None:
    broken = {"error": {"code": -32000, "message": "page two is on strike"}}
    names, missing = await box(listed("one", "two", nextCursor="1"), broken)
    assert names == ["parts.one", "parts.two"]
    assert "Page 2 of its tools is left out: page two is on strike" in missing


@pytest.mark.parametrize("end", ["", False, None])
async def test_a_list_ends_where_its_server_names_no_further_page(end: Any) -> None:
    assert await box(listed("one", nextCursor=end)) == (["parts.one"], "")


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("outputSchema", {"type": "array"}),
        ("outputSchema", {"anyOf": [OBJECT]}),
        ("annotations", []),
        ("annotations", {"readOnlyHint": "yes please"}),
        ("icons", [{"url": "x"}]),
        ("execution", {"taskSupport": "maybe"}),
        ("title", 5),
        ("description", ["Look", "it up"]),
        ("_meta", 5),
    ],
)
async def test_what_is_odd_beside_a_tool_takes_nothing_of_the_tool_away(
    part: str, said: Any
) -> None:
    one = {"name": "one", "inputSchema": OBJECT, part: said}
    names, missing = await box({"result": {"tools": [one]}})
    assert names == ["parts.one"]
    assert f"one.{part} is left out: " in missing


@pytest.mark.parametrize(
    "greeting",
    [
        {"capabilities": {"tools": {}}},
        {"capabilities": {"tools": {}}, "serverInfo": {"name": "parts"}},
        {"capabilities": {"tools": {}}, "serverInfo": {"name": "parts", "version": 1}},
        {"capabilities": {"tools": True, "logging": None}, "serverInfo": "parts"},
        {"capabilities": None},
        {"instructions": ["Ask", "nicely"]},
        {},
    ],
)
async def test_a_server_that_introduces_itself_oddly_is_heard_all_the_same(
    greeting: dict[str, Any],
) -> None:
    words = json.dumps({"protocolVersion": "2025-06-18", **greeting})
    command = f"{PROGRAM} {shlex.quote(json.dumps([listed('one')]))} {shlex.quote(words)}"
    server = {"name": "parts", "transport": "stdio", "command": command}
    assert await offered(server) == (["parts.one"], "")


async def test_a_list_that_never_ends_offers_each_tool_once() -> None:
    names, missing = await box(listed("one", nextCursor="0"))
    assert names == ["parts.one"]
    assert "Page 2 of its tools is left out: the list repeats itself" in missing


async def test_a_name_that_is_given_twice_is_one_tool_and_said() -> None:
    names, missing = await box(listed("one", "one"))
    assert names == ["parts.one"]
    assert "A second one is left out: there is one of that name already" in missing


@pytest.mark.parametrize("more", [{"nextCursor": 1}, {"_meta": {"x": 1}}, {"extra": True}])
async def test_a_page_that_is_put_oddly_is_read_all_the_same(more: dict[str, Any]) -> None:
    names, _ = await box(listed("one", **more), listed("two"))
    assert names[0] == "parts.one"
    assert ("parts.two" in names) == ("nextCursor" in more)


@pytest.mark.parametrize("tools", [None, "text", {"name": "x"}, [None, 7, []]])
async def test_a_list_that_is_none_ends_no_run_and_is_said(tools: Any) -> None:
    names, missing = await box({"result": {"tools": tools}})
    assert names == []
    assert "left out" in missing


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "answers 401: it wants a key. Name the variable that holds it"),
        (403, "answers 403: it does not let this key in"),
        (404, "answers 404: it has nothing at this address"),
        (405, "answers 405: it does not take requests this way. It may speak the older SSE"),
        (503, "answers 503: it is broken or too busy"),
    ],
)
async def test_a_server_that_lets_nobody_in_says_so_with_status_and_remedy(
    status: int, said: str
) -> None:
    with speaking(lambda body: (status, {"detail": "no"})) as door:
        server = {"name": f"door{status}", "transport": "http", "url": door.base_url}
        names, missing = await offered(server)
    assert names == []
    assert f"MCP server door{status} {said}" in missing


async def test_a_key_that_runs_out_between_two_calls_is_told_by_its_status() -> None:
    with speaking(expiring) as door:
        server = {"name": "expiring", "transport": "http", "url": door.base_url}
        found = (await build({"mcp_servers": [server]})).find("expiring.one")
        assert found is not None
        with pytest.raises(ToolError, match="MCP server expiring answers 401: it wants a key"):
            await found.call({}, context())


def expiring(body: dict[str, Any]) -> tuple[int, Any]:
    """Greets and lists; then the key is none any more."""
    told = {
        "initialize": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "expiring", "version": "1"},
        },
        "tools/list": {"tools": [{"name": "one", "inputSchema": OBJECT}]},
    }
    if body["method"] == "tools/call":
        return 401, {"detail": "the token expired"}
    if "id" not in body:
        return 202, None
    if body["method"] not in told:
        unknown = {"code": -32601, "message": "no such method"}
        return 200, {"jsonrpc": "2.0", "id": body["id"], "error": unknown}
    return 200, {"jsonrpc": "2.0", "id": body["id"], "result": told[body["method"]]}
