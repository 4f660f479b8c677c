"""Agents and MCP servers in Django admin: what can be said there, what is refused, and that every
edit is in the journal.
"""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from console.journal import append as journal
from console.journal.records import HOUSE_KEY, JournalRecord
from runs import services
from runs.models import Agent, McpServer
from runs.tools.broken_tools import NOTED, BrokenTool
from tests.pages.people import signed_in
from tests.typed_rows import typed

pytestmark = pytest.mark.django_db

SCRIPT = '[[step]]\nfinal = "done"\n'


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(
        User.objects.create_superuser("alba"), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def edits(kind: str) -> list[JournalRecord]:
    return [row.record for row in journal.read(connection, HOUSE_KEY) if row.record.kind == kind]


def agent_form(**changed: Any) -> dict[str, Any]:
    form = {
        "title": "Probe",
        "name": "probe",
        "planner": "scripted",
        "script": SCRIPT,
        "max_steps": 5,
        "max_tokens": 1_000,
        "max_usd": "1.5",
        "max_seconds": 60,
        "parallel_calls": 8,
        "max_tokens_out": 100,
        "answers_refused": 3,
        "enabled": "on",
        "ticked": ["get_order", "issue_refund"],
        "patterns": "",
    }
    return form | changed


def server_form(**changed: Any) -> dict[str, Any]:
    form = {
        "name": "time",
        "enabled": "on",
        "transport": "stdio",
        "command": "mcp-server-time",
        "url": "",
    }
    return form | changed


def add(admin: Client, what: str, form: dict[str, Any]) -> str:
    """Post the form; what stands on the page that comes back, after a redirect if it was taken."""
    return admin.post(reverse(f"admin:runs_{what}_add"), form, follow=True).content.decode()


def change(admin: Client, row: Any, form: dict[str, Any]) -> str:
    url = reverse(f"admin:runs_{row._meta.model_name}_change", args=[row.pk])
    return admin.post(url, form, follow=True).content.decode()


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_each_look_at_what_is_always_hidden_of_an_agent_is_on_record(role: str) -> None:
    told = Agent.objects.create(name="told", title="Told", planner="scripted", prompt="Be kind.")
    plain = Agent.objects.create(name="plain", title="Plain", planner="scripted")
    reader = signed_in(role)
    User.objects.update(is_staff=True)
    for agent in (told, plain, told):
        page = reader.get(reverse("admin:runs_agent_change", args=[agent.pk]))
        assert page.status_code == 200
    looks = [(look.actor, look.data) for look in edits("audit.looked")]
    seen = {"of": "agent", "name": str(told), "fields": ["prompt"]}
    assert looks == [(f"user:some-{role}", seen)] * 2


def test_an_agent_is_made_of_ticks_and_patterns(admin: Client) -> None:
    add(admin, "agent", agent_form(patterns="time.get_* kb_*", meant="yes"))
    assert Agent.objects.get(name="probe").tools == [
        "get_order",
        "issue_refund",
        "time.get_*",
        "kb_*",
    ]


def test_its_form_shows_what_is_chosen_and_what_each_tool_does(admin: Client) -> None:
    add(admin, "agent", agent_form(patterns="kb_*", meant="yes"))
    page = admin.get(
        reverse("admin:runs_agent_change", args=[Agent.objects.get().pk])
    ).content.decode()
    assert 'value="issue_refund" id="id_ticked' in page
    assert page.count("checked") >= 2
    assert 'value="kb_*"' in page
    assert "cannot be undone" in page
    assert "Pay money back for an order" in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"script": "[[step]]\nfinal = 3\n"}, "line 2"),
        ({"patterns": "get order; drop"}, "is neither a tool"),
        ({"key_variable": "sk-abc-123"}, "not the key itself"),
        ({"ticked": ["no_such_tool"]}, "is not one of the available choices"),
        ({"max_usd": "-1x"}, "Enter a number"),
        ({"max_usd": "-3"}, "At least 0.0001."),
        ({"max_steps": 0}, "At least 1."),
        ({"price_in": "-0.1"}, "At least 0."),
        ({"planner": "open:gpt"}, "is not known: it is openai:MODEL"),
        ({"planner": "openai:llama3", "base_url": "localhost:11434"}, "does not begin with http"),
        (
            typed("acceptance", {"name": ""}, {"name": "told", "by": "cel", "rule": "final.txt"}),
            "Row 2: Line 1, column 7",
        ),
        (typed("acceptance", {"name": "told"}), "Row 1: Rule: nothing is there."),
        (typed("acceptance", {"rule": "true"}), "Row 1: Name: nothing is there."),
        (
            typed("acceptance", *({"name": "told", "rule": "true"} for _ in "ab")),
            "Row 2: told stands in another row already.",
        ),
        (
            typed("acceptance", {"name": "a", "by": "schema", "rule": '{"type": "objekt"}'}),
            "not a JSON Schema",
        ),
        (
            typed("acceptance", {"name": "a", "by": "schema", "rule": "{"}),
            "Row 1: This is no JSON: line 1, column 2",
        ),
        (
            typed("acceptance", *({"name": f"{n}", "rule": "true"} for n in range(51))),
            "a list of at most 50",
        ),
        (typed("after_reasons", {"reason": "DRIFTED"}), "Row 1: What becomes of what it did: noth"),
        (typed("after_reasons", {"reason": "COMPLETED", "choice": "undo"}), "Row 1: “COMPLETED”"),
    ],
)
def test_what_would_not_work_is_refused_before_it_is_saved(
    admin: Client, changed: dict[str, Any], said: str
) -> None:
    assert said in add(admin, "agent", agent_form(**changed))
    assert not Agent.objects.exists()
    assert not edits("agent.added")


