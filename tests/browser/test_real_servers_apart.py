"""Other people's MCP servers that have to be told apart: one that remembers has a process for each
run, one behind a token is reached by the name of the variable that holds it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.stack import processes
from console.stack.processes import Running
from runs.models import Run
from tests.browser.conftest import Opened
from tests.browser.servers_desk import ServersDesk, calling
from tests.counterparts import programs, tool_servers

TOKEN = "opensesame-0123456789"
KEY = {"EVERYTHING_API_KEY": f"Bearer {TOKEN}"}
DOOR = Path(tool_servers.__file__).with_name("bearer_door.py")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stage"),
]


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[Running]:
    """One that knows the key."""
    with processes.web(KEY) as running:
        yield running


@pytest.fixture
def worker(transactional_db: None) -> Iterator[Running]:
    with processes.worker(environment=KEY) as running:
        yield running


@pytest.fixture
def desk(browsers: Opened, worker: Running) -> ServersDesk:
    return ServersDesk(browsers)


@pytest.mark.parametrize(("per_run", "second"), [("on", 1), ("off", 2)])
def test_a_server_that_remembers_is_new_in_each_run_when_an_admin_says_so(
    desk: ServersDesk, tmp_path: Path, per_run: str, second: int
) -> None:
    real = tool_servers.thinking(tmp_path)
    desk.connect(real.name, command=real.command, per_run=per_run)
    desk.describe(real.name, real.tool, "read")
    for length in (1, second):
        run = desk.run(real.name, calling(f"{real.name}.{real.tool}", real.args))
        desk.completes(run, f'"thoughtHistoryLength": {length}')


@contextmanager
def behind_a_door(folder: Path) -> Iterator[str]:
    """The address of a server that only who bears the token gets through to."""
    inner, outer = programs.free_port(), programs.free_port()
    real = tool_servers.npm("everything", "streamableHttp").split()
    door = [sys.executable, str(DOOR), str(outer), f"http://127.0.0.1:{inner}", TOKEN]
    with (
        programs.started(real, folder / "everything.log", PORT=str(inner)),
        programs.program(door, folder / "door.log", outer, "/ready"),
    ):
        yield f"http://127.0.0.1:{outer}/mcp"


def test_a_server_behind_a_token_is_reached_by_the_name_of_its_variable(
    desk: ServersDesk, tmp_path: Path
) -> None:
    with behind_a_door(tmp_path) as url:
        desk.fill(name="everything", transport="http", url=url)
        desk.stands("everything", "Not reached", "answers 401: it wants a key", "Name the variable")
        desk.edit("everything", environment='{"Authorization": "EVERYTHING_API_KEY"}')
        desk.stands("everything", "Working", "13 tools")
        desk.describe("everything", "get-sum", "read")
        run = desk.run("everything", calling("everything.get-sum", {"a": 2, "b": 40}))
        desk.completes(run, "42")
        assert TOKEN not in desk.page.content()
        assert Run.objects.get().status == "completed"
