"""Other people's MCP servers by way of the Tools page, as an admin connects them: each is seen with
its tools, what they do is said in fields, and a real worker's run gets its answer.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from console.stack.processes import Running
from tests.browser.conftest import Opened
from tests.browser.servers_desk import ServersDesk, approved, calling
from tests.counterparts import tool_servers
from tests.counterparts.tool_servers import RealServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1_200),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stage"),
]


@pytest.mark.parametrize("made", tool_servers.ALL, ids=lambda made: str(made.__name__))
def test_a_server_is_connected_described_and_called(
    made: Callable[[Path], RealServer], browsers: Opened, worker: Running, tmp_path: Path
) -> None:
    real = made(tmp_path)
    desk = ServersDesk(browsers)
    desk.connect(real.name, command=real.command)
    desk.stands(real.name, "Working", f"{real.tools} tool")
    desk.describe(real.name, real.tool, "read")
    run = desk.run(real.name, calling(f"{real.name}.{real.tool}", real.args))
    if real.asks:
        approved(run)
    desk.completes(run, real.said)
    desk.stands(real.name, "Working", "Clerk")
