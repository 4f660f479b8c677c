"""A key planted in the environment comes out of tools and planners in every way they have, and is
found nowhere afterwards.
"""

import asyncio
import base64
import json
import logging
import math
import sys
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from llmock.scenarios import Fail, Reply, ToolCall
from llmock.testing import LLMockServer

from console.json_value import Json
from runs import services
from runs.engine import pictures
from runs.engine.engine_errors import ToolError
from runs.engine.kept_calls import Flight, Undoable
from runs.engine.ports import Happened, Lookup, Returned, Toolbox, ToolContext
from runs.engine.vocabulary import Effect, Outcome
from runs.models import Agent, McpServer, Run
from runs.runtime import dependencies, loop, perform, worker_process
from runs.runtime.handles import Handle
from runs.tools import mcp_sessions, registry
from runs.tools.registry import tool
from tests.patience import PATIENCE, eventually
from tests.planners.relay import Act, relaying
from tests.runtime import hiding_places
from tests.runtime.conftest import Bench, answering, calling, now, stored
from tests.tools.calling import context

KEY = "sk-planted-0123456789abcdef"
UNDONE = "GET https://host/?key=[OPENAI_API_KEY] failed"
WRITTEN = {"runs_agent.script", "runs_run.snapshot"}
"""Where a person wrote it themselves: the script that a test gives its agent."""
WAYS = ("return", "name", "base64", "raise", "fail", "exit")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level(logging.DEBUG)


async def leaking(args: Mapping[str, Json], context: ToolContext) -> Json:
    match args["how"]:
        case "name":
            return {KEY: 1, "parts": [KEY[:12], KEY[12:]]}
        case "base64":
            return base64.b64encode(f"user:{KEY}".encode()).decode()
        case "raise":
            raise RuntimeError(f"401 for key {KEY}")
        case "fail":
            raise ToolError(f"refused {KEY}")
        case "exit":
            raise SystemExit(KEY)
    return {"deep": [{"key": f"it is {KEY}"}]}


