"""Starting a run: limits never wider than the agent's and shown before; an agent that cannot start
says why.
"""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from console import figures
from runs.models import McpServer, Run, ServedTool
from tests.markup import read
from tests.pages.lives import agent, life
from tests.pages.people import person, signed_in

pytestmark = pytest.mark.django_db


def start(client: Client, **given: Any) -> Any:
    return client.post("/runs/start/", {"agent": "refund-desk", "goal": "Refund order 7", **given})


def test_it_starts_and_leads_to_the_run() -> None:
    agent()
    response = start(signed_in("operator"))
    run = Run.objects.get()
    assert response["Location"] == f"/runs/{run.pk}/"
    assert (run.goal, run.status, run.principal.username) == (
        "Refund order 7",
        "queued",
        "some-operator",
    )
    assert run.max_steps == run.agent.max_steps


def test_narrower_limits_count_for_this_run_only() -> None:
    one = agent()
    start(signed_in("operator"), steps="5", usd="0.25")
    run = Run.objects.get()
    assert (run.max_steps, str(run.max_usd), run.max_tokens) == (5, "0.2500", one.max_tokens)


def test_a_goal_of_several_lines_keeps_them_as_they_were_typed() -> None:
    agent()
    start(signed_in("operator"), goal="Refund order 7.\r\nThen tell the customer.")
    assert Run.objects.get().goal == "Refund order 7.\nThen tell the customer."


@pytest.mark.django_db(transaction=True)
def test_a_form_that_is_sent_twice_starts_one_run() -> None:
    agent()
    client = signed_in("operator")
    token = re.search(r'name="token" value="([^"]+)"', client.get("/runs/start/").content.decode())
    assert token
    first, second = (start(client, token=token[1]) for _ in range(2))
    assert first["Location"] == second["Location"] == f"/runs/{Run.objects.get().pk}/"
    assert "it started this run" in client.get(second["Location"]).content.decode()
    assert start(client, token=token[1], goal="Another one")["Location"] != first["Location"]
    assert start(client)["Location"] != start(client)["Location"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"steps": "51"}, "may have at most 50"),
        ({"usd": "2.01"}, "may have at most $2.00"),
        ({"steps": "0"}, "greater than or equal to 1"),
        ({"seconds": "soon"}, "Write a time, such as 15 min"),
        ({"seconds": "0"}, "greater than or equal to 1"),
        ({"usd": "NaN"}, "Enter a number"),
        ({"tokens": "9" * 30}, "may have at most"),
        ({"goal": "  "}, "A run needs a goal."),
        ({"agent": "nobody"}, "There is no such agent"),
        ({"agent": ""}, "Choose an agent."),
    ],
)
def test_what_cannot_be_started_is_said_at_its_field_and_starts_nothing(
    given: dict[str, str], sentence: str
) -> None:
    agent(max_usd=2)
    response = start(signed_in("operator"), **given)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Run.objects.exists()


def test_an_agent_without_its_key_cannot_be_chosen_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    agent(planner="openai:gpt-5-mini")
    client = signed_in("operator")
    text = client.get("/runs/start/").content.decode()
    assert "OPENAI_API_KEY" in text
    assert "disabled" in text
    assert start(client).status_code == 422
    assert not Run.objects.exists()


def test_a_disabled_agent_is_not_offered() -> None:
    agent(enabled=False)
    client = signed_in("operator")
    assert "Refund desk" not in client.get("/runs/start/").content.decode()
    assert start(client).status_code == 422


def test_recordings_are_not_started_by_a_goal() -> None:
    agent("recorded", planner="recorded")
    client = signed_in("operator")
    assert "Recorded" not in client.get("/runs/start/").content.decode()
    assert start(client, agent="recorded").status_code == 422


def test_the_limits_in_force_are_shown_before_the_start() -> None:
    agent(max_seconds=600)
    client = signed_in("operator")
    assert (
        "50 steps · 200,000 tokens · $2.00 · 10 min"
        in client.get("/runs/start/?agent=refund-desk").content.decode()
    )
    narrower = client.get("/runs/start/limits/?agent=refund-desk&steps=5&goal=").content.decode()
    assert "5 steps · 200,000 tokens" in narrower
    assert (
        "may have at most 50"
        in client.get("/runs/start/limits/?agent=refund-desk&steps=500").content.decode()
    )