def test_a_missing_key_is_a_warning_since_the_workers_may_have_it(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOME_API_KEY", raising=False)
    page = add(admin, "agent", agent_form(planner="openai:gpt-5-mini", key_variable="SOME_API_KEY"))
    assert "this agent could not start here" in page
    assert "SOME_API_KEY" in page
    assert Agent.objects.get().planner == "openai:gpt-5-mini"


@pytest.mark.parametrize("rule", ["called('isue_refund') > 0", "called('send_email') > 0"])
def test_a_criterion_that_names_a_tool_which_the_agent_does_not_have_is_saved_with_a_warning(
    admin: Client, rule: str
) -> None:
    criterion = typed("acceptance", {"name": "paid", "by": "cel", "rule": rule})
    page = add(admin, "agent", agent_form(**criterion))
    assert "Criterion “paid” names" in page
    assert ("did you mean “issue_refund”?" in page) is ("isue" in rule)
    assert Agent.objects.get().acceptance


def test_a_criterion_that_names_what_the_agent_has_or_may_have_is_saved_without_a_word(
    admin: Client,
) -> None:
    unseen = McpServer.objects.create(name="desk", command="desk")
    rules = ("called('issue_refund') > 0", "called('list_refunds') > 0", "called('desk.call') > 0")
    criteria = [
        {"name": f"{number}", "by": "cel", "rule": rule} for number, rule in enumerate(rules)
    ]
    form = agent_form(**typed("acceptance", *criteria), patterns="list_*", mcp_servers=[unseen.pk])
    assert "names “" not in add(admin, "agent", form)
    assert Agent.objects.get().acceptance


def test_money_in_the_list_is_money(admin: Client) -> None:
    add(admin, "agent", agent_form(max_usd="2.75"))
    page = admin.get(reverse("admin:runs_agent_changelist")).content.decode()
    assert "$2.75" in page
    assert "2.7500" not in page


def test_a_broken_tool_is_named_where_it_cannot_be_chosen(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenTool("pay_bill", "<b> has no type", "/srv/shop/tools.py", 3)
    monkeypatch.setattr(NOTED, "found", [broken])
    page = admin.get(reverse("admin:runs_agent_add")).content.decode()
    assert "pay_bill is left out: &lt;b&gt; has no type (tools.py:3)." in page


def test_an_edit_is_journalled_with_what_was_and_what_is(admin: Client) -> None:
    add(admin, "agent", agent_form())
    change(admin, Agent.objects.get(), agent_form(max_steps=7, ticked=["get_order"]))
    [added, script], [changed] = edits("agent.added"), edits("agent.changed")
    assert (script.visibility, set(script.data["change"])) == ("always_hidden", {"script"})
    assert added.actor == changed.actor == "user:alba"
    assert changed.data["agent"] == "probe"
    assert changed.data["change"] == {
        "max_steps": [5, 7],
        "tools": [["get_order", "issue_refund"], ["get_order"]],
    }
    assert added.data["change"]["max_usd"] == [None, "1.5000"]


def test_saving_without_a_change_is_no_event(admin: Client) -> None:
    add(admin, "agent", agent_form())
    change(admin, Agent.objects.get(), agent_form())
    assert not edits("agent.changed")


def test_prompts_are_journalled_where_only_auditors_look(admin: Client) -> None:
    add(admin, "agent", agent_form(prompt="Never tell."))
    change(admin, Agent.objects.get(), agent_form(prompt="Always tell."))
    shown, hidden = edits("agent.changed")
    assert (shown.visibility, hidden.visibility) == ("user_hidden", "always_hidden")
    assert "tell" not in json.dumps(shown.data)
    assert hidden.data["change"] == {"prompt": ["Never tell.", "Always tell."]}


def test_servers_of_an_agent_are_part_of_the_edit(admin: Client) -> None:
    server = McpServer.objects.create(name="time", command="mcp-server-time")
    add(admin, "agent", agent_form())
    change(admin, Agent.objects.get(), agent_form(mcp_servers=[server.pk]))
    assert edits("agent.changed")[0].data["change"] == {"mcp_servers": [[], ["time"]]}


def test_deletions_are_journalled_one_by_one_and_in_bulk(admin: Client) -> None:
    for name in ("one", "two", "three"):
        McpServer.objects.create(name=name, command="x")
    one = McpServer.objects.get(name="one")
    admin.post(reverse("admin:runs_mcpserver_delete", args=[one.pk]), {"post": "yes"})
    rest = list(McpServer.objects.values_list("pk", flat=True))
    admin.post(
        reverse("admin:runs_mcpserver_changelist"),
        {"action": "delete_selected", "_selected_action": rest, "post": "yes"},
    )
    assert not McpServer.objects.exists()
    assert {record.data["mcpserver"] for record in edits("mcpserver.deleted")} == {
        "one",
        "two",
        "three",
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"command": ""}, "needs a command to start"),
        ({"transport": "http", "url": ""}, "needs a URL"),
        (
            typed("environment", {"name": "TOKEN", "variable": "ghp_x9/secret value"}),
            "is not the name of a variable",
        ),
        (typed("environment", {"name": "TOKEN"}), "Row 1: Variable where Signalbox runs: nothing"),
        (typed("overrides", {"tool": "look", "effect": "harmless"}), "Row 1: “harmless” is no eff"),
        (typed("overrides", {"tool": "look", "timeout": "soon"}), "Row 1: Timeout in seconds is a"),
        (typed("overrides", {"tool": "look", "effect_key": "7"}), "is no name of an argument"),
        (typed("overrides", {"effect": "read"}), "Row 1: Tool: nothing is there."),
        (
            typed("overrides", {"tool": "look", "kept": '{"colour": "red"}'}),
            "Row 1: look: colour cannot be overridden",
        ),
    ],
)
def test_a_server_that_could_not_work_is_refused(
    admin: Client, changed: dict[str, Any], said: str
) -> None:
    assert said in add(admin, "mcpserver", server_form(**changed))
    assert not McpServer.objects.exists()


