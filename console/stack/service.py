"""One process to run: what to start, as whom, how to see that it serves, how to end it.

Starting in the foreground, on the tie to its parent.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.stack.accounts import Account
from console.stack.parent_death import tied_to_parent

# seconds; a server that fails says so at once, and a busy machine takes its time
PATIENCE = 120.0


class NotServing(Exception):
    """A server ended or stayed silent instead of serving. Carries the last lines it printed."""


@dataclass(frozen=True, slots=True)
class StackService:
    """`ready` answers at once; `stop` asks for an orderly end; `death` is what it gets when its
    parent vanishes.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    stop: signal.Signals = signal.SIGTERM
    death: signal.Signals = signal.SIGKILL
    account: Account | None = None
    environment: Mapping[str, str] | None = None
    keep_open: tuple[int, ...] = ()
    folder: Path = field(default_factory=Path.cwd)

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments for Popen and asyncio alike. The process has a session of its own, so that a
        Ctrl-C in the terminal reaches the launcher only.
        """
        arguments: dict[str, Any] = {
            "cwd": self.folder,
            "env": None if self.environment is None else dict(self.environment),
            "pass_fds": self.keep_open,
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "preexec_fn": tied_to_parent(self.death, os.getpid()),
        }
        if self.account is not None:
            arguments |= self.account.popen_arguments()
        return arguments


def start(service: StackService, log: Path, patience: float = PATIENCE) -> subprocess.Popen[bytes]:
    """Start a service and return when it serves. Raises NotServing."""
    with log.open("ab") as sink:
        process = subprocess.Popen(
            service.argv, stdout=sink, stderr=subprocess.STDOUT, **service.popen_arguments()
        )
    try:
        _wait(service, process, log, time.monotonic() + patience)
    except BaseException:
        stop(service, process)
        raise
    return process


def _wait(
    service: StackService, process: subprocess.Popen[bytes], log: Path, deadline: float
) -> None:
    while not service.ready():
        if process.poll() is not None:
            raise NotServing(f"{service.name} ended with {process.returncode}: {last_words(log)}")
        if time.monotonic() > deadline:
            raise NotServing(f"{service.name} does not answer: {last_words(log)}")
        time.sleep(0.02)


def stop(service: StackService, process: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    """Ask the process to end, wait, and kill it in the end."""
    if process.poll() is None:
        process.send_signal(service.stop)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return " / ".join(lines[-3:]) or "it said nothing"
