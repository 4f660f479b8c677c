"""Whether an MCP tool is what it was when it was accepted: asked after each listing of its server,
and before a call once the list is a new one. A server that gave no list is told of as well.

Where that is kept is set by the composition root; until then nothing is held.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from django.db import Error, connections

from console.outside import confidential
from runs.engine.engine_errors import ToolError
from runs.tools.definitions import Definition

Noted = TypeVar("Noted")


class SightingRecord(Protocol):
    """What the house keeps of its servers."""

    def seen(
        self, server: str, offered: Iterable[Definition], left_out: Sequence[str]
    ) -> Mapping[str, str]:
        """A list came: the sentences of those tools that may not be called, by name."""

    def unreached(self, server: str, why: str) -> None:
        """None came: why, as a sentence."""


_record: SightingRecord | None = None


def remember(record: SightingRecord | None) -> None:
    """From now on `record` is told what servers offer, and says what of that is held and why."""
    global _record
    _record = record


async def held(
    server: str, offered: Iterable[Any], left_out: Sequence[str] = ()
) -> Mapping[str, str]:
    """The sentences of those tools that may not be called, by name."""
    if (record := _record) is None:
        return {}
    mask = confidential.current()
    now, odd = [definition(each) for each in offered], [mask.text(each) for each in left_out]
    return await _kept(server, lambda: record.seen(server, now, odd))


async def unreached(server: str, why: str) -> None:
    """The server gave no list, `why` says what is the matter."""
    if (record := _record) is not None:
        await _kept(server, lambda: record.unreached(server, why))


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


async def _kept(server: str, asking: Callable[[], Noted]) -> Noted:
    return await asyncio.to_thread(_asked, server, asking)


def _asked(server: str, asking: Callable[[], Noted]) -> Noted:
    """The record's answer, in a thread of its own. What nobody can say is not accepted."""
    try:
        return asking()
    except Error as error:
        raise ToolError(
            f"MCP server {server}: whether its tools are as they were accepted cannot be found out"
            " at the moment; nothing was called."
        ) from error
    finally:
        connections.close_all()
