"""Agents as code: written without secrets, read back through the admin's form, journalled; and no
file of Django's own goes by the journal.
"""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import connection

from console.journal import append as journal
from console.journal.records import HOUSE_KEY
from policies.gate.models import ToolPolicy
from runs.models import Agent, McpServer
from tests.pages.lives import agent
from tests.pages.people import person

pytestmark = pytest.mark.django_db


def given(*words: str) -> str:
    out = StringIO()
    call_command("agents", *words, stdout=out)
    return out.getvalue()


def noted(kind: str) -> list[Any]:
    return [each.record for each in journal.read(connection, HOUSE_KEY) if each.record.kind == kind]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "agents.json"


def said(file: Path, *entries: dict[str, Any]) -> str:
    file.write_text(json.dumps({"format": 1, "agents": entries}))
    return str(file)


def desk(**facts: Any) -> Agent:
    made = agent(
        title="Refund desk",
        prompt="Be kind.\nSign.",
        tools=["get_order", "kb_*"],
        tiers={"plan": "openai:gpt-5"},
        max_usd="1.5",
        acceptance=[{"name": "answered", "cel": "size(final) > 0"}],
        **facts,
    )
    made.mcp_servers.add(McpServer.objects.create(name="shop", command="shop-server"))
    return made


def test_what_was_exported_changes_nothing_when_it_is_applied(file: Path) -> None:
    desk()
    agent("another")
    text = given("export")
    file.write_text(text)
    assert given("apply", str(file)) == "another: as it was\nrefund-desk: as it was\n"
    assert given("export") == text
    assert noted("agent.changed") == noted("agent.added") == []


def test_an_export_makes_the_same_agent_in_an_empty_console(file: Path) -> None:
    desk()
    text = given("export", "refund-desk")
    file.write_text(text)
    Agent.objects.all().delete()
    assert given("apply", str(file)).startswith("refund-desk: new\n  name: refund-desk\n")
    assert given("export", "refund-desk") == text
    (added,) = [each for each in noted("agent.added") if each.visibility != "always_hidden"]
    assert added.actor.startswith("shell:")


def test_a_change_is_shown_and_journalled_with_what_was(file: Path) -> None:
    desk()
    path = said(file, {"name": "refund-desk", "max_usd": "99", "prompt": "Be kind.\nSign twice."})
    told = given("apply", path, "--dry-run")
    assert "  max_usd: 1.5000 → 99.0000\n" in told
    assert "    -Sign.\n    +Sign twice.\n" in told
    assert "dry run" in told
    assert str(Agent.objects.get().max_usd) == "1.5000"
    assert noted("agent.changed") == []
    given("apply", path)
    assert str(Agent.objects.get().max_usd) == "99.0000"
    shown, hidden = noted("agent.changed")
    assert shown.data["change"]["max_usd"] == ["1.5000", "99.0000"]
    assert "Sign twice." not in json.dumps(dict(shown.data))
    assert hidden.visibility == "always_hidden"


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"max_usd": "-1"}, "max_usd: At least 0.0001"),
        ({"acceptance": [{"name": "a", "cel": "1 +"}]}, "acceptance"),
        ({"planner": "scripted", "script": "nonsense"}, "script"),
        ({"key_variable": "sk-live-abc"}, "Keys are never stored"),
        ({"tools": ["no tool!"]}, "neither a tool's name nor a pattern"),
        ({"tools": "all"}, "tools are a list"),
        ({"tiers": {"cheap": "x"}}, "tiers an object"),
        ({"mcp_servers": ["nowhere"]}, "no MCP server nowhere"),
        ({"max_dollars": 3}, "no such field as max_dollars"),
        ({"name": "not a slug"}, "name"),
    ],
)
def test_what_the_admin_would_refuse_is_refused_and_nothing_is_changed(
    file: Path, entry: dict[str, Any], sentence: str
) -> None:
    desk()
    before = given("export")
    other = {"name": "other", "title": "Other", "script": '[[step]]\nfinal = "x"\n'}
    with pytest.raises(CommandError, match=sentence):
        given("apply", said(file, other, {"name": "refund-desk", **entry}))
    assert given("export") == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "line 1"),
        ('{"agents": []}', "no file of agents"),
        ('{"format": 1, "agents": [{}]}', "needs its name"),
        ('{"format": 1, "agents": [{"name": "a"}, {"name": "a"}]}', "twice"),
        ('{"format": 1, "format": 1}', "twice"),
    ],
)
def test_a_file_that_is_none_says_why(file: Path, text: str, sentence: str) -> None:
    file.write_text(text)
    with pytest.raises(CommandError, match=sentence):
        given("apply", str(file))