@pytest.mark.parametrize(
    ("written", "seconds"), [("90", 90), ("10 min", 600), ("5min", 300), ("1 h 30 min", 5_400)]
)
def test_a_running_time_is_written_as_it_is_read(written: str, seconds: int) -> None:
    agent(max_seconds=7_200)
    client = signed_in("operator")
    start(client, seconds=written)
    run = Run.objects.get()
    assert run.max_seconds == seconds
    again = client.get(f"/runs/start/?like={run.pk}").content.decode()
    assert f'value="{figures.allowance(seconds)}"' in again


def test_again_is_filled_like_the_earlier_run() -> None:
    one = life(person("operator", "otto"), "Say <b>hello</b>")
    Run.objects.filter(pk=one.run.pk).update(max_steps=7)
    text = signed_in("operator").get(f"/runs/start/?like={one.run.pk}").content.decode()
    assert "Say &lt;b&gt;hello&lt;/b&gt;" in text
    assert 'value="7"' in text
    assert "7 steps" in text


@pytest.mark.parametrize("like", ["x", "00000000-0000-4000-8000-000000000000"])
def test_again_like_nothing_is_an_empty_form(like: str) -> None:
    agent()
    assert signed_in("operator").get(f"/runs/start/?like={like}").status_code == 200


@pytest.mark.parametrize("group", ["viewer", "approver", "auditor", ""])
def test_starting_is_for_operators(group: str) -> None:
    agent()
    client = signed_in(group)
    assert client.get("/runs/start/").status_code == 403
    assert start(client).status_code == 403
    assert not Run.objects.exists()


def test_an_agent_that_follows_a_script_says_so_before_a_goal_is_written() -> None:
    agent()
    text = signed_in("operator").get("/runs/start/").content.decode()
    assert "Follows a script: your words are shown, not read." in text


def test_a_script_that_reads_a_part_of_the_goal_names_it() -> None:
    agent(
        script=r"""pattern = 'order (?P<order>\d+)'
[[step]]
final = "done"
"""
    )
    text = signed_in("operator").get("/runs/start/").content.decode()
    assert "Follows a script: of your words only the order is read." in text


def test_the_goals_that_a_scripted_agent_was_given_lately_are_offered_and_fill_the_form() -> None:
    who, operator = person("operator", "otto"), signed_in("operator")
    for goal in ("Refund order 1", "Refund <b>order</b> 2 & more", "Refund order 1"):
        life(who, goal)
    page = read(operator.get("/runs/start/").content)
    links = page.one("details", "known-goals").all("a")
    assert [link.words for link in links] == ["Refund order 1", "Refund <b>order</b> 2 & more"]
    filled = read(operator.get(links[1].attrs["href"]).content)
    assert filled.one("textarea").words == "Refund <b>order</b> 2 & more"


def test_an_agents_servers_say_whether_they_answered_and_which_tools_a_run_gets() -> None:
    clock = McpServer.objects.create(name="clock", command="uvx clock", tried_at=timezone.now())
    dead = McpServer.objects.create(name="dead", command="x", trouble="there is no command x")
    for name in ("get_time", "set_time", "held"):
        ServedTool.objects.create(
            server=clock,
            name=name,
            digest="d",
            accepted_digest="" if name == "held" else "d",
            first_seen_at=timezone.now(),
            changed_at=timezone.now(),
        )
    mine = agent(tools=["clock.get_*", "clock.held"])
    mine.mcp_servers.set([clock, dead])
    page = read(signed_in("operator").get("/runs/start/").content.decode())
    told = [each.words for each in page.all("span", "offered")]
    assert told == ["clock 1 held get_time", "dead Not reached none of its tools is offered"]
    run = life(person("operator", "otto")).run
    context = read(signed_in("approver").get(f"/runs/{run.pk}/context/").content.decode())
    assert [each.words for each in context.all("span", "offered")] == told
    viewer = signed_in("viewer").get(f"/runs/{run.pk}/context/").content.decode()
    assert "get_time" not in viewer


def test_the_start_form_opens_with_the_focus_on_the_agents() -> None:
    agent("bug-triage")
    agent("refund-desk")
    operator = signed_in("operator")
    for path, name in (("", "bug-triage"), ("?agent=refund-desk", "refund-desk")):
        text = operator.get(f"/runs/start/{path}").content.decode()
        [here] = [one for one in read(text).all("input", name="agent") if "autofocus" in one.attrs]
        assert here.attrs["value"] == name
