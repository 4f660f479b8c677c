"""The book of the world outside: a file to which tools append one line at the moment of each
effect, whatever the console believes.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runs.engine.ports import ToolContext

FOLDER = "CHAOS_FOLDER"
"""The variable that says where the book is."""
NAME = "ledger"


@dataclass(frozen=True, slots=True)
class Line:
    """One effect: under which idempotency key, of which run, by which tool (or `undo TOOL`), when
    (seconds since 1970).
    """

    key: str
    run: str
    kind: str
    at: float


def append(context: ToolContext, kind: str) -> None:
    """One write of one line: no two processes' lines are ever mixed."""
    line = {"key": context.idempotency_key, "run": context.run, "kind": kind, "at": time.time()}
    book = os.open(Path(os.environ[FOLDER]) / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(book, json.dumps(line).encode() + b"\n")
    finally:
        os.close(book)


def read(folder: Path) -> list[Line]:
    """Every effect so far, in the order in which they happened."""
    book = folder / NAME
    return (
        [line_of(json.loads(text)) for text in book.read_text().splitlines()]
        if book.exists()
        else []
    )


def line_of(said: Mapping[str, str | float]) -> Line:
    return Line(str(said["key"]), str(said["run"]), str(said["kind"]), float(said["at"]))


def known(key: str) -> bool:
    """Whether an effect under this key is in the book."""
    return any(line.key == key for line in read(Path(os.environ[FOLDER])))
