"""Whose call it was that froze, filled or ended a tool process: told from outside, by its board and
by what the kernel says of it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from runs.toolprocess.board import Board
from runs.toolprocess.recorder import state

DUMPED = re.compile(r"^Current thread 0x([0-9a-f]+)", re.MULTILINE)


class RunningCall(Protocol):
    @property
    def tool(self) -> str: ...


def tools(calls: Mapping[int, RunningCall]) -> tuple[str, ...]:
    return tuple(sorted({call.tool for call in calls.values()}))


def begun(board: Board, calls: Mapping[int, RunningCall]) -> dict[int, RunningCall]:
    """The calls that have begun, without those that still wait for a thread."""
    return {number: call for number, call in calls.items() if board.place(number) is not None}


def of_end(words: Sequence[str], board: Board, calls: Mapping[int, RunningCall]) -> tuple[str, ...]:
    """Who said that it ends the process; whose thread the dump of a crash names; else everybody who
    was at work.
    """
    at_work = begun(board, calls)
    if (leaving := board.exited) in at_work:
        return (at_work[leaving].tool,)
    if dumped := DUMPED.search("\n".join(words)):
        ident = int(dumped.group(1), 16)
        there = {number: call for number, call in at_work.items() if _ident(board, number) == ident}
        if (stepping := board.stepping) in there:
            return (there[stepping].tool,)
        if there:
            return tools(there)
    return tools(at_work)


def _ident(board: Board, number: int) -> int:
    place = board.place(number)
    return place.ident if place else 0


def of_silence(pid: int, board: Board, calls: Mapping[int, RunningCall]) -> tuple[str, ...]:
    """The call whose coroutine does not give the loop back, or those whose threads are on the
    processor; empty when nobody can tell.
    """
    if (stepping := board.stepping) in calls:
        return (calls[stepping].tool,)
    return tools(
        {
            number: call
            for number, call in begun(board, calls).items()
            if _running(pid, board, number)
        }
    )


def _running(pid: int, board: Board, number: int) -> bool:
    place = board.place(number)
    return place is not None and state(Path(f"/proc/{pid}/task/{place.native}/stat")) == "R"


def stopped(pid: int) -> bool:
    return state(Path(f"/proc/{pid}/stat")) in ("T", "t")