def nowhere(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the journal or any other table, not on a page, not in the log."""
    said = json.dumps([vars_of(row.record.data) for row in stored(run)])
    assert "[OPENAI_API_KEY]" in said
    assert KEY not in said
    client = Client()
    client.force_login(
        User.objects.create_superuser("alba"), backend="django.contrib.auth.backends.ModelBackend"
    )
    for page in ("", "audit/", "context/"):
        assert KEY not in client.get(f"/runs/{run.pk}/{page}").content.decode()
    for form in ("json", "csv"):
        assert KEY not in exported(client, run, form)
    looked_at = [*hiding_places.rows(), ("the log", caplog.text)]
    assert set(hiding_places.found(KEY, looked_at)) <= WRITTEN
    assert not [record for record in caplog.records if KEY in record.getMessage()]


def exported(client: Client, run: Run, form: str) -> str:
    """The run's part of the audit, as a file."""
    answer = client.post(f"/audit/export.{form}?run={run.pk}")
    assert answer.status_code == 200
    content = b"".join(answer) if answer.streaming else answer.content
    assert str(run.pk) in content.decode()
    return content.decode()


def vars_of(data: Mapping[str, Json]) -> Json:
    return json.loads(json.dumps(data, default=str))


def test_of_an_own_tool_and_the_model_is_not_sent_it_either(
    bench: Bench,
    llmock_server: LLMockServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench.tool("leak", leaking)
    plan: list[Act] = [(Reply(tool_calls=(ToolCall("leak", {"how": how}),)),) for how in WAYS]
    with relaying(llmock_server, "openai", [*plan, (Reply(text=f"The key is {KEY}."),)]) as relay:
        monkeypatch.setenv("OPENAI_BASE_URL", relay.base_url)
        run = bench.play(bench.start("", planner="openai:gpt-4o-mini", key_variable=""))
    assert relay.requests > len(WAYS)
    assert KEY not in json.dumps(relay.asked)
    assert "[OPENAI_API_KEY]" in json.dumps(relay.asked)
    nowhere(run, caplog)


def test_of_a_tool_of_a_scripted_agent_and_of_its_script(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.tool("leak", leaking)
    script = "".join(calling("leak", f'{{ how = "{how}", key = "{KEY}" }}') for how in WAYS)
    nowhere(bench.play(bench.start(script + answering(f"it is {KEY}"))), caplog)


async def failing(*_: object) -> Json:
    raise OSError(f"GET https://host/?key={KEY} failed")


def test_of_a_failed_undo_lookup_or_check(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bench.tool(
        "make", effect=Effect.REVERSIBLE, has_undo=True, has_lookup=True, has_check=True
    )
    for verb in ("undo", "lookup", "check"):
        monkeypatch.setattr(made, verb, failing)
    handle = Handle(uuid4(), 1, good_until=math.inf)
    flight = Flight(
        "1.1", "c1", "make", {}, "key", 1, idempotent=False, lookup=True, undo=True, timeout=5
    )

    async def tried() -> tuple[str, str]:
        back = await perform.reverse(handle, made, Undoable("1.1", "make", {}, None, 1), context())
        await perform.checked(handle, made, flight, Returned(Outcome.OK), context())
        looking = partial(made.lookup, {}, context())
        return back.error, (await perform.looked_up(handle, made, looking, 5))[1]

    assert loop.run(tried(), 10) == (f"OSError: {UNDONE}", f"OSError: {UNDONE}")
    assert UNDONE in caplog.text
    assert KEY not in caplog.text


def test_of_a_lookup_that_found_it(bench: Bench) -> None:
    made = bench.tool("make", effect=Effect.REVERSIBLE, has_lookup=True)
    made.found = Lookup(Happened.YES, {"key": KEY})
    found, _ = loop.run(
        perform.looked_up(
            Handle(uuid4(), 1, good_until=math.inf), made, partial(made.lookup, {}, context()), 5
        ),
        10,
    )
    assert found.result == {"key": "[OPENAI_API_KEY]"}


def test_of_a_provider_that_repeats_it_in_its_refusal(
    bench: Bench,
    llmock_server: LLMockServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with relaying(
        llmock_server, "openai", [(Fail(401, message=f"Incorrect API key provided: {KEY}"),)]
    ) as relay:
        run = bench.play(
            bench.start(
                "",
                planner="openai:gpt-4o-mini",
                key_variable="OPENAI_API_KEY",
                base_url=relay.base_url,
            )
        )
    assert KEY not in run.stop_detail
    assert KEY not in caplog.text


def test_of_tools_that_cannot_be_put_together(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(snapshot: dependencies.Snapshot) -> Toolbox:
        raise RuntimeError(f"no tools with {KEY}")

    dependencies.configure(replace(dependencies.dependencies(), toolbox=broken))
    nowhere(bench.play(bench.start(answering())), caplog)


@pytest.fixture
def _served() -> Iterator[None]:
    yield
    loop.run(mcp_sessions.close_all(), 10)
    worker_process.rest()


@pytest.mark.usefixtures("_served")
def test_of_an_mcp_server_that_was_handed_it(caplog: pytest.LogCaptureFixture) -> None:
    command = f"{sys.executable} {Path(__file__).parents[1] / 'tools' / 'telling_server.py'}"
    overrides = {"tell": {"effect": "read"}}
    server = McpServer.objects.create(
        name="tells", command=command, environment={"TOKEN": "OPENAI_API_KEY"}, overrides=overrides
    )
    script = "".join(
        calling("tells.tell", f'{{ how = "{how}" }}') for how in ("return", "raise", "die")
    )
    agent = Agent.objects.create(
        name="probe", title="Probe", planner="scripted", script=script + answering()
    )
    agent.mcp_servers.add(server)
    run = services.start(
        agent=agent, goal="tell", principal=User.objects.create_user("olga"), at=now()
    )
    worker_process.advance(run.pk)
    nowhere(run, caplog)
    told = json.dumps(
        [vars_of(row.record.data) for row in stored(run) if row.record.kind == "call.returned"]
    )
    assert "key=[OPENAI_API_KEY] failed" in told
    assert "Its last words: cannot go on with [OPENAI_API_KEY]" in told


@pytest.mark.usefixtures("_served")
def test_of_a_declared_function(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    registry.discover()
    monkeypatch.setattr(registry, "REGISTRY", dict(registry.REGISTRY))

    @tool(effect=Effect.READ)
    def leak() -> str:
        """Tell what must not be told."""
        raise ValueError(f"the key is {KEY}")

    agent = Agent.objects.create(
        name="probe",
        title="Probe",
        planner="scripted",
        script=calling("leak") + answering(),
        tools=["leak"],
    )
    run = services.start(
        agent=agent, goal="tell", principal=User.objects.create_user("olga"), at=now()
    )
    worker_process.advance(run.pk)
    nowhere(run, caplog)


@pytest.mark.parametrize(
    ("result", "beside"),
    [
        (f"{KEY} is the key", False),
        ({"rows": [f"{KEY} " + "x" * 999] * 20}, False),
        (f"{KEY} " + "x" * perform.LARGE, True),
        ({"rows": [{"key": f"{KEY} " + "x" * 999}] * 1_000}, True),
    ],
)
def test_a_large_result_is_looked_through_beside_the_loop(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, result: Json, beside: bool
) -> None:
    where = set[str]()
    taken_out = pictures.taken_out

    def noted(*given: Any) -> Any:
        where.add(threading.current_thread().name)
        return taken_out(*given)

    monkeypatch.setattr(pictures, "taken_out", noted)

    async def large(args: Mapping[str, Json], context: ToolContext) -> Json:
        return result

    bench.tool("read_all", large)
    run = bench.play(bench.start(calling("read_all") + answering()))
    assert run.status == "completed"
    assert (where != {"calls"}) == beside
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_event WHERE data::text LIKE %s", [f"%{KEY}%"])
        assert cursor.fetchone() == (0,)


async def test_a_result_that_is_there_is_kept_although_its_call_is_broken_off() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> Returned:
        begun.set()
        go_on.wait(PATIENCE)
        return Returned(Outcome.OK, "kept")

    making = asyncio.ensure_future(perform.apart(work))
    await eventually(begun.is_set, "the work to begin")
    making.cancel()
    go_on.set()
    assert (await making).result == "kept"
