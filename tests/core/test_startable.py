"""What keeps a run from being started, before any row is written."""

from collections.abc import Mapping
from typing import Any

import pytest

from console.refused import Refused
from runs import services
from runs.models import Agent

PRICED = {"planner": "scripted", "title": "Refund desk"}


def refused(agent: Agent, goal: str, snapshot: Mapping[str, Any]) -> str:
    with pytest.raises(Refused) as caught:
        services.startable(agent, goal, snapshot)
    return caught.value.sentence


@pytest.mark.parametrize("goal", ["", "  ", "\n\t"])
def test_a_run_without_a_goal_is_not_started(goal: str) -> None:
    assert refused(Agent(title="Refund desk"), goal, PRICED) == "A run needs a goal."


def test_no_run_of_an_agent_that_is_switched_off_is_started() -> None:
    off = Agent(title="Refund desk", enabled=False)
    assert refused(off, "Refund order 7", PRICED) == "Refund desk is switched off."


def test_no_run_is_started_whose_cost_nobody_knows_when_its_agent_says_so() -> None:
    unknown = {
        "planner": "openai:llama3",
        "base_url": "http://localhost:9/v1",
        "unpriced": "refuse",
    }
    assert "price" in refused(Agent(title="Refund desk"), "Refund order 7", unknown)


def test_the_snapshot_that_is_given_is_pinned_as_a_copy() -> None:
    pinned = services.startable(Agent(title="Refund desk"), "Refund order 7", PRICED)
    assert pinned == PRICED
    assert pinned is not PRICED