def test_an_agent_that_carries_a_secret_is_not_written() -> None:
    agent(base_url="https://me:hunter2222@gateway.example/v1")
    with pytest.raises(CommandError, match="carries a secret") as caught:
        given("export")
    assert "hunter2222" not in str(caught.value)


def test_nobody_exports_what_is_not_there() -> None:
    with pytest.raises(CommandError, match="no agent nobody"):
        given("export", "nobody")


def ruled(*words: str) -> str:
    out = StringIO()
    call_command("policy", *words, stdout=out)
    return out.getvalue()


def test_policies_are_code_as_well(file: Path) -> None:
    text = ruled("export")
    file.write_text(text)
    assert {line.partition(": ")[2] for line in ruled("apply", str(file)).splitlines()} == {
        "as it was"
    }
    assert noted("toolpolicy.changed") == noted("toolpolicy.added") == []
    ToolPolicy.objects.all().delete()
    assert ruled("apply", str(file)).count(": new\n") == len(json.loads(text)["policies"])
    assert ruled("export") == text


def test_a_policy_that_is_changed_by_a_file_is_journalled_and_its_version_moves(
    file: Path,
) -> None:
    made = ToolPolicy.objects.create(name="small", priority=7, tool="pay", verdict="allow")
    said_of = {"name": "small", "condition": "args.amount <= 50"}
    file.write_text(json.dumps({"format": 1, "policies": [said_of]}))
    assert 'condition: "" → args.amount <= 50' in ruled("apply", str(file), "--dry-run")
    assert noted("toolpolicy.changed") == []
    ruled("apply", str(file))
    (changed,) = noted("toolpolicy.changed")
    assert changed.data["change"]["condition"] == ["", "args.amount <= 50"]
    made.refresh_from_db()
    assert (made.priority, made.version) == (7, 2)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"condition": "args.amount <"}, "condition"),
        ({"verdict": "maybe"}, "verdict"),
        ({"caps": "args.amount <= 5"}, "Only “allow with caps” has caps"),
        ({"tools": "x"}, "no such field as tools"),
    ],
)
def test_a_policy_that_the_admin_would_refuse_is_refused(
    file: Path, entry: dict[str, Any], sentence: str
) -> None:
    before = ruled("export")
    whole = [{"name": "fine", "tool": "x", "verdict": "deny"}, {"name": "small", **entry}]
    file.write_text(json.dumps({"format": 1, "policies": whole}))
    with pytest.raises(CommandError, match=sentence):
        ruled("apply", str(file))
    assert ruled("export") == before
    with pytest.raises(CommandError, match="no policy nobody"):
        ruled("export", "nobody")


def test_loaddata_does_not_go_by_the_journal(file: Path) -> None:
    """Whoever loads a file edits as much as whoever fills in a form."""
    desk()
    policy = ToolPolicy.objects.order_by("pk").first()
    anna = person("operator", "anna")
    call_command("dumpdata", "runs.agent", "policies.toolpolicy", "auth.user", output=str(file))
    rows = json.loads(file.read_text())
    call_command("loaddata", str(file), verbosity=0)
    assert [noted(f"{each}.changed") for each in ("agent", "toolpolicy", "user")] == [[], [], []]
    for row in rows:
        if row["model"] == "runs.agent":
            row["fields"]["max_usd"] = "99"
        elif row["model"] == "auth.user" and row["pk"] == anna.pk:
            row["fields"] |= {"is_superuser": True, "password": "plain$canary"}
        elif policy is not None and row["pk"] == policy.pk:
            row["fields"]["enabled"] = not policy.enabled
    file.write_text(json.dumps(rows))
    call_command("loaddata", str(file), verbosity=0)
    (raised,), (promoted,) = noted("agent.changed"), noted("user.changed")
    assert raised.data["change"] == {"max_usd": ["1.5000", "99.0000"]}
    assert raised.actor.endswith("(loaddata)")
    assert (promoted.data["id"], promoted.data["change"]) == (
        anna.pk,
        {"is_superuser": [False, True]},
    )
    assert "canary" not in json.dumps([dict(each.data) for each in (raised, promoted)])
    assert len(noted("toolpolicy.changed")) == 1
    assert User.objects.get(pk=anna.pk).is_superuser


def test_nor_does_a_group_that_is_loaded_with_more_rights(file: Path) -> None:
    viewers = Group.objects.get(name="viewer")
    call_command("dumpdata", "auth.group", output=str(file))
    rows = json.loads(file.read_text())
    more = Permission.objects.get(codename="operate_run")
    for row in rows:
        if row["pk"] == viewers.pk:
            row["fields"]["permissions"].append(more.pk)
    file.write_text(json.dumps(rows))
    call_command("loaddata", str(file), verbosity=0)
    (changed,) = noted("group.changed")
    before, after = changed.data["change"]["permissions"]
    assert [each for each in after if each not in before] == [str(more)]
