"""Runs whose tools are a real MCP server's, through the real runtime."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from console.journal import append as journal
from console.journal import pool
from console.journal.records import JournalRecord
from runs import services
from runs.engine.vocabulary import RunStatus
from runs.models import Agent, McpServer, Run
from runs.runtime import loop, worker_process
from runs.tools import mcp_sessions
from tests.patience import PATIENCE, ended

ASK = '[[step]]\ncall = { tool = "time.get_current_time", args = { timezone = "Europe/Berlin" } }\n'
DONE = '[[step]]\nfinal = "It is {{time.get_current_time.datetime}}."\n'

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks its children up in /proc"),
]


@pytest.fixture(autouse=True)
def _rest(transactional_db: None) -> Iterator[None]:
    yield
    loop.run(mcp_sessions.close_all(), 10)
    worker_process.rest()


def started(script: str) -> Run:
    server = McpServer.objects.create(
        name="time",
        command="mcp-server-time --local-timezone=UTC",
        overrides={"get_current_time": {"effect": "read"}},
    )
    agent = Agent.objects.create(name="clock", title="Clock", planner="scripted", script=script)
    agent.mcp_servers.add(server)
    return services.start(
        agent=agent,
        goal="what time is it?",
        principal=User.objects.create_user("olga"),
        at=datetime.now(UTC),
    )


def records(run: Run, kind: str) -> list[JournalRecord]:
    with pool.pool().connection() as connection:
        return [row.record for row in journal.read(connection, run.pk) if row.record.kind == kind]


def server_process() -> int:
    tasks = Path(f"/proc/{os.getpid()}/task").iterdir()
    pids = {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
    [found] = [
        pid
        for pid in pids
        if "mcp-server-time" in Path(f"/proc/{pid}/cmdline").read_bytes().decode()
    ]
    return found


def test_a_run_uses_a_servers_tools() -> None:
    run = started(ASK + DONE)
    worker_process.advance(run.pk)
    [returned] = records(run, "call.returned")
    assert (returned.tool, returned.outcome, returned.verdict) == (
        "time.get_current_time",
        "ok",
        "succeeded",
    )
    assert returned.data["result"]["timezone"] == "Europe/Berlin"
    assert Run.objects.get(pk=run.pk).status == RunStatus.COMPLETED


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when a call is with the server."""
    event, answer = threading.Event(), mcp_sessions.McpSession._answer

    async def watched(self: mcp_sessions.McpSession, link: Any, asking: Any, when: str) -> Any:
        event.set()
        return await answer(self, link, asking, when)

    monkeypatch.setattr(mcp_sessions.McpSession, "_answer", watched)
    return event


def test_a_server_that_dies_in_a_call_fails_the_call_and_not_the_worker_and_the_next_attempt_works(
    asked: threading.Event,
) -> None:
    run = started(ASK + ASK + ASK + DONE)
    worker_process.advance(run.pk)  # the server is up now, and stays up between runs
    asked.clear()
    again = services.start(
        agent=run.agent, goal="and now?", principal=run.principal, at=datetime.now(UTC)
    )
    os.kill(server_process(), signal.SIGSTOP)
    working = threading.Thread(target=worker_process.advance, args=(again.pk,))
    working.start()
    assert asked.wait(PATIENCE)
    os.kill(server_process(), signal.SIGKILL)
    ended(working)
    back = [(record.data["call"], record.outcome) for record in records(again, "call.returned")]
    assert back == [
        ("1.1", "error"),
        ("1.1", "ok"),
        ("2.1", "ok"),
        ("3.1", "ok"),
    ]  # a read is tried again
    assert (
        "MCP server time was lost during get_current_time"
        in records(again, "call.returned")[0].data["error"]
    )
    assert Run.objects.get(pk=again.pk).status == RunStatus.COMPLETED


def test_calls_of_one_decision_are_with_their_server_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there, full, answer = list[str](), asyncio.Event(), mcp_sessions.McpSession._answer

    async def waits_for_the_others(
        self: mcp_sessions.McpSession, link: Any, asking: Any, when: str
    ) -> Any:
        if when.startswith("during"):
            there.append(when)
            if len(there) == 4:
                full.set()
            await full.wait()
        return await answer(self, link, asking, when)

    monkeypatch.setattr(mcp_sessions.McpSession, "_answer", waits_for_the_others)
    zones = ("Europe/Berlin", "Asia/Tokyo", "UTC", "America/Lima")
    calls = [
        f'{{ tool = "time.get_current_time", args = {{ timezone = "{zone}" }} }}' for zone in zones
    ]
    run = started(f"[[step]]\ncall = [{', '.join(calls)}]\n" + '[[step]]\nfinal = "done"\n')
    worker_process.advance(run.pk)
    assert Run.objects.get(pk=run.pk).status == RunStatus.COMPLETED
    back = {record.data["call"]: record.data["result"] for record in records(run, "call.returned")}
    assert [back[f"1.{place}"]["timezone"] for place in range(1, 5)] == [*zones]
