"""A key planted in the environment of a real console: its provider, an MCP server and a team's own
tool tell it in every way they have, and it is found in no log of a process, in no frame on the
live socket, in no row, on no page, and in nothing that a model or a server is sent.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from llmock.scenarios import Behavior, Fail, Reply, ToolCall
from llmock.testing import LLMockServer
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from console.stack import processes
from runs import services
from runs.engine.vocabulary import RunStatus
from runs.models import Agent, McpServer, Run
from tests.live import sockets
from tests.patience import PATIENCE, until
from tests.planners.relay import Act, Relay, relaying
from tests.runtime import hiding_places, leaky
from tests.runtime.leaky.tools import WAYS

KEY = "sk-planted/0+9=x&Qr7zWm3vTn8kLp"
PLANTED = {"OPENAI_API_KEY": KEY, "SIGNALBOX_APPS": leaky.__name__}
TELLING = Path(__file__).parents[1] / "tools" / "telling_server.py"
SERVED = ("return", "print", "words", "encoded", "raise", "long", "die")
OWN = [ToolCall("leaky_tell", {"how": how}) for how in WAYS]
THEIRS = [
    ToolCall("tells_halves", {}),
    ToolCall("tells_progress", {}),
    *(ToolCall("tells_tell", {"how": how}) for how in SERVED),
]
TURNS = (OWN[:5], OWN[5:], THEIRS[:5], THEIRS[5:])
"""What fails comes last, so that no breaker keeps the others from being called."""
REFUSED = Fail(503, message=f"Incorrect API key provided: {KEY}. You can find it at …/?key={KEY}")
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(transactional_db: None) -> Iterator[tuple[processes.Running, processes.Running]]:
    """A web server and a worker that know the key."""
    with (
        processes.web(PLANTED) as web,
        processes.worker(environment=PLANTED) as worker,
    ):
        yield web, worker


def plan() -> list[Act]:
    """The provider turns the first request away with the key in its words; the last answer says
    it as well.
    """
    turns: list[tuple[Behavior, ...]] = [(Reply(tool_calls=tuple(calls)),) for calls in TURNS]
    return [(REFUSED,), *turns, (Reply(text=f"The key is {KEY}."),)]


def begun(relay: Relay) -> Run:
    reads = {name: {"effect": "read"} for name in ("tell", "halves", "progress")}
    server = McpServer.objects.create(
        name="tells",
        command=f"{sys.executable} {TELLING}",
        environment={"TOKEN": "OPENAI_API_KEY"},
        overrides=reads,
    )
    agent = Agent.objects.create(
        name="probe",
        title="Probe",
        planner="openai:gpt-4o-mini",
        key_variable="OPENAI_API_KEY",
        base_url=relay.base_url,
        tools=["leaky_*"],
    )
    agent.mcp_servers.add(server)
    person = User.objects.create_user("olga")
    return services.start(agent=agent, goal="tell", principal=person, at=datetime.now(UTC))


def ended(run: Run) -> bool:
    return Run.objects.get(pk=run.pk).status in (RunStatus.COMPLETED, RunStatus.STOPPED)


def frames(peer: ClientConnection) -> Iterator[str]:
    """What came over the socket so far."""
    try:
        while True:
            yield str(peer.recv(0.2))
    except (TimeoutError, ConnectionClosed):
        return


def test_a_planted_key_is_found_nowhere(
    house: tuple[processes.Running, processes.Running], llmock_server: LLMockServer
) -> None:
    web, worker = house
    heard: list[str] = []
    with relaying(llmock_server, "openai", plan()) as relay:
        run = begun(relay)
        cookie = sockets.signed_in("auditor")
        with sockets.watch(web, cookie, "fleet", f"run:{run.pk}") as peer:

            def over() -> bool:
                heard.extend(frames(peer))
                return ended(run)

            until(over, "the run to end", 2 * PATIENCE)
            heard.extend(frames(peer))
    logs = [("the log of the web server", web.log), ("the log of the worker", worker.log)]
    told = [
        *((where, log.read_text(errors="replace")) for where, log in logs),
        *(("a frame", each) for each in heard),
        *(("what the model is sent", json.dumps(each)) for each in relay.asked),
    ]
    assert relay.requests == len(plan()), Run.objects.get(pk=run.pk).stop_detail
    assert "working with [OPENAI_API_KEY]" in dict(told)["the log of the worker"]
    assert any(str(run.pk) in each for each in heard)
    looked_at = [*told, *hiding_places.everywhere(run)]
    expected = {"journal_event.data", f"/runs/{run.pk}/audit/", "/health/", "the export as csv"}
    assert expected <= set(dict(looked_at))
    assert hiding_places.found(KEY, looked_at) == []
