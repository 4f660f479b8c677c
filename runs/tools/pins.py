"""Whether an MCP tool is what it was when it was accepted: asked after each listing of its server,
and before a call once the list is a new one.

Where the answers come from is set by the composition root; until then nothing is held.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import Error, connections

from console.outside import confidential
from runs.engine.engine_errors import ToolError
from runs.tools.definitions import Definition

Look = Callable[[str, Iterable[Definition]], Mapping[str, str]]


def nothing_held(_server: str, _offered: Iterable[Definition]) -> Mapping[str, str]:
    return {}


_look: Look = nothing_held


def remember(look: Look) -> None:
    """From now on `look` is told what a server offers, and says which of that is held and why."""
    global _look
    _look = look


async def held(server: str, offered: Iterable[Any]) -> Mapping[str, str]:
    """The sentences of those tools that may not be called, by name."""
    if _look is nothing_held:
        return {}
    return await asyncio.to_thread(_asked, server, [definition(each) for each in offered])


def definition(offered: Any) -> Definition:
    """What a server says of a tool (the SDK's `Tool`), without a secret of ours in it."""
    mask = confidential.current()
    claims = offered.annotations
    return Definition(
        offered.name,
        mask.text(offered.description or offered.title or ""),
        mask.json(offered.input_schema),
        mask.json(offered.output_schema),
        claims.model_dump(mode="json", by_alias=True, exclude_none=True) if claims else None,
    )


def _asked(server: str, offered: list[Definition]) -> Mapping[str, str]:
    """In a thread of its own; what nobody can say is not accepted."""
    try:
        return _look(server, offered)
    except Error as error:
        raise ToolError(
            f"MCP server {server}: whether its tools are as they were accepted cannot be found out"
            " at the moment; nothing was called."
        ) from error
    finally:
        connections.close_all()
