"""One tool for each contract a tool may have with the runtime.

Each writes its line, then takes its time.
"""

import os
import re
import signal
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
    return {"done": context.call, "key": context.idempotency_key}


def found(context: ToolContext) -> dict[str, Any] | None:
    return {"done": context.call} if world_book.known(context.idempotency_key) else None


@tool(effect=Effect.READ)
def fire_read(
    n: int, context: ToolContext, freeze: str = "", seconds: float = 0.0
) -> dict[str, Any]:
    """Look something up."""
    return act(context, "fire_read", seconds)


@tool(effect=Effect.IRREVERSIBLE, idempotent=True)
def fire_idem(
    n: int, context: ToolContext, freeze: str = "", seconds: float = 0.0
) -> dict[str, Any]:
    """Do something once for each key."""
    return act(context, "fire_idem", seconds)


@tool(effect=Effect.REVERSIBLE)
def fire_rev(
    n: int, context: ToolContext, freeze: str = "", seconds: float = 0.0, undo_seconds: float = 0.0
) -> dict[str, Any]:
    """Do something that can be undone."""
    return act(context, "fire_rev", seconds)


@fire_rev.undo
def undo_rev(args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
    return act(context, "undo fire_rev", float(args.get("undo_seconds", 0)))


@tool(effect=Effect.REVERSIBLE)
def fire_revlook(
    n: int, context: ToolContext, freeze: str = "", seconds: float = 0.0, undo_seconds: float = 0.0
) -> dict[str, Any]:
    """Do something that can be undone and looked up."""
    return act(context, "fire_revlook", seconds)


@fire_revlook.lookup
def look_revlook(context: ToolContext) -> dict[str, Any] | None:
    return found(context)


@fire_revlook.undo
def undo_revlook(args: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
    return act(context, "undo fire_revlook", float(args.get("undo_seconds", 0)))


@tool(effect=Effect.IRREVERSIBLE)
def fire_irr(
    n: int, context: ToolContext, freeze: str = "", seconds: float = 0.0
) -> dict[str, Any]:
    """Do something for good."""
    return act(context, "fire_irr", seconds)


@tool(effect=Effect.IRREVERSIBLE)
def fire_irrlook(
    n: int, context: ToolContext, freeze: str = "", seconds: float = 0.0
) -> dict[str, Any]:
    """Do something for good that can be looked up."""
    return act(context, "fire_irrlook", seconds)


@fire_irrlook.lookup
def look_irrlook(context: ToolContext) -> dict[str, Any] | None:
    return found(context)


@tool(effect=Effect.IRREVERSIBLE, timeout=4)
def fire_hold(n: int, context: ToolContext) -> dict[str, Any]:
    """Hold the interpreter in one call of C, then do something for good."""
    world_book.append(context, "begun fire_hold")
    re.match(r"(a+)+$", "a" * 40 + "b")
    return act(context, "fire_hold", 0)


@fire_hold.lookup
def look_hold(context: ToolContext) -> dict[str, Any] | None:
    return (
        found(context)
        if any(line.kind == "fire_hold" for line in world_book.read(world_book.place()))
        else None
    )


@tool(effect=Effect.IRREVERSIBLE)
def fire_exit(n: int, context: ToolContext) -> None:
    """Do something for good, and take the process along."""
    world_book.append(context, "fire_exit")
    os._exit(1)


@tool(effect=Effect.IRREVERSIBLE, timeout=120)
def fire_later(n: int, context: ToolContext, seconds: float = 0.0) -> dict[str, Any]:
    """Wait in a blocking call, then do something for good."""
    world_book.append(context, "begun fire_later")
    time.sleep(seconds)
    return act(context, "fire_later", 0)


@tool(effect=Effect.READ, inline=True)
def fire_exit_inline(n: int, context: ToolContext) -> None:
    """Look something up in the worker, and take the worker along."""
    world_book.append(context, "fire_exit_inline")
    os._exit(1)


@tool(effect=Effect.READ, timeout=4, inline=True)
def fire_hold_inline(n: int, context: ToolContext) -> dict[str, Any]:
    """Look something up in the worker, holding its interpreter in one call of C."""
    world_book.append(context, "fire_hold_inline")
    re.match(r"(a+)+$", "a" * 40 + "b")
    return {}


@tool(effect=Effect.READ, timeout=4, inline=True)
async def fire_block_inline(n: int, context: ToolContext) -> dict[str, Any]:
    """Look something up in the worker, never giving its loop back."""
    world_book.append(context, "fire_block_inline")
    signal.pause()
    return {}


@tool(effect=Effect.READ)
def fire_murder(n: int, context: ToolContext) -> None:
    """Look something up, and have the process killed without a word."""
    world_book.append(context, "fire_murder")
    os.kill(os.getpid(), signal.SIGKILL)


@tool(effect=Effect.READ)
def fire_exit_read(n: int, context: ToolContext) -> None:
    """Look something up, and take the process along."""
    world_book.append(context, "fire_exit_read")
    os._exit(1)


@tool(effect=Effect.READ, timeout=150)
def fire_wait(n: int, context: ToolContext, seconds: float = 0.0) -> dict[str, Any]:
    """Look something up that takes its time."""
    return act(context, "fire_wait", seconds)
