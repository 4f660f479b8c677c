"""A server may have a process for each run; what it has started ends with it; one behind a token is
reached by the name of a variable, also over the older HTTP transport.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from console.journal import append as journal
from console.journal import pool
from console.stack import processes
from console.stack.processes import Running
from runs import services
from runs.engine.vocabulary import RunStatus
from runs.models import Agent, McpServer, Run
from runs.runtime import loop, watchdog, worker_process
from runs.tools import mcp_sessions, server_processes
from tests.patience import PATIENCE, until

PROGRAM = Path(__file__).with_name("family_server.py")
CALL = '[[step]]\ncall = { tool = "family.count", args = {} }\n'
DONE = '[[step]]\nfinal = "done"\n'
READS = {"count": {"effect": "read"}}
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc"),
]


@pytest.fixture(autouse=True)
def _rest(transactional_db: None) -> Iterator[None]:
    yield
    loop.run(mcp_sessions.close_all(), 20)
    worker_process.rest()


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    return tmp_path / "pids"


def families(pids: Path) -> list[list[int]]:
    return [[int(pid) for pid in line.split()] for line in pids.read_text().splitlines()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def clerk(**facts: Any) -> Agent:
    server = McpServer.objects.create(name="family", overrides=READS, **facts)
    agent = Agent.objects.create(
        name="clerk", title="Clerk", planner="scripted", script=CALL + CALL + DONE
    )
    agent.mcp_servers.add(server)
    return agent


def told(agent: Agent) -> str:
    """All that stands in the journal of a new run of the agent."""
    user, _ = User.objects.get_or_create(username="olga")
    run: Run = services.start(agent=agent, goal="count", principal=user, at=datetime.now(UTC))
    worker_process.advance(run.pk)
    with pool.pool().connection() as connection:
        return "\n".join(json.dumps(row.record.data) for row in journal.read(connection, run.pk))


def over_stdio(pids: Path, **facts: Any) -> Agent:
    return clerk(command=f"{sys.executable} {PROGRAM} {pids} stdio", **facts)


def test_a_process_for_each_run_remembers_nothing_of_another_and_ends_with_it(pids: Path) -> None:
    agent = over_stdio(pids, per_run=True)
    for _ in range(2):
        said = told(agent)
        assert "counted 2" in said
        assert "counted 3" not in said
    shared, *own = families(pids)
    assert len(own) == 2
    gone = [pid for family in own for pid in family]
    until(lambda: not any(map(alive, gone)), "a run's processes are still there")
    assert alive(shared[0])


def test_a_process_of_the_worker_is_one_for_all_runs(pids: Path) -> None:
    agent = over_stdio(pids)
    assert "counted 2" in told(agent)
    assert "counted 4" in told(agent)
    assert len(families(pids)) == 1


def test_what_a_server_has_started_ends_with_it_even_outside_of_its_group(pids: Path) -> None:
    told(over_stdio(pids))
    [family] = families(pids)
    assert all(map(alive, family))
    loop.run(mcp_sessions.close_all(), 20)
    until(lambda: not any(map(alive, family)), "somebody of the family is still there")


def test_what_a_server_that_died_has_left_behind_is_ended(pids: Path) -> None:
    agent = over_stdio(pids)
    told(agent)
    [family] = families(pids)
    os.kill(family[0], 9)
    until(lambda: not any(map(alive, family)), "somebody of the family is still there")
    assert "counted 2" in told(agent)


def started(agent: Agent) -> Run:
    """A new run of the agent, for whichever worker takes it."""
    user, _ = User.objects.get_or_create(username="olga")
    return services.start(agent=agent, goal="count", principal=user, at=datetime.now(UTC))


def served(pids: Path) -> list[int]:
    """The family of a server at a worker whose run is over."""
    run = started(over_stdio(pids))

    def over() -> bool:
        watchdog.watch()  # no clock runs here, and a message may be lost
        return Run.objects.get(pk=run.pk).status == RunStatus.COMPLETED

    until(over, "the run's end", 3 * PATIENCE)
    [family] = families(pids)
    assert all(map(alive, family))
    return family


def test_what_a_server_has_started_ends_when_its_worker_is_killed(
    worker: Running, pids: Path
) -> None:
    family, guardian = served(pids), worker.process.pid
    [own] = Path(f"/proc/{guardian}/task/{guardian}/children").read_text().split()
    os.kill(int(own), signal.SIGKILL)
    until(lambda: not any(map(alive, family)), "somebody of the family is still there")


def test_what_outlives_a_guardian_is_ended_by_the_next_worker(worker: Running, pids: Path) -> None:
    family = served(pids)
    worker.process.kill()
    until(lambda: not alive(family[0]), "the server is still there")
    with processes.worker(number=2):
        until(lambda: not any(map(alive, family)), "somebody of the family is still there")


def test_only_what_bears_the_mark_is_found_and_ended() -> None:
    mark, other = server_processes.mark(), server_processes.mark()
    waiting = [
        subprocess.Popen(
            [sys.executable, "-c", "import signal; signal.pause()"],
            env={**os.environ, server_processes.MARK: each},
        )
        for each in (mark, other)
    ]
    mine, theirs = waiting
    try:
        until(lambda: server_processes.marked(mark) == [mine.pid], "it is not found")
        server_processes.end(mark)
        assert mine.wait(PATIENCE) == -9
        assert theirs.poll() is None
    finally:
        server_processes.end(other)
        theirs.wait(PATIENCE)


@pytest.fixture(params=["sse", "http"])
def reached(request: pytest.FixtureRequest, pids: Path) -> Iterator[dict[str, str]]:
    """How a server behind a token is reached."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, PROGRAM, pids, request.param, str(port)])
    try:
        until(lambda: answers(port), "the server did not start")
        end = "sse" if request.param == "sse" else "mcp"
        yield {"transport": request.param, "url": f"http://127.0.0.1:{port}/{end}"}
    finally:
        process.kill()
        process.wait(PATIENCE)


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


def test_a_token_is_handed_over_by_the_name_of_its_variable(
    reached: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAMILY_API_KEY", "Bearer opensesame")
    agent = clerk(**reached, environment={"Authorization": "FAMILY_API_KEY"})
    said = told(agent)
    assert "counted 2 for [FAMILY_API_KEY]" in said
    assert "opensesame" not in said


def test_without_the_token_the_run_is_told_that_the_server_cannot_be_reached(
    reached: dict[str, str],
) -> None:
    said = told(clerk(**reached))
    assert "counted" not in said
    assert "MCP server family answers 401" in said
