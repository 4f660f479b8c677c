"""Other people's servers as processes of a test: started, waited for, ended with all they began."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from console.stack.parent_death import tied_to_parent
from tests.patience import until

PATIENCE = 120.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def started(
    command: Sequence[str], log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Running while the context lasts, and all that it has begun no longer."""
    with log.open("wb") as said:
        process = subprocess.Popen(
            command,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=surroundings(environment),
            start_new_session=True,
            preexec_fn=tied_to_parent(signal.SIGKILL, os.getpid()),  # noqa: PLW1509
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it has ended by itself, and says so elsewhere
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def program(
    command: Sequence[str], log: Path, port: int, ready: str, **environment: str
) -> Iterator[int]:
    """Running while the context lasts, from when its path `ready` answers; its port."""
    with started(command, log, **environment) as process:
        until(lambda: answers(process, log, port, ready), f"{command[0]} to listen", PATIENCE)
        yield port


def surroundings(own: Mapping[str, str]) -> dict[str, str]:
    """What every program needs and nothing of the tests' own services."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "NO_PROXY": "127.0.0.1", **own}


def answers(process: subprocess.Popen[bytes], log: Path, port: int, path: str) -> bool:
    """Whether it serves by now; fails with its last words when it has ended instead."""
    assert process.poll() is None, log.read_text(errors="replace")[-4_000:]
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 400
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
