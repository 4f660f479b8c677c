"""An MCP server is tried when it is saved; what it says of itself is a proposal; what is missing of
it is said and costs nothing else.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from console.journal import append as journal
from console.journal import pool
from console.journal.records import JournalRecord
from runs import server_trial, services, snapshots
from runs.engine.vocabulary import RunStatus
from runs.models import Agent, McpServer, Run, ServedTool
from runs.runtime import loop, worker_process
from runs.tools import mcp_sessions, toolbox
from tests.patience import ended
from tests.tools.test_agent_admin import server_form
from tests.typed_rows import typed

ODD = f"{sys.executable} {Path(__file__).parent / 'odd_server.py'}"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(
        User.objects.create_superuser("alba"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.fixture(autouse=True)
def _rest() -> Iterator[None]:
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("trial of "):
            ended(thread)
    loop.run(mcp_sessions.close_all(), 10)
    worker_process.rest()


def saved(admin: Client, **facts: Any) -> str:
    """The page that follows on saving a new server."""
    return unescape(
        admin.post(
            reverse("admin:runs_mcpserver_add"), server_form(**facts), follow=True
        ).content.decode()
    )


def page_of(admin: Client, server: McpServer) -> str:
    return unescape(
        admin.get(reverse("admin:runs_mcpserver_change", args=[server.pk])).content.decode()
    )


def changed(admin: Client, server: McpServer, **facts: Any) -> str:
    url = reverse("admin:runs_mcpserver_change", args=[server.pk])
    return unescape(admin.post(url, server_form(**facts), follow=True).content.decode())


def test_a_saved_server_says_what_it_offers_and_its_page_lists_it(admin: Client) -> None:
    said = saved(admin, command="mcp-server-time --local-timezone=UTC")
    assert (
        "MCP server time started with 2 tools: time.get_current_time (irreversible),"
        " time.convert_time (irreversible)" in said
    )
    assert "2 tools (" in said
    assert 'class="note tone-running"' in said
    page = page_of(admin, McpServer.objects.get())
    assert "Get current time in a specific timezone" in page
    assert "only reads" in page


def test_a_tool_that_the_server_does_not_have_is_asked_back_before_it_is_described(
    admin: Client,
) -> None:
    said = saved(admin, command="mcp-server-time --local-timezone=UTC")
    assert "No agent has it yet" in said
    server = McpServer.objects.get()
    rows = typed("overrides", {"tool": "get_curent_time", "effect": "read"})
    form = rows | {"command": "mcp-server-time --local-timezone=UTC"}
    asked = "time has no tool “get_curent_time”; did you mean “get_current_time”?"
    assert asked in changed(admin, server, **form)
    server.refresh_from_db()
    assert server.overrides == {}
    said = changed(admin, server, **form, meant="yes")
    assert "changed successfully" in said
    assert "what is written here counts" not in said
    assert asked not in changed(admin, server, **form, trust_hints="on")


def test_the_tools_of_a_saved_server_stand_on_the_tools_page_before_any_run(admin: Client) -> None:
    saved(admin, name="odd", command=ODD)
    page = unescape(admin.get(reverse("runs:tools")).content.decode())
    for shown in ("look", "wipe", "bare is left out", "4 left out"):
        assert shown in page
    tool = ServedTool.objects.get(name="look")
    assert not tool.held
    admin.post(reverse("runs:tool_describe", args=[tool.pk]), {"effect": "read"})
    assert effects(McpServer.objects.get())["odd.look"] == "read idempotent"


def test_what_a_server_has_changed_when_it_is_looked_at_again_is_held(admin: Client) -> None:
    saved(admin, name="odd", command=ODD)
    server = McpServer.objects.get()
    ServedTool.objects.filter(name="look").update(digest="0" * 64, accepted_digest="0" * 64)
    changed(admin, server, name="odd", command=ODD)
    assert ServedTool.objects.get(name="look").held
    changed(admin, server, name="odd", command=ODD, trust_changes="on")
    server.refresh_from_db()
    assert server.trust_changes


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"command": "no-such-command"}, "there is no command no-such-command here. Install it"),
        ({"transport": "http", "url": "http://127.0.0.1:9/mcp"}, "cannot be reached"),
        ({"command": f"{ODD} refuse"}, "no list today"),
        ({"command": f"{sys.executable} -c 'raise SystemExit(3)'"}, "MCP server time"),
    ],
)
def test_a_server_that_cannot_be_reached_is_saved_and_says_why_there_and_in_the_list(
    admin: Client, facts: dict[str, str], reason: str
) -> None:
    said = saved(admin, **facts)
    server = McpServer.objects.get()
    assert reason in server.trouble
    assert said.count(server.trouble[:60]) >= 2
    assert 'class="note tone-running"' not in said, "what cannot start is no success"


def test_a_server_that_hangs_does_not_hold_the_page_up(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_trial, "SECONDS", 2.0)
    began = time.monotonic()
    said = saved(admin, command=f"{ODD} hang")
    assert "gave no answer in 2 s. If it had to download itself, save it once more." in said
    assert time.monotonic() - began < 30


def test_odd_tools_are_left_out_by_name_and_the_others_stay(admin: Client) -> None:
    said = saved(admin, name="odd", command=ODD)
    assert "started with 2 tools: odd.look (irreversible), odd.wipe (irreversible)" in said
    for sentence in (
        "bare is left out",
        "typed is left out",
        "hid⟨U+202E⟩den is left out",
        "(not an object) is left out",
    ):
        assert sentence in said.replace("⟨U+27E8⟩", "⟨"), sentence
    assert "2 tools, 4 left out" in said


def test_a_hint_counts_only_once_an_admin_accepts_it(admin: Client) -> None:
    saved(admin, name="odd", command=ODD)
    server = McpServer.objects.get()
    assert server.overrides == {}
    assert "look: only reads" in page_of(admin, server)
    assert "odd.look (read, idempotent), odd.wipe (irreversible)" in changed(
        admin, server, name="odd", command=ODD, accept=["look"]
    )
    server.refresh_from_db()
    assert server.overrides == {"look": {"effect": "read", "idempotent": True}}
    assert "look: only reads" not in page_of(admin, server)


def effects(server: McpServer) -> dict[str, str]:
    box = loop.run(toolbox.build({"mcp_servers": [snapshots.server(server)]}), 20)
    return {
        spec.name: f"{spec.effect}{' idempotent' if spec.idempotent else ''}"
        for spec in box.specs()
    }


def test_trusted_hints_count_as_they_were_seen_and_no_later_one_widens_a_run(admin: Client) -> None:
    saved(admin, name="odd", command=ODD, trust_hints="on")
    server = McpServer.objects.get()
    assert effects(server) == {"odd.look": "read idempotent", "odd.wipe": "irreversible"}
    for tool in server.offered:
        tool |= {"effect": "irreversible", "idempotent": False}
    assert effects(server)["odd.look"] == "irreversible"
    server.trust_hints = False
    assert effects(server) == {"odd.look": "irreversible", "odd.wipe": "irreversible"}


def started(command: str, **facts: Any) -> Run:
    server = McpServer.objects.create(name="odd", command=command, **facts)
    agent = Agent.objects.create(
        name="probe", title="Probe", planner="scripted", script='[[step]]\nfinal = "done"\n'
    )
    agent.mcp_servers.add(server)
    run = services.start(
        agent=agent, goal="look", principal=User.objects.create_user("olga"), at=datetime.now(UTC)
    )
    worker_process.advance(run.pk)
    return Run.objects.get(pk=run.pk)


def hints(run: Run) -> list[JournalRecord]:
    with pool.pool().connection() as connection:
        return [
            row.record
            for row in journal.read(connection, run.pk)
            if row.record.kind == "hint.given"
        ]


def test_a_run_whose_server_cannot_be_reached_says_so_to_people_and_planner(admin: Client) -> None:
    run = started("no-such-command", overrides={"look": {"effect": "read"}})
    [hint] = hints(run)
    assert "there is no command no-such-command here" in hint.data["text"]
    server = McpServer.objects.get()
    agent = reverse("admin:runs_agent_change", args=[run.agent_id])
    for place in (f"/runs/{run.pk}/", reverse("runs:tools"), "/health/", agent):
        page = unescape(admin.get(place).content.decode())
        assert "there is no command no-such-command here" in page, place
    assert server.trouble in page_of(admin, server)


def test_a_list_that_is_refused_or_odd_ends_no_run(admin: Client) -> None:
    run = started(f"{ODD} refuse")
    assert run.status == RunStatus.COMPLETED
    assert "no list today" in hints(run)[0].data["text"]


def test_a_tool_that_is_left_out_is_said_on_the_run(admin: Client) -> None:
    run = started(ODD)
    assert run.status == RunStatus.COMPLETED
    assert (
        "bare is left out: its input schema is not one of an object" in hints(run)[0].data["text"]
    )


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "SECRET_KEY",
        "REDIS_URL",
        "SIGNALBOX_SMTP_PASSWORD",
        "PGPASSWORD",
        "HOME",
        "OTHERS_TOKEN",
    ],
)
def test_a_variable_that_was_not_meant_for_it_is_refused_at_the_form_and_at_the_call(
    admin: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, os.environ.get(name, "postgresql://u:p@h/db"))
    leak = typed("environment", {"name": "X_LEAK", "variable": name})
    assert name in saved(admin, command=ODD, **leak)
    assert not McpServer.objects.exists()
    server = McpServer.objects.create(name="odd", command=ODD, environment={"X": name})
    assert name in server_trial.tried(server).trouble
    assert server_trial.tried(server).offered == []


def test_a_variable_that_the_setting_lists_may_be_named(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNALBOX_HANDS_ON", "OTHERS_TOKEN, DATABASE_URL")
    monkeypatch.setenv("OTHERS_TOKEN", "tick-tock-1")
    theirs = typed("environment", {"name": "TOKEN", "variable": "OTHERS_TOKEN"})
    assert "started with 2 tools" in saved(admin, command=ODD, **theirs)
    ours = typed("environment", {"name": "TOKEN", "variable": "DATABASE_URL"})
    assert "is Signalbox's own" in saved(admin, name="two", command=ODD, **ours)


def test_what_is_the_matter_with_its_servers_stands_on_an_agents_page(admin: Client) -> None:
    saved(admin, command=ODD)
    [server] = McpServer.objects.all()
    agent = Agent.objects.create(name="clerk", title="Clerk", planner="scripted")
    url = reverse("admin:runs_agent_change", args=[agent.pk])
    assert "is left out" not in unescape(admin.get(url).content.decode())
    agent.mcp_servers.add(server)
    page = unescape(admin.get(url).content.decode())
    assert "bare is left out: its input schema is not one of an object." in page
    ServedTool.objects.filter(name="look").update(digest="0" * 64)
    assert "of the server's yet: look." in unescape(admin.get(url).content.decode())
    server.trouble = "MCP server odd answers 401: it wants a key."
    server.save()
    assert "MCP server odd answers 401: it wants a key." in admin.get(url).content.decode()
