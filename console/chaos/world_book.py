"""The book of the world outside: a file to which tools append one line at the moment of each
effect, whatever the console believes.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from runs.engine.ports import ToolContext

FOLDER = "CHAOS_FOLDER"
"""The variable that says where the book is."""
NAME = "ledger"


@dataclass(frozen=True, slots=True)
class Line:
    """One effect: under which idempotency key, of which run, by which tool (or `undo TOOL`), when
    (seconds since 1970), and in which process.
    """

    key: str
    run: str
    kind: str
    at: float
    pid: int = 0


def place() -> Path:
    """The folder of the book, in a process of the load."""
    return Path(os.environ[FOLDER])


def append(context: ToolContext, kind: str) -> None:
    """One write of one line: no two processes' lines are ever mixed."""
    line = Line(context.idempotency_key, context.run, kind, time.time(), os.getpid())
    book = os.open(place() / NAME, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(book, json.dumps(asdict(line)).encode() + b"\n")
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
    key, run, kind = (str(said[name]) for name in ("key", "run", "kind"))
    return Line(key, run, kind, float(said["at"]), int(said.get("pid", 0)))


def known(key: str) -> bool:
    """Whether an effect under this key is in the book."""
    return any(line.key == key for line in read(place()))


def doubled(lines: Iterable[Line]) -> Mapping[tuple[str, str], int]:
    """Effects that happened more than once, by key and kind, with how often."""
    counted = Counter((line.key, line.kind) for line in lines)
    return {effect: times for effect, times in counted.items() if times > 1}