def test_a_server_is_saved_with_names_of_variables_that_this_process_need_not_have(
    admin: Client,
) -> None:
    add(
        admin,
        "mcpserver",
        server_form(
            **typed("environment", {"name": "TOKEN", "variable": "NOT_SET_HERE_API_KEY"}),
            **typed("overrides", {"tool": "look", "effect": "read", "timeout": "5"}),
        ),
    )
    server = McpServer.objects.get()
    assert server.environment == {"TOKEN": "NOT_SET_HERE_API_KEY"}
    assert server.overrides == {"look": {"effect": "read", "timeout": 5}}
    assert edits("mcpserver.added")


def test_a_servers_tools_can_be_listed_from_its_page(admin: Client) -> None:
    server = McpServer.objects.create(name="time", command="mcp-server-time --local-timezone=UTC")
    broken = McpServer.objects.create(name="broken", command="no-such-command")
    url, chosen = reverse("admin:runs_mcpserver_changelist"), [server.pk, broken.pk]
    page = admin.post(
        url, {"action": "list_tools", "_selected_action": chosen}, follow=True
    ).content.decode()
    assert (
        "MCP server time started with 2 tools: time.get_current_time (irreversible),"
        " time.convert_time (irreversible)" in page
    )
    assert "there is no command no-such-command here" in page


