"""What an answer over HTTP says of a call that changes something: that it was not made, that it
was, or that nobody knows.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from policies.retries import hints
from runs.engine.engine_errors import ToolError
from runs.engine.ports import Tool
from runs.tools import build, mcp_sessions
from runs.tools.mcp_server import declared
from tests.tools.answering_door import Door, DoorAnswer, door
from tests.tools.calling import context

HTML = "text/html"


@pytest_asyncio.fixture(autouse=True)
async def closed() -> AsyncIterator[None]:
    yield
    await mcp_sessions.close_all()


async def pay(at: Door) -> Tool:
    found = (await build({"mcp_servers": [at.declared]})).find("door.pay")
    assert found is not None
    return found


def error(code: int, words: str, status: int = 200) -> DoorAnswer:
    return DoorAnswer(status, {"error": {"code": code, "message": words}})


@pytest.mark.parametrize("code", [-32000, -32600, -32603])
async def test_a_server_that_speaks_of_a_session_in_its_own_error_is_not_called_a_second_time(
    code: int,
) -> None:
    words = "The checkout session ended after payment 7 was made."
    with door(error(code, words)) as at:
        with pytest.raises(ToolError, match="checkout session ended") as caught:
            await (await pay(at)).call({}, context())
        assert (at.calls, at.greeted) == (1, 1)
    assert caught.value.answered


@pytest.mark.parametrize(
    "forgotten",
    [
        error(-32600, "Session not found", 404),
        error(-32001, "Session not found", 404),
        error(-32000, "Bad Request: No valid session ID provided", 400),
        DoorAnswer(404, "gone", "text/plain"),
    ],
)
async def test_a_session_that_the_server_forgot_is_made_anew_and_the_call_goes_out_in_it(
    forgotten: DoorAnswer,
) -> None:
    with door(forgotten) as at:
        assert await (await pay(at)).call({}, context()) == "paid"
        assert (at.calls, at.greeted) == (2, 2)


async def test_a_list_that_is_asked_for_in_a_forgotten_session_is_had_in_a_new_one() -> None:
    with door() as at:
        session = mcp_sessions.session_with(declared(at.declared))
        await session.tools()
        at.listings = [error(-32001, "Session not found", 404)]
        session.ask_anew()
        assert [each.name for each in await session.tools()] == ["pay"]
        assert at.greeted == 2


@pytest.mark.parametrize(
    "said",
    [
        DoorAnswer(500, "Internal Server Error", "text/plain"),
        DoorAnswer(502, "<h1>Bad Gateway</h1>", HTML),
        DoorAnswer(504, "<h1>Gateway Time-out</h1>", HTML),
        DoorAnswer(524, "{}"),
        DoorAnswer(202),
        DoorAnswer(200, "<h1>Welcome</h1>", HTML),
        error(-32603, "upstream request timeout", 504),
    ],
)
async def test_where_somebody_in_between_answers_nobody_knows_whether_it_happened(
    said: DoorAnswer,
) -> None:
    with door(said) as at:
        with pytest.raises(ToolError) as caught:
            await (await pay(at)).call({}, context())
        assert not caught.value.answered
        assert at.calls == 1


def paid(words: str, more: str = "") -> str:
    content = f'[{{"type": "text", "text": "paid {words}"}}]'
    return f'{{"jsonrpc": "2.0", "id": @, "result": {{"content": {content}{more}}}}}'


NESTED = '{"a":' * 250 + "7" + "}" * 250


@pytest.mark.parametrize("body", [paid("\\ud83d"), paid("", f', "structuredContent": {NESTED}')])
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
async def test_an_answer_that_is_hard_to_read_is_read_all_the_same(body: str, kind: str) -> None:
    stream = kind == "text/event-stream"
    with door(DoorAnswer(200, f"event: message\ndata: {body}\n\n" if stream else body, kind)) as at:
        assert "paid" in str(await (await pay(at)).call({}, context()))
        assert at.calls == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 501, 503])
async def test_a_refusal_at_the_door_is_an_answer(status: int) -> None:
    refused = [DoorAnswer(status, "no", "text/plain")] * 2  # 404 is asked again in a new session
    with door(*refused) as at:
        with pytest.raises(ToolError, match="MCP server door") as caught:
            await (await pay(at)).call({}, context())
        assert caught.value.answered


@pytest.mark.parametrize(
    "said",
    [
        DoorAnswer(429, "slow down", "text/plain", "7"),
        DoorAnswer(503, {"error": {"code": -32000, "message": "busy"}}, again="7"),
        DoorAnswer(
            200, {"error": {"code": 1, "message": "busy", "data": {"retry_after_ms": 7000}}}
        ),
    ],
)
async def test_a_refusal_that_says_when_to_come_back_is_told_with_it(said: DoorAnswer) -> None:
    with door(said) as at, pytest.raises(ToolError, match=r"\(retry after 7 s\)$") as caught:
        await (await pay(at)).call({}, context())
    assert hints.retry_after(None, str(caught.value), datetime.now(UTC)) == 7
