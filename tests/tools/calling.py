"""Builders for tests of tools: a context, and a toolbox of a snapshot."""

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from runs.engine.ports import Tool, ToolContext
from runs.tools import build

_numbers = itertools.count(1)


def context(key: str = "") -> ToolContext:
    """A call's context; a new key each time unless one is given."""
    key = key or f"run:{next(_numbers)}"
    return ToolContext(
        run="00000000-0000-0000-0000-000000000001",
        step=1,
        principal="olga",
        call=key,
        idempotency_key=key,
        correlation_id="00000000-0000-0000-0000-000000000002",
        deadline=datetime.now(UTC) + timedelta(minutes=1),
    )


def again(before: ToolContext) -> ToolContext:
    """One call made once more, as another worker would make it."""
    return dataclasses.replace(before, step=before.step)


def undoing(before: ToolContext) -> ToolContext:
    """What the undo of that call is told: a key of its own, and which call it undoes."""
    return dataclasses.replace(
        before, idempotency_key=f"{before.idempotency_key}:undo", undoes=before.idempotency_key
    )


async def named(name: str, **snapshot: Any) -> Tool:
    """A tool by name, as a run whose agent has only this one finds it."""
    found = (await build({"tools": [name], **snapshot})).find(name)
    assert found is not None, f"no tool {name}"
    return found