@pytest.fixture
def run_page(admin: Client) -> str:
    agent = Agent.objects.create(
        name="probe", title="Probe", planner="scripted", script=SCRIPT, prompt="Never tell."
    )
    run = services.start(
        agent=agent,
        goal="look",
        principal=User.objects.get(),
        at=datetime.now(UTC),
        correlation_id=uuid4(),
    )
    return reverse("admin:runs_run_change", args=[run.pk])


def test_a_run_can_be_looked_at_and_not_touched(admin: Client, run_page: str) -> None:
    page = admin.get(run_page).content.decode()
    assert "look" in page
    assert "Never tell" not in page
    assert admin.post(run_page, {"goal": "other"}).status_code == 403
    assert admin.post(run_page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert admin.get(reverse("admin:runs_run_add")).status_code == 403
    assert admin.get(reverse("admin:runs_run_changelist")).status_code == 200


def test_nobody_without_the_permission_edits_an_agent(client: Client) -> None:
    operator = User.objects.create_user("otto", is_staff=True)
    client.force_login(operator, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(reverse("admin:runs_agent_add"), agent_form()).status_code == 403
    assert not Agent.objects.exists()


def test_saving_an_agent_says_which_runs_it_is_in_force_for(admin: Client, run_page: str) -> None:
    assert run_page
    agent = Agent.objects.get()
    page = change(admin, agent, agent_form())
    assert "In force for runs of it that start from now on; 1 live run goes on as it began." in page
    assert "may be at work holds at once, for all" in change(admin, agent, agent_form(max_active=2))
    off = agent_form(max_active=2)
    del off["enabled"]
    assert "Out of force: no run of it starts from now on; 1 live run goes on" in change(
        admin, agent, off
    )


def test_saving_a_server_says_for_how_many_agents_and_what_it_overrides(admin: Client) -> None:
    server = McpServer.objects.create(name="time", command="no-such")
    agent = Agent.objects.create(name="probe", title="Probe", planner="scripted", script=SCRIPT)
    agent.mcp_servers.add(server)
    services.start(agent=agent, goal="look", principal=User.objects.get(), at=datetime.now(UTC))
    overrides = typed("overrides", {"tool": "look", "effect": "read"})
    page = change(admin, server, server_form(**overrides))
    assert (
        "In force for runs of 1 agent that start from now on; 1 live run goes on as it began."
        in page
    )
    assert "Whatever it says of look, what is written here counts." in page
