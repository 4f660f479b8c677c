"""Runs whose agent has two models: the better one takes the steps that a rule gives it, and hands
them back; over real HTTP.
"""

from typing import Any

from policies import current
from policies.routing.models import RoutingPolicy
from runs.engine.vocabulary import RunStatus
from tests.planners.speaking import chat, speaking, turns_of, wants
from tests.runtime.conftest import Bench, stored

USED = {"prompt_tokens": 50, "completion_tokens": 9}


def four_steps(body: dict[str, Any]) -> tuple[int, Any]:
    said = turns_of(body)
    if len(said) < 4:
        return chat(wants("look", {"order": len(said)}), USED)
    return chat({"content": "Done."}, USED)


def test_the_first_steps_go_to_the_better_model_and_the_rest_to_the_usual_one(
    bench: Bench,
) -> None:
    bench.tool("look")
    RoutingPolicy.objects.all().delete()
    RoutingPolicy.objects.create(name="opening", condition="run.step <= 2", tier="plan", hold=2)
    current.refresh()
    with speaking(four_steps) as speaker:
        run = bench.play(
            bench.start(
                "",
                planner="openai:small",
                base_url=speaker.base_url,
                tiers={"plan": "openai:large"},
            )
        )
    assert run.status == RunStatus.COMPLETED
    assert [body["model"] for body in speaker.asked] == [
        "large",
        "large",
        "small",
        "small",
        "small",
    ]
    routed = [row.record for row in stored(run) if row.record.kind == "run.routed"]
    assert [(each.data["planner"], each.rule) for each in routed] == [
        ("openai:large", "routing:opening"),
        ("openai:small", "routing"),
    ]
    assert routed[0].data["detail"] == "run.step <= 2 holds."


def test_an_agent_with_one_model_is_never_routed(bench: Bench) -> None:
    bench.tool("look")
    with speaking(four_steps) as speaker:
        run = bench.play(bench.start("", planner="openai:small", base_url=speaker.base_url))
    assert run.status == RunStatus.COMPLETED
    assert {body["model"] for body in speaker.asked} == {"small"}
    assert all(row.record.kind != "run.routed" for row in stored(run))
