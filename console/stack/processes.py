"""A web server, a worker, a clock with its beat, on the services that the environment names: for
tests and benches, which kill them.
"""

import contextlib
import dataclasses
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from console.stack import service
from console.stack.health_probe import HealthProbe
from console.stack.options import Options
from console.stack.places import READY_FILE
from console.stack.roster import Roster
from console.stack.service import StackService


@dataclasses.dataclass(frozen=True, slots=True)
class Running:
    """A process that serves. `log` is the file of its output."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""


@contextlib.contextmanager
def web(environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """A web server on a free port of this machine; it is well when the `with` begins."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        roster = _roster({**(environment or {}), "SIGNALBOX_URL": url}, listener=listener)
        health_probe = HealthProbe(port, "/healthz")
        with (
            contextlib.closing(health_probe),
            _running(dataclasses.replace(roster.web(), ready=health_probe.well)) as running,
        ):
            yield dataclasses.replace(running, url=url)


@contextlib.contextmanager
def worker(
    *, slots: int = 8, number: int = 1, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A worker that takes runs when the `with` begins. `number` tells several workers apart."""
    with _consuming() as (ready, noted):
        roster = _roster({**(environment or {}), **noted}, slots=slots)
        with _running(dataclasses.replace(roster.worker(number), ready=ready)) as running:
            yield running


@contextlib.contextmanager
def clock(environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """The clock with its beat: watchdog and whatever else is due by time."""
    with _consuming() as (ready, noted):
        roster = _roster({**(environment or {}), **noted})
        with (
            _running(dataclasses.replace(roster.clock(), ready=ready)) as running,
            _running(roster.beat()),
        ):
            yield running


def _roster(
    environment: Mapping[str, str], *, slots: int = 8, listener: socket.socket | None = None
) -> Roster:
    return Roster(
        Options(port=0, data="", demo=False, workers=1, slots=slots), environment, listener=listener
    )


@contextlib.contextmanager
def _consuming() -> Iterator[tuple[Callable[[], bool], dict[str, str]]]:
    """The file that a Celery worker writes when it begins to take messages."""
    with tempfile.TemporaryDirectory(prefix="sbx-") as folder:
        file = Path(folder) / "ready"
        yield file.exists, {READY_FILE: str(file)}


@contextlib.contextmanager
def _running(prepared: StackService) -> Iterator[Running]:
    descriptor, name = tempfile.mkstemp(prefix=f"sbx-{prepared.name}-", suffix=".log")
    os.close(descriptor)
    log = Path(name)
    try:
        process = service.start(prepared, log)
        try:
            yield Running(process, log)
        finally:
            service.stop(prepared, process)
    finally:
        log.unlink()
