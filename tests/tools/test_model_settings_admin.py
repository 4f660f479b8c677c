"""How an agent's model is asked, set in the admin; and the test of it, which asks one question."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from console.journal import database_clock
from console.refused import Refused
from runs import agent_trial, services, snapshots
from runs.models import Agent
from runs.planners import pricing
from tests.planners.speaking import chat, refused, speaking, wants
from tests.tools.test_agent_admin import add, admin, agent_form, change, edits
from tests.typed_rows import typed

__all__ = ["admin"]
pytestmark = pytest.mark.django_db
USED = {"prompt_tokens": 50, "completion_tokens": 9}


def agent(**facts: Any) -> Agent:
    fields = {"name": "probe", "title": "Probe", "planner": "openai:x", **facts}
    return Agent.objects.create(**fields)


def test_settings_are_saved_and_pinned_by_each_run(admin: Client) -> None:
    add(
        admin,
        "agent",
        agent_form(
            reasoning_effort="low",
            temperature="0.30",
            parallel_calls="1",
            prompt_caching="on",
            max_tokens_field="max_tokens",
            key_header="x-gateway-key",
            **typed("extra_headers", {"name": "x-team", "value": "refunds"}),
            **typed("extra_body", {"name": "top_p", "kind": "number", "value": "0.9"}),
            price_cached="0.1",
            fallback_price="5",
        ),
    )
    pinned = snapshots.of(Agent.objects.get(name="probe"))
    assert pinned["reasoning_effort"] == "low"
    assert pinned["parallel_calls"] == 1
    assert pinned["extra_headers"] == {"x-team": "refunds"}
    assert pinned["extra_body"] == {"top_p": 0.9}
    assert Decimal(pinned["temperature"]) == Decimal("0.3")
    assert Decimal(pinned["price_cached"]) == Decimal("0.1")
    assert pinned["prompt_caching"] is True


def test_other_models_are_named_in_fields_and_kept_by_what_they_are_asked_for(
    admin: Client,
) -> None:
    add(
        admin,
        "agent",
        agent_form(
            planner="openai:small",
            base_url="http://127.0.0.1:9/v1",
            plan_model=" openai:large ",
            judge_model="openai:strict",
        ),
    )
    agent = Agent.objects.get(name="probe")
    assert agent.tiers == {"plan": "openai:large", "judge": "openai:strict"}
    assert snapshots.of(agent)["tiers"] == agent.tiers
    page = admin.get(reverse("admin:runs_agent_change", args=[agent.pk])).content.decode()
    assert 'value="openai:large"' in page
    assert 'name="tiers"' not in page
    change(
        admin,
        agent,
        agent_form(planner="openai:small", base_url="http://127.0.0.1:9/v1"),
    )
    agent.refresh_from_db()
    assert agent.tiers == {}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("plan_model", "gpt-5", "is not known"),
        ("plan_model", "digest", "is not known"),
        ("judge_model", "mistral:large", "is not known"),
        ("temperature", "2.5", "At most 2."),
        ("temperature", "-1", "At least 0."),
        ("fallback_price", "-1", "At least 0."),
        ("key_header", "Bearer sk-123 x", "not the key itself"),
        ("reasoning_effort", "enormous", "Select a valid choice"),
        ("max_tokens_field", "tokens", "Select a valid choice"),
    ],
)
def test_settings_that_could_not_be_sent_are_refused(
    admin: Client, field: str, value: str, sentence: str
) -> None:
    assert sentence in add(admin, "agent", agent_form(**{field: value}))
    assert not Agent.objects.filter(name="probe").exists()


@pytest.mark.parametrize(
    ("field", "row", "sentence"),
    [
        ("extra_headers", {"name": "Authorization", "value": "Bearer sk"}, "Keys are never stored"),
        ("extra_headers", {"name": "x team", "value": "a"}, "is no header with a text"),
        ("extra_headers", {"value": "refunds"}, "Row 1: Name: nothing is there."),
        ("extra_body", {"name": "messages", "kind": "null"}, "messages cannot be set here"),
        ("extra_body", {"name": "n1", "kind": "number", "value": "1e999"}, "The value is a number"),
        ("extra_body", {"name": "a", "kind": "number", "value": "many"}, "not “many”"),
        ("extra_body", {"name": "a", "kind": "yes or no", "value": "maybe"}, "not “maybe”"),
        ("extra_body", {"name": "a", "kind": "nested", "value": "[NaN]"}, "NaN is not JSON"),
        ("extra_body", {"name": "a", "kind": "nested", "value": "[1,"}, "line 1, column 4"),
        ("extra_body", {"name": "a", "kind": "null", "value": "x"}, "leave the value empty"),
    ],
)
def test_a_row_that_could_not_be_sent_is_refused_at_its_place(
    admin: Client, field: str, row: dict[str, str], sentence: str
) -> None:
    page = add(admin, "agent", agent_form(**typed(field, row)))
    assert sentence in page
    assert "Something is wrong in row 1." in page
    assert not Agent.objects.filter(name="probe").exists()


def test_save_and_test_asks_one_question_and_says_what_came_of_it(admin: Client) -> None:
    with speaking(lambda body: chat(wants("say_ready", {"word": "ready"}), USED)) as speaker:
        probe = agent(base_url=speaker.base_url, price_in=1, price_out=2, window=32_000)
        form = agent_form(
            planner="openai:x",
            base_url=speaker.base_url,
            price_in="1",
            price_out="2",
            window="32000",
            _test="yes",
        )
        page = change(admin, probe, form)
    assert len(speaker.asked) == 1
    assert [tool["function"]["name"] for tool in speaker.asked[0]["tools"]] == ["say_ready"]
    for said in (
        "answered by: openai:m",
        "tool calling: works",
        "tokens: 50 in, 9 out",
        "window: 32,000 tokens",
    ):
        assert said in page
    assert "Save and test its model" in page
    (tested,) = edits("agent.tested")
    assert tested.actor == "user:alba"


def test_the_test_is_an_action_of_the_list_too(admin: Client) -> None:
    with speaking(lambda body: chat({"content": "I am ready."})) as speaker:
        probe = agent(base_url=speaker.base_url)
        page = admin.post(
            reverse("admin:runs_agent_changelist"),
            {"action": "test_models", "_selected_action": [probe.pk]},
            follow=True,
        ).content.decode()
    assert "no call, it said: I am ready." in page
    assert "the server did not say" in page
    assert "no known price" in page
    assert "window: not known" in page


def test_nobody_tests_who_may_not_edit(client: Client) -> None:
    looker = User.objects.create(username="vera", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_agent"))
    client.force_login(looker, backend="django.contrib.auth.backends.ModelBackend")
    with speaking(lambda body: chat({"content": "x"})) as speaker:
        probe = agent(base_url=speaker.base_url)
        page = reverse("admin:runs_agent_changelist")
        client.post(page, {"action": "test_models", "_selected_action": [probe.pk]})
        url = reverse("admin:runs_agent_change", args=[probe.pk])
        client.post(url, agent_form(_test="yes"))
        client.get(f"{url}?_test=yes")
    assert speaker.asked == []


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (refused("No such model", 404), "or the base URL is wrong (404): No such model"),
        (refused("bad key", 401), "refused a request without a key (401): bad key"),
        ((200, "<html>"), "not the openai format"),
        (chat({"content": None}), "The model's answer was empty."),
    ],
)
def test_what_goes_wrong_in_a_test_is_said_in_words(reply: Any, sentence: str) -> None:
    with speaking(lambda body: reply) as speaker:
        found = agent_trial.tried(agent(base_url=speaker.base_url))
    assert sentence in found.trouble
    assert found.sentence == found.trouble


def test_a_test_shows_no_secret_and_sends_headers_with_their_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "gw-very-secret-key")
    monkeypatch.setenv("TEAM_API_KEY", "team-very-secret-key")
    with speaking(lambda body: chat({"content": "gw-very-secret-key team-very-secret-key"})) as it:
        found = agent_trial.tried(
            agent(
                base_url=f"{it.base_url}?api-version=2024-10-21",
                key_variable="GATEWAY_API_KEY",
                key_header="x-gateway-key",
                extra_headers={"x-team-key": "$TEAM_API_KEY", "x-team": "refunds"},
                extra_body={"top_p": 0.5},
                max_tokens_field="max_completion_tokens",
                reasoning_effort="low",
            )
        )
    assert "very-secret" not in found.sentence
    assert "[GATEWAY_API_KEY]" in found.sentence
    sent = it.headers[0]
    assert sent["x-gateway-key"] == "gw-very-secret-key"
    assert (sent["x-team-key"], sent["x-team"]) == ("team-very-secret-key", "refunds")
    assert "authorization" not in sent
    assert it.paths == ["/v1/chat/completions?api-version=2024-10-21"]
    assert it.asked[0]["max_completion_tokens"] == 2_000
    assert (it.asked[0]["top_p"], it.asked[0]["reasoning_effort"]) == (0.5, "low")


def test_a_scripted_agent_is_tested_without_asking_anybody() -> None:
    found = agent_trial.tried(agent(planner="scripted", script='[[step]]\nfinal = "done"\n'))
    assert found.facts["answered by"]
    assert "no call, it said: done" in found.facts["tool calling"]


def test_an_agent_that_cannot_start_is_not_asked() -> None:
    assert "is not known" in agent_trial.tried(agent(planner="oracle")).trouble


def test_without_a_price_whoever_starts_a_run_is_told_so(client: Client) -> None:
    client.force_login(
        User.objects.create_superuser("olga"), backend="django.contrib.auth.backends.ModelBackend"
    )
    agent(base_url="http://127.0.0.1:9/v1")
    page = client.get(reverse("runs:start")).content.decode()
    assert f"Its model has {pricing.UNHELD}." in page
    limits = client.get(reverse("runs:limits"), {"agent": "probe"}).content.decode()
    assert f"its model has {pricing.UNHELD}" in limits
    Agent.objects.update(fallback_price=Decimal(5))
    assert pricing.ESTIMATED in client.get(reverse("runs:start")).content.decode()
    Agent.objects.update(price_in=1, price_out=2)
    page = client.get(reverse("runs:start")).content.decode()
    assert "no known price" not in page


def test_of_a_model_that_is_only_asked_now_and_then_the_price_is_said_as_well() -> None:
    probe = {
        "planner": "openai:gpt-4o-mini",
        "base_url": "http://127.0.0.1:9/v1",
        "tiers": {"plan": "openai:big-new", "judge": "openai:gpt-4o"},
        "summarise": "digest",
    }
    assert pricing.warning(probe) == f"its better model openai:big-new has {pricing.UNHELD}"
    assert pricing.refusal(probe) == ""
    said = pricing.refusal({**probe, "unpriced": "refuse", "summarise": "openai:other"})
    assert said.startswith("Its better model openai:big-new and its model for summaries openai:oth")
    estimated = {**probe, "fallback_price": "5", "unpriced": "refuse"}
    assert pricing.warning(estimated).endswith(pricing.ESTIMATED)
    assert pricing.refusal(estimated) == ""
    own = pricing.unpriced({**probe, "planner": "openai:mine"})
    assert list(own) == ["model", "better model openai:big-new"]
    assert pricing.unpriced({"recording": {}, **probe}) == ()


def test_a_better_model_that_cannot_be_asked_from_here_is_said_before_the_start(
    client: Client,
) -> None:
    client.force_login(
        User.objects.create_superuser("olga"), backend="django.contrib.auth.backends.ModelBackend"
    )
    agent(base_url="http://127.0.0.1:9/v1", tiers={"plan": "anthropic:claude-best"})
    page = client.get(reverse("runs:start")).content.decode()
    assert "Its better model anthropic:claude-best cannot be asked" in page
    limits = client.get(reverse("runs:limits"), {"agent": "probe"}).content.decode()
    assert "anthropic:claude-best cannot be asked" in limits


def test_every_model_of_an_agent_is_tested_at_the_same_time(admin: Client) -> None:
    with speaking(lambda body: chat(wants("say_ready", {"word": body["model"]}), USED)) as speaker:
        probe = agent(
            base_url=speaker.base_url,
            tiers={"plan": "openai:large", "judge": "openai:x"},
            summarise="anthropic:claude-small",
        )
        found = dict(agent_trial.all_tried(probe))
        page = admin.post(
            reverse("admin:runs_agent_changelist"),
            {"action": "test_models", "_selected_action": [probe.pk]},
            follow=True,
        ).content.decode()
    assert list(found) == ["openai:x", "openai:large", "anthropic:claude-small"]
    assert found["openai:large"].facts["tool calling"] == "works"
    assert "ANTHROPIC_API_KEY" in found["anthropic:claude-small"].trouble
    assert "Test of Probe, openai:large: answered by" in page
    assert [edit.data["change"]["model"][1] for edit in edits("agent.tested")] == list(found)


def test_an_agent_may_refuse_to_start_without_a_price() -> None:
    probe = agent(base_url="http://127.0.0.1:9/v1", unpriced="refuse")
    owner = User.objects.create(username="olga")
    with pytest.raises(Refused, match="no known price"):
        services.start(agent=probe, goal="x", principal=owner, at=database_clock.now())
    probe.fallback_price = Decimal(5)
    assert (
        services.start(agent=probe, goal="x", principal=owner, at=database_clock.now()).status
        == "queued"
    )


@pytest.mark.parametrize(
    ("snapshot", "known"),
    [
        ({"planner": "scripted"}, True),
        ({"recording": {"steps": []}}, True),
        ({"planner": "oracle"}, True),
        ({"planner": "openai:x", "base_url": "http://h/v1"}, False),
        ({"planner": "openai:x", "base_url": "http://h/v1", "price_in": "1"}, False),
        ({"planner": "openai:x", "base_url": "http://h/v1", "price_in": 1, "price_out": 0}, True),
        ({"planner": "openai:gpt-4o-mini", "base_url": "http://h/v1"}, True),
        ({"planner": "openai:x", "base_url": "http://h/v1", "fallback_price": "5"}, False),
    ],
)
def test_a_price_is_known_by_the_agents_figures_or_by_a_list(
    snapshot: dict[str, Any], known: bool
) -> None:
    assert pricing.priced(snapshot) is known
