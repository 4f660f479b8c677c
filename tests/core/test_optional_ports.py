"""What only some planners and tools can do is told by what they have: asked in every step, so it
is asked in the cheapest way.
"""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from runs.engine import limits
from runs.engine.limits import Estimate
from runs.engine.ports import Planner, Tool, can_make_ready, is_remote
from runs.engine.state import RunLimits, RunState
from runs.runtime.asked_planner import provider_of
from tests.core.runs_in_memory import START


@dataclass
class Served:
    """A planner whose model is served by somebody; with `provider` in the instance alone."""

    model: str
    provider: str


class Own:
    """A planner that asks nobody."""

    model = "scripted"


class Ready:
    def make_ready(self, *given: Any) -> None:
        return None


def test_a_planner_is_called_by_its_provider_or_by_its_model_where_it_has_none() -> None:
    served, own = cast("Planner", Served("m-1", "anthropic")), cast("Planner", Own())
    assert (is_remote(served), is_remote(own)) == (True, False)
    assert (provider_of(served), provider_of(own)) == ("anthropic", "scripted")


@pytest.mark.parametrize(("tool", "able"), [(Ready(), True), (Own(), False)])
def test_a_tool_makes_its_calls_ready_if_it_has_a_way_to(tool: Any, able: bool) -> None:
    assert can_make_ready(cast("Tool", tool)) is able


@pytest.mark.parametrize(("tokens", "allowed"), [(1_000, True), (1_001, False)])
def test_a_limit_goes_by_the_estimate_that_is_known_already(tokens: int, allowed: bool) -> None:
    state = RunState(limits=RunLimits(tokens=1_000))
    found = limits.may_plan(state, START, Estimate(tokens, 0, None))
    assert found.allowed is allowed
