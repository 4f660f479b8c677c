"""Tools of a real MCP server over stdio: mcp-server-time, which is killed where it hurts."""

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from runs.engine.engine_errors import ToolError
from runs.engine.ports import Tool
from runs.engine.vocabulary import Effect
from runs.tools import build, mcp_server, mcp_sessions
from runs.tools.mcp_server import ServerUnavailable
from tests.patience import PATIENCE, turn
from tests.tools.calling import context

CLOCK: dict[str, Any] = {
    "name": "time",
    "transport": "stdio",
    "command": "mcp-server-time --local-timezone=UTC",
}
BERLIN = {"timezone": "Europe/Berlin"}

# one loop for all, so that the server lives on between tests as it does between runs
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks its children up in /proc"),
]


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _let_go() -> AsyncIterator[None]:
    yield
    await mcp_sessions.close_all()
    assert not children()


def children() -> list[int]:
    """Processes of MCP servers started from here that are alive."""
    found = Path(f"/proc/{os.getpid()}/task")
    pids = {int(pid) for task in found.iterdir() for pid in (task / "children").read_text().split()}
    return [
        pid
        for pid in pids
        if "mcp-server-time" in Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    ]


async def clock(server: Mapping[str, Any] = CLOCK, name: str = "time.get_current_time") -> Tool:
    found = (await build({"mcp_servers": [server], "tools": []})).find(name)
    assert found is not None
    return found


async def seen_lost() -> None:
    """Until the session has noticed that its server is gone."""
    link = mcp_sessions.session_with(mcp_server.declared(CLOCK))._link
    assert link is not None
    await asyncio.wait_for(link.lost.wait(), PATIENCE)


async def test_a_servers_tools_appear_under_its_name_and_work() -> None:
    box = await build({"mcp_servers": [CLOCK]})
    assert [spec.name for spec in box.specs()] == ["time.get_current_time", "time.convert_time"]
    assert (await (await clock()).call(BERLIN, context()))["timezone"] == "Europe/Berlin"


async def test_patterns_that_speak_of_the_server_choose_among_its_tools() -> None:
    box = await build({"mcp_servers": [CLOCK], "tools": ["get_order", "time.conv*"]})
    assert [spec.name for spec in box.specs()] == ["get_order", "time.convert_time"]


async def test_one_process_serves_all_runs() -> None:
    first, second = await clock(), await clock(name="time.convert_time")
    await asyncio.gather(*(first.call(BERLIN, context()) for _ in range(10)))
    await second.call(
        {"source_timezone": "UTC", "target_timezone": "Asia/Tokyo", "time": "12:00"}, context()
    )
    assert len(children()) == 1


async def test_what_the_server_calls_an_error_is_a_tool_failure_in_its_words() -> None:
    with pytest.raises(ToolError, match="Mars"):
        await (await clock()).call({"timezone": "Mars"}, context())


async def test_an_admins_word_wins_over_the_servers() -> None:
    overridden = CLOCK | {
        "overrides": {
            "get_current_time": {
                "effect": "irreversible",
                "idempotent": False,
                "timeout": 3,
                "scope": "clock",
            }
        }
    }
    spec = (await clock(overridden)).spec
    assert (spec.effect, spec.idempotent, spec.timeout, spec.scope) == (
        Effect.IRREVERSIBLE,
        False,
        3.0,
        "clock",
    )


async def test_a_server_that_dies_between_calls_is_started_again_unnoticed() -> None:
    tool = await clock()
    await tool.call(BERLIN, context())
    before = children()
    os.kill(before[0], signal.SIGKILL)
    await seen_lost()
    assert (await tool.call(BERLIN, context()))["timezone"] == "Europe/Berlin"
    assert len(children()) == 1
    assert children() != before


async def test_a_server_that_dies_in_a_call_is_a_named_failure_and_the_next_restarts_it() -> None:
    tool = await clock()
    await tool.call(BERLIN, context())
    [server] = children()
    os.kill(server, signal.SIGSTOP)
    calling = asyncio.ensure_future(tool.call(BERLIN, context()))
    await turn()
    os.kill(server, signal.SIGKILL)
    with pytest.raises(ServerUnavailable, match="MCP server time was lost during get_current_time"):
        await asyncio.wait_for(calling, PATIENCE)
    assert (await tool.call(BERLIN, context()))["timezone"] == "Europe/Berlin"


