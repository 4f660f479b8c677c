"""What an MCP server's process has started is found by a mark in its environment, and ends with it,
also what left its group (Linux; elsewhere the SDK ends the group alone).

A second mark names the process that wanted the server. Where that was killed together with its
guardian, nobody is left to end them but the next worker on the host.
"""

import contextlib
import os
import secrets
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

MARK, OWNER = "SBX_SERVER_MARK", "SBX_SERVER_OWNER"
PROCESSES = Path("/proc")
STARTED_AT = 19
"""Which field of a process's `stat` after its name says when it was started."""


def mark() -> str:
    """One that no other process bears."""
    return secrets.token_hex(16)


def marks() -> dict[str, str]:
    """Variables for a server of this process, which what it starts inherits."""
    return {MARK: mark(), OWNER: owner(os.getpid())}


def owner(pid: int, processes: Path = PROCESSES) -> str:
    """A process by the ids of its container and its own, and by when it began."""
    return f"{namespace(processes)}:{pid}:{started_at(pid, processes)}"


def namespace(processes: Path = PROCESSES) -> str:
    """Which processes we count together: those of another container have ids of their own."""
    try:
        return (processes / "self" / "ns" / "pid").readlink().name.strip("pid:[]")
    except OSError:
        return ""


def started_at(pid: int, processes: Path = PROCESSES) -> str:
    """A number that tells a process from a later one of its id; empty when there is none."""
    try:
        file = processes / str(pid) / "stat"
        said = file.read_text(encoding="utf-8", errors="replace")  # its name may be any bytes
    except OSError:
        return ""
    fields = said.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[STARTED_AT]


def marked(mark: str, processes: Path = PROCESSES) -> list[int]:
    """The processes, whosever children they are by now, that were started with this mark."""
    line = f"{MARK}={mark}".encode()
    return [pid for pid, environment in _all(processes) if line in environment]


def abandoned(processes: Path = PROCESSES) -> list[int]:
    """Those that some process of ours wanted which is there no more."""
    prefix = f"{OWNER}=".encode()
    found = []
    for pid, environment in _all(processes):
        owners = [each[len(prefix) :].decode() for each in environment if each.startswith(prefix)]
        if owners and _gone(owners[0], processes):
            found.append(pid)
    return found


def _gone(wanted_by: str, processes: Path) -> bool:
    """Whether the owner has ended. One that is not ours to know is taken to be there."""
    where, _, who = wanted_by.partition(":")
    pid, _, began = who.partition(":")
    known = bool(where and began) and where == namespace(processes) and pid.isdecimal()
    return known and started_at(int(pid), processes) != began


def _all(processes: Path) -> Iterator[tuple[int, list[bytes]]]:
    for each in processes.glob("[0-9]*/environ"):
        yield int(each.parent.name), _environment(each)


def _environment(file: Path) -> list[bytes]:
    """Empty of a process that has ended, or that is somebody else's."""
    try:
        return file.read_bytes().split(b"\0")
    except OSError:
        return []


def end(mark: str) -> None:
    """End all that bear the mark, and what those start meanwhile."""
    _end(lambda: marked(mark))


def end_abandoned() -> None:
    """End what servers have left whose worker and guardian were killed together."""
    _end(abandoned)


def _end(found: Callable[[], Iterable[int]]) -> None:
    for _ in range(10):
        if not (there := found()):
            return
        for pid in there:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
