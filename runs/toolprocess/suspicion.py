"""Which call it was that froze, filled or ended a tool process: told from outside, by its board and
by what the kernel says of it.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Protocol

from runs.toolprocess.board import Board
from runs.toolprocess.recorder import state

DUMPED = re.compile(r"^Current thread 0x([0-9a-f]+)", re.MULTILINE)


class RunningCall(Protocol):
    @property
    def tool(self) -> str: ...


def tools(calls: Mapping[int, RunningCall], culprits: Set[int]) -> tuple[str, ...]:
    """The tools of these calls, each once."""
    return tuple(sorted({call.tool for number, call in calls.items() if number in culprits}))


def begun(board: Board, calls: Iterable[int]) -> frozenset[int]:
    """The calls that have begun, without those that still wait for a thread."""
    return frozenset(number for number in calls if board.place(number) is not None)


def of_end(words: Sequence[str], board: Board, calls: Iterable[int]) -> frozenset[int]:
    """The call that said it ends the process; those whose thread the dump of a crash names; else
    all that were at work.
    """
    at_work = begun(board, calls)
    if (leaving := board.exited) in at_work:
        return frozenset({leaving})
    if dumped := DUMPED.search("\n".join(words)):
        ident = int(dumped.group(1), 16)
        there = frozenset(number for number in at_work if _ident(board, number) == ident)
        if (stepping := board.stepping) in there:
            return frozenset({stepping})
        if there:
            return there
    return at_work


def _ident(board: Board, number: int) -> int:
    place = board.place(number)
    return place.ident if place else 0


def of_silence(pid: int, board: Board, calls: Collection[int]) -> frozenset[int]:
    """The call whose coroutine does not give the loop back, or those whose threads are on the
    processor; empty when nobody can tell.
    """
    if (stepping := board.stepping) in calls:
        return frozenset({stepping})
    return frozenset(number for number in begun(board, calls) if _running(pid, board, number))


def _running(pid: int, board: Board, number: int) -> bool:
    place = board.place(number)
    return place is not None and state(Path(f"/proc/{pid}/task/{place.native}/stat")) == "R"


def stopped(pid: int) -> bool:
    return state(Path(f"/proc/{pid}/stat")) in ("T", "t")
