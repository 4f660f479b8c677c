"""Tools that do to their process what no tool should.

Each leaves a line in a file at the moment it acts.
"""

import asyncio
import ctypes
import os
import re
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from console.json_value import Json
from runs.engine.engine_errors import ToolError
from runs.engine.ports import ListedEffect, ToolContext
from runs.engine.vocabulary import Effect
from runs.tools.registry import tool

LEDGER = "ROUGH_LEDGER"


def note(text: str) -> None:
    with Path(os.environ[LEDGER]).open("a") as file:
        file.write(f"{text} {os.getpid()}\n")


def noted() -> list[str]:
    file = Path(os.environ[LEDGER])
    return file.read_text().splitlines() if file.exists() else []


@tool(effect=Effect.READ)
def rough_echo(text: str, context: ToolContext) -> dict[str, Any]:
    """Say where it ran, and the same again."""
    return {"pid": os.getpid(), "text": text, "key": context.idempotency_key}


@tool(effect=Effect.READ)
def rough_counting(until: int, context: ToolContext) -> int:
    """Say after each piece how far it is, faster than anybody can read."""
    for number in range(until):
        context.progress(f"{number + 1} of {until}\n\x1b[31m")
    time.sleep(0.7)
    return until


@tool(effect=Effect.READ)
async def rough_async(seconds: float) -> int:
    """Wait as a coroutine."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        note("cancelled")
        raise
    return os.getpid()


@tool(effect=Effect.READ)
def rough_sleep(seconds: float) -> int:
    """Wait in a blocking call, then act."""
    note("begun")
    time.sleep(seconds)
    note("acted")
    return os.getpid()


@tool(effect=Effect.IRREVERSIBLE)
def rough_act(seconds: float) -> int:
    """Act at the end of a blocking call, for good."""
    note("begun")
    time.sleep(seconds)
    note("acted")
    return os.getpid()


@tool(effect=Effect.READ)
def rough_exit(code: int) -> None:
    """End the process."""
    sys.stderr.write("about to leave\n")
    sys.stderr.flush()
    os._exit(code)


@tool(effect=Effect.READ)
def rough_fork(seconds: float) -> None:
    """Fork a child that ends at once, then wait."""
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)
    note("forked")
    time.sleep(seconds)


@tool(effect=Effect.READ)
def rough_leave() -> None:
    """End the process politely."""
    sys.exit(3)


@tool(effect=Effect.READ)
def rough_fault() -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


@tool(effect=Effect.READ)
def rough_hold() -> bool:
    """Hold the interpreter in one call of C."""
    note("begun")
    return re.match(r"(a+)+$", "a" * 29 + "b") is not None


@tool(effect=Effect.READ)
async def rough_block(seconds: float) -> None:
    """Block the event loop from a coroutine."""
    time.sleep(seconds)


@tool(effect=Effect.READ)
def rough_eat(mb: int, step: int = 64) -> int:
    """Eat memory, a piece at a time."""
    eaten = [bytearray(os.urandom(1024)) * 1024 * step for _ in range(mb // step)]
    time.sleep(5)
    return len(eaten)


@tool(effect=Effect.READ)
def rough_breed(seconds: float) -> None:
    """Start children of which one leaves the group, then wait."""
    for apart in (False, True):
        child = subprocess.Popen(["sleep", "600"], start_new_session=apart)
        note(f"child {child.pid}")
    time.sleep(seconds)


@tool(effect=Effect.REVERSIBLE)
def rough_effect(fail: str = "") -> Json:
    """Do something that has every hook."""
    if fail:
        raise OSError(fail)
    return {"done": os.getpid()}


@rough_effect.check
def sure(result: Json) -> bool:
    return bool(result["done"] == os.getpid())


@rough_effect.lookup
def look(context: ToolContext) -> Json:
    return {"found": os.getpid(), "key": context.idempotency_key}


@rough_effect.undo
def back(result: Json) -> Json:
    return {"undone": result["done"], "by": os.getpid()}


@rough_effect.undo_lookup
def look_back(context: ToolContext) -> Json:
    return {"found": os.getpid()}


@tool(effect=Effect.READ, inline=True)
def rough_inline() -> int:
    """Say where it ran."""
    return os.getpid()


@tool(effect=Effect.IRREVERSIBLE)
def rough_listed(seconds: float = 0.0) -> int:
    """Act, and say where."""
    time.sleep(seconds)
    return os.getpid()


@rough_listed.list_effects
def rough_list(since: datetime) -> list[ListedEffect]:
    if since.hour == 1:
        time.sleep(60)
    if since.hour == 2:
        raise ToolError("the far side is shut")
    return [ListedEffect(f"since {since:%H:%M}", since, str(os.getpid()), undone=True)]
