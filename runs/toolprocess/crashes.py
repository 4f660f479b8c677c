"""Which tools ended, froze or filled their processes, how often and with what last words: noted where the health page finds it.

Kept in this process's memory until it is written; a worker tells of it with its rounds.
"""

import threading
from dataclasses import dataclass

from runs.toolprocess.endings import Ending

_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Crashed:
    """`times` in this process, and what the last one was like."""

    tool: str
    times: int
    last: str
    words: str


_crashed: dict[str, Crashed] = {}


def note(tool: str, ending: Ending) -> None:
    with _lock:
        before = _crashed.get(tool)
        _crashed[tool] = Crashed(tool, before.times + 1 if before else 1, ending.what, ending.words)


def noted() -> list[Crashed]:
    with _lock:
        return list(_crashed.values())