async def test_a_cancelled_call_is_over_at_once_and_harms_nobody_else() -> None:
    tool = await clock()
    await tool.call(BERLIN, context())
    [server] = children()
    os.kill(server, signal.SIGSTOP)
    calling = asyncio.ensure_future(tool.call(BERLIN, context()))
    await turn()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(calling, PATIENCE)
    os.kill(server, signal.SIGCONT)
    assert (await tool.call(BERLIN, context()))["timezone"] == "Europe/Berlin"
    assert children() == [server]


async def test_a_server_that_answers_too_late_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_sessions, "GRACE_SECONDS", 0.05)
    tool = await clock(CLOCK | {"overrides": {"get_current_time": {"timeout": 0.05}}})
    [server] = children()
    os.kill(server, signal.SIGSTOP)
    with pytest.raises(TimeoutError, match="MCP server time gave no answer"):
        await tool.call(BERLIN, context())
    os.kill(server, signal.SIGCONT)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-command", "there is no command no-such-command here"),
        (
            f"""{sys.executable} -c 'import sys; sys.exit("the licence has expired")'""",
            "Its last words: the licence has expired",
        ),
        ("", "needs a command to start"),
        ("'unclosed", "cannot be read"),
    ],
)
async def test_a_server_that_does_not_start_says_why(command: str, said: str) -> None:
    with pytest.raises(ServerUnavailable, match=said):
        await mcp_sessions.session_with(
            mcp_server.declared({"name": "broken", "command": command})
        ).tools()


async def test_a_server_that_keeps_failing_is_left_alone_for_a_while() -> None:
    session = mcp_sessions.session_with(
        mcp_server.declared({"name": "broken", "command": "no-such-command"})
    )
    with pytest.raises(ServerUnavailable):
        await session.tools()
    with pytest.raises(ServerUnavailable, match="It is tried again in"):
        await session.tools()


async def test_a_run_whose_server_is_down_still_has_its_tools_and_they_fail_by_name() -> None:
    down = {
        "name": "broken",
        "command": "no-such-command",
        "overrides": {"look": {"effect": "read"}},
    }
    box = await build({"mcp_servers": [down], "tools": ["broken.write", "broken.a*"]})
    assert {spec.name: spec.effect for spec in box.specs()} == {"broken.write": Effect.IRREVERSIBLE}
    everything = await build({"mcp_servers": [down]})
    tool = everything.find("broken.look")
    assert tool is not None
    assert tool.spec.effect is Effect.READ
    with pytest.raises(ServerUnavailable, match="no-such-command"):
        await tool.call({}, context())


async def test_a_server_gets_only_the_variables_that_are_named_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_API_KEY", "tick-tock-1")
    monkeypatch.setenv("NOT_FOR_YOU", "s3cret")
    before = children()
    await clock(CLOCK | {"environment": {"TOKEN": "MY_API_KEY"}})
    [server] = set(children()) - set(before)
    told = Path(f"/proc/{server}/environ").read_bytes().decode()
    assert "TOKEN=tick-tock-1" in told
    assert "NOT_FOR_YOU" not in told
    with pytest.raises(ServerUnavailable, match="variables that are not set here: ABSENT_API_KEY"):
        await mcp_sessions.session_with(
            mcp_server.declared(CLOCK | {"environment": {"TOKEN": "ABSENT_API_KEY"}})
        ).tools()


async def test_a_server_does_not_outlive_a_worker_that_is_killed() -> None:
    program = """
import asyncio, django
django.setup()
from runs.tools import build
async def main():
    command = "mcp-server-time --local-timezone=UTC"
    await build({"mcp_servers": [{"name": "time", "command": command}]})
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "up\n"
        [server] = [
            int(pid)
            for pid in Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
        ]
        pidfd = os.pidfd_open(server)
        worker.kill()
        gone, _, _ = select.select([pidfd], [], [], 5)
        os.close(pidfd)
        assert gone
