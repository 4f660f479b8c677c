"""The world outside: a file to which tools append one line at the moment of each effect, whatever
the console believes.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runs.engine.ports import ToolContext

FOLDER = "FIRE_FOLDER"


def folder() -> Path:
    return Path(os.environ[FOLDER])


def flag(run: str, moment: str) -> Path:
    """The file that says which process stands still, or shall be killed, for this run."""
    return folder() / f"{run}-{moment}"


@dataclass(frozen=True, slots=True)
class Line:
    """One effect.

    `kind` is the tool, or `undo TOOL`; `pid` the process that did it; `epoch` its lease's.
    """

    key: str
    epoch: int
    run: str
    call: str
    kind: str
    pid: int
    at: float


def append(context: ToolContext, kind: str) -> None:
    """One write of one line: no two processes' lines are ever mixed."""
    line = {
        "key": context.idempotency_key,
        "epoch": context.epoch,
        "run": context.run,
        "call": context.call,
        "kind": kind,
        "pid": os.getpid(),
        "at": time.time(),
    }
    target = os.open(folder() / "ledger", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(target, json.dumps(line).encode() + b"\n")
    finally:
        os.close(target)


def read(place: Path) -> list[Line]:
    file = place / "ledger"
    return (
        [Line(**json.loads(text)) for text in file.read_text().splitlines()]
        if file.exists()
        else []
    )


def known(key: str) -> bool:
    """Whether an effect under this key is on record."""
    return any(line.key == key for line in read(folder()))


def doubled(lines: Iterable[Line]) -> dict[tuple[str, str], int]:
    """Effects that happened more than once, by key and kind."""
    return {
        place: count
        for place, count in Counter((line.key, line.kind) for line in lines).items()
        if count > 1
    }
