"""What a page knows of a server's tools is what workers saw: it starts none."""

import asyncio
import json
from typing import Any

import pytest
from django.utils import timezone

from runs.engine.ports import Toolbox, is_withholding
from runs.engine.vocabulary import Effect
from runs.models import McpServer, ServedTool
from runs.tools import seen_tools, toolbox

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
pytestmark = pytest.mark.django_db


def row(name: str, *, held: bool = False, schema: str = "", **facts: Any) -> None:
    server, _ = McpServer.objects.get_or_create(name="shop", command="no-such-command")
    now, definition = timezone.now(), {"description": name, "schema": schema or json.dumps(SCHEMA)}
    ServedTool.objects.create(
        server=server, name=name, digest="a", accepted_digest="b" if held else "a",
        definition=definition, first_seen_at=now, changed_at=now, **facts,
    )  # fmt: skip


def box(*patterns: str) -> Toolbox:
    """Of a run whose only server cannot be started at all."""
    server = {
        "name": "shop",
        "command": "no-such-command",
        "hints": {},
        "overrides": {"look": {"effect": "read"}},
    }
    own = asyncio.run(toolbox.build({"tools": list(patterns)}))
    return seen_tools.beside(own, {"tools": list(patterns), "mcp_servers": [server]})


def test_a_tool_that_a_worker_saw_has_its_schema_and_what_an_admin_said() -> None:
    row("look")
    found = box().find("shop.look")
    assert found is not None
    assert (found.spec.schema, found.spec.effect) == (SCHEMA, Effect.READ)


def test_what_is_held_or_gone_is_not_there_and_what_is_held_says_why() -> None:
    row("pay", held=True)
    row("old", gone=True)
    seen = box()
    assert seen.specs() == ()
    assert is_withholding(seen)
    assert list(seen.withheld) == ["shop.pay"]
    assert "changed it" in seen.withheld["shop.pay"]


def test_the_agents_patterns_hold_here_as_well() -> None:
    row("look")
    row("pay")
    assert [spec.name for spec in box("shop.l*").specs()] == ["shop.look"]


def test_a_run_without_servers_has_its_own_tools_alone() -> None:
    own = asyncio.run(toolbox.build({"tools": []}))
    assert seen_tools.beside(own, {"mcp_servers": []}) is own


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps(SCHEMA)[:-5]])
def test_a_schema_that_was_not_kept_whole_says_nothing(text: str) -> None:
    assert seen_tools.schema_of(text) == {"type": "object"}
