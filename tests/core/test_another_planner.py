"""An agent that thinks with another model than its own: prices, window and place are the own one's,
and are not lent to what they are not true of.
"""

import pytest

from runs.planners.another import with_planner

OWN = {
    "name": "desk",
    "planner": "openai:gpt-5",
    "price_in": "9",
    "price_out": "9",
    "window": 400_000,
    "base_url": "http://gateway/v1",
    "key_variable": "GATEWAY_API_KEY",
}


@pytest.mark.parametrize("name", ["", "openai:gpt-5"])
def test_its_own_model_is_as_the_agent_says(name: str) -> None:
    assert with_planner(OWN, name) is OWN


def test_another_model_at_the_same_place_has_prices_and_a_window_of_its_own() -> None:
    assert with_planner(OWN, "openai:gpt-5-nano") == {
        "name": "desk",
        "planner": "openai:gpt-5-nano",
        "base_url": "http://gateway/v1",
        "key_variable": "GATEWAY_API_KEY",
    }


def test_a_model_of_another_maker_is_not_looked_for_at_that_place() -> None:
    assert with_planner(OWN, "anthropic:claude-haiku-4-5") == {
        "name": "desk",
        "planner": "anthropic:claude-haiku-4-5",
    }
