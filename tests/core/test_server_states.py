"""The state of an MCP server in a word: the worst that is known of it stands first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from runs.models import McpServer, ServedTool
from runs.reading import server_states

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ASKED: dict[str, Any] = {"tried_at": AT}
DOWN = "MCP server shop cannot start: there is no command shop here."
FINE, HELD = {"digest": "a", "accepted_digest": "a"}, {"digest": "b", "accepted_digest": "a"}


def word(facts: dict[str, Any], *tools: dict[str, Any]) -> str:
    server, rows = McpServer(name="shop", **facts), [ServedTool(**each) for each in tools]
    return server_states.state_of(server, rows).word


@pytest.mark.parametrize(
    ("facts", "tools", "said"),
    [
        ({}, [], "Not asked yet"),
        (ASKED, [], "No tools"),
        (ASKED, [FINE], "Working"),
        (ASKED, [FINE, HELD], "1 held"),
        (ASKED, [FINE, {**HELD, "gone": True}], "Working"),
        (ASKED, [{**FINE, "gone": True}], "No tools"),
        ({**ASKED, "left_out": ["bare is left out."]}, [FINE], "1 left out"),
        ({**ASKED, "left_out": ["bare is left out."]}, [FINE, HELD], "1 held"),
        ({**ASKED, "trouble": DOWN}, [FINE, HELD], "Not reached"),
        ({**ASKED, "trouble": DOWN, "enabled": False}, [FINE], "Switched off"),
    ],
)
def test_the_worst_that_is_known_of_a_server_is_its_state(
    facts: dict[str, Any], tools: list[dict[str, Any]], said: str
) -> None:
    assert word(facts, *tools) == said


def test_a_server_that_is_not_reached_says_why_in_the_same_breath() -> None:
    server = McpServer(name="shop", trouble=DOWN, tried_at=AT)
    assert server_states.state_of(server, []).sentence == DOWN
