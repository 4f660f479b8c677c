"""One tool for each contract that a tool may have with its runtime. Each writes its line at the
moment of its effect, then takes its time.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

from console.chaos import world_book
from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools import tool


def act(context: ToolContext, kind: str, seconds: float) -> dict[str, Any]:
    world_book.append(context, kind)
    time.sleep(seconds)
    return {"key": context.idempotency_key}


def found(context: ToolContext) -> dict[str, Any] | None:
    """What a look-up finds on the far side."""
    known = world_book.known(context.idempotency_key)
    return {"key": context.idempotency_key} if known else None


@tool(effect=Effect.READ)
def chaos_read(n: int, context: ToolContext, seconds: float = 0.0) -> dict[str, Any]:
    """Look something up."""
    return act(context, "chaos_read", seconds)


@tool(effect=Effect.IRREVERSIBLE, idempotent=True)
def chaos_put(n: int, context: ToolContext, seconds: float = 0.0) -> dict[str, Any]:
    """Do something once for each key."""
    return act(context, "chaos_put", seconds)


@tool(effect=Effect.REVERSIBLE)
def chaos_reserve(n: int, context: ToolContext, seconds: float = 0.0) -> dict[str, Any]:
    """Do something that can be looked up and undone."""
    return act(context, "chaos_reserve", seconds)


@chaos_reserve.lookup
def look_reserve(context: ToolContext) -> dict[str, Any] | None:
    return found(context)


@chaos_reserve.undo
def undo_reserve(args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
    return act(context, "undo chaos_reserve", 0.1)


@tool(effect=Effect.IRREVERSIBLE)
def chaos_charge(n: int, context: ToolContext, seconds: float = 0.0) -> dict[str, Any]:
    """Do something for good that can be looked up."""
    return act(context, "chaos_charge", seconds)


@chaos_charge.lookup
def look_charge(context: ToolContext) -> dict[str, Any] | None:
    return found(context)


@tool(effect=Effect.IRREVERSIBLE)
def chaos_send(n: int, context: ToolContext, seconds: float = 0.0) -> dict[str, Any]:
    """Do something for good; whether it happened only a person can find out."""
    return act(context, "chaos_send", seconds)


@tool(effect=Effect.READ, timeout=300)
def chaos_sleep(n: int, seconds: float) -> int:
    """Wait on a thread, as most tools do."""
    time.sleep(seconds)
    return n


@tool(effect=Effect.READ, timeout=300)
async def chaos_wait(n: int, seconds: float) -> int:
    """Wait without holding a thread."""
    await asyncio.sleep(seconds)
    return n


@tool(effect=Effect.READ, timeout=4)
def chaos_hold(n: int, context: ToolContext) -> dict[str, Any]:
    """Hold the interpreter in one call of C that never comes back in time."""
    world_book.append(context, "chaos_hold")
    re.match(r"(a+)+$", "a" * 40 + "b")
    return {}


@tool(effect=Effect.READ, idempotent=True, timeout=60)
def chaos_large(megabytes: int) -> str:
    """Give a result of so many megabytes."""
    return "large " * (megabytes * 1_000_000 // 6)
