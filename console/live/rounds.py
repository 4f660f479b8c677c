"""What this process does again and again (heartbeat, watchers, the clock's tasks): when each was
last done, and how it went.

Kept in memory, one entry for each name; `telling` writes it where the health page finds it. Knows
no database.
"""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

RoundResult = TypeVar("RoundResult")
ON_DEMAND = frozenset({"deliveries", "reconciliation", "runs taken up"})
"""Rounds that are made when somebody asks for one, or seldom: a long time without one says
nothing.
"""
_left_out: ContextVar[list[str] | None] = ContextVar("left_out", default=None)


@dataclass(frozen=True, slots=True)
class RoundState:
    """The last round of one name. `done_at` is `time.monotonic()`; `failures` rounds in a row
    failed, the last one because of `trouble`.
    """

    name: str
    done_at: float
    failures: int = 0
    trouble: str = ""


_lock = threading.Lock()
_last: dict[str, RoundState] = {}


def note(name: str, trouble: str = "", *, now: float | None = None) -> RoundState:
    """Note that a round is over. `trouble` is what failed in it, in a few words; empty when all
    went well.
    """
    with _lock:
        before = _last.get(name)
        failures = (before.failures if before else 0) + 1 if trouble else 0
        _last[name] = RoundState(
            name, time.monotonic() if now is None else now, failures, trouble[:300]
        )
        return _last[name]


def go(name: str, work: Callable[[], RoundResult]) -> RoundResult:
    """Do one round of a task that is called from outside, and note what it left out, or what ended
    it.
    """
    out: list[str] = []
    token = _left_out.set(out)
    try:
        result = work()
    except BaseException as error:
        note(name, f"{type(error).__name__}: {' '.join(str(error).split())}")
        raise
    finally:
        _left_out.reset(token)
    note(name, f"{len(out)} left out, first {out[0]}" if out else "")
    return result


def left_out(words: str) -> None:
    """Note, for `apart`, that an item of the round under way could not be handled."""
    if (out := _left_out.get()) is not None:
        out.append(words)


def last() -> list[RoundState]:
    """The last round of each name in this process."""
    with _lock:
        return [_last[name] for name in sorted(_last)]


def of(name: str) -> RoundState:
    """The last round of this name; there must have been one."""
    with _lock:
        return _last[name]


def forget(name: str) -> None:
    """Forget a name whose rounds were ended on purpose: nobody waits for the next one."""
    with _lock:
        _last.pop(name, None)
