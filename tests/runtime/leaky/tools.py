"""The tool that leaks."""

import base64
import logging
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from runs.engine.ports import ToolContext
from runs.engine.vocabulary import Effect
from runs.tools import tool

CUT = 12


def encoded(key: str, _context: ToolContext) -> Any:
    raw = key.encode()
    return [base64.b64encode(b"me:" + raw).decode(), raw.hex(), raw.hex().upper()]


def raised(key: str, _context: ToolContext) -> Any:
    raise RuntimeError(f"401 for key {key}")


def printed(key: str, _context: ToolContext) -> Any:
    for words in (f"working with {key}\n", f"{'x' * 490} {key}\n", key[:CUT], f"{key[CUT:]}\n"):
        sys.stdout.write(words)
        sys.stdout.flush()


def in_a_thread(key: str, _context: ToolContext) -> Any:
    failing = threading.Thread(target=int, args=[f"no number: {key}"])
    failing.start()
    failing.join()


def progressed(key: str, context: ToolContext) -> Any:
    for words in (f"half way with {key}", "x" * 70 + key):
        context.progress(words)
        time.sleep(0.7)


def exited(key: str, _context: ToolContext) -> Any:
    sys.stderr.write(f"cannot go on with {key}\n")
    sys.stderr.flush()
    os._exit(3)


WAYS: Mapping[str, Callable[[str, ToolContext], Any]] = {
    "return": lambda key, _: {key: 1, "deep": [{"key": f"it is {key}"}]},
    "halves": lambda key, _: [f"it is {key[:CUT]}", key[CUT:]],
    "encoded": encoded,
    "log": lambda key, _: logging.getLogger("leaky").warning("working with %s", key),
    "print": printed,
    "warn": lambda key, _: warnings.warn(f"{key} is about to expire", stacklevel=1),
    "thread": in_a_thread,
    "progress": progressed,
    "raise": raised,
    "exit": exited,
}


@tool(effect=Effect.READ)
def leaky_tell(how: str, context: ToolContext) -> Any:
    """Tell the key, in this way."""
    return [
        WAYS[how](os.environ["OPENAI_API_KEY"], context),
        f"told by {how} in call {context.call}",
    ]
