"""What an MCP server's process has started is found by a mark in its environment, and ends with it,
also what left its group (Linux; elsewhere the SDK ends the group alone).
"""

import contextlib
import os
import secrets
import signal
from pathlib import Path

MARK = "SBX_SERVER_MARK"


def mark() -> str:
    """One that no other process bears."""
    return secrets.token_hex(16)


def marked(mark: str, processes: Path = Path("/proc")) -> list[int]:
    """The processes, whosever children they are by now, that were started with this mark."""
    line = f"{MARK}={mark}".encode()
    return [
        int(each.parent.name)
        for each in processes.glob("[0-9]*/environ")
        if line in _environment(each)
    ]


def _environment(file: Path) -> list[bytes]:
    """Empty of a process that has ended, or that is somebody else's."""
    try:
        return file.read_bytes().split(b"\0")
    except OSError:
        return []


def end(mark: str) -> None:
    """All that bear the mark, and what those start meanwhile."""
    for _ in range(10):
        if not (there := marked(mark)):
            return
        for pid in there:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
