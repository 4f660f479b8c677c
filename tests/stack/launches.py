"""Starting `manage.py up` for a test, in a data folder of its own,
and seeing what is left of it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from console.chaos.stage import alive as alive
from console.chaos.stage import descendants as descendants
from console.chaos.stage import free_port as free_port
from console.stack import places
from console.stack.health_probe import HealthProbe
from tests.patience import PATIENCE, until

# what a test's own session names must not reach the console under test
HIDDEN = ("DATABASE_URL", "REDIS_URL", "SIGNALBOX_DATA", "SIGNALBOX_PRIVATE")
# a console starts eight processes
LONG = 2 * PATIENCE


@dataclass
class Launch:
    """One running `up`. `log` is everything it said so far."""

    process: subprocess.Popen[bytes]
    file: Path
    port: int
    data: Path
    seen: set[int] = field(default_factory=set)

    @property
    def log(self) -> str:
        return self.file.read_text()

    def wait_for(self, pattern: str, patience: float = LONG) -> str:
        """The first match of the pattern's group in the log."""

        def said() -> str:
            over = self.process.poll() is not None
            found = re.search(pattern, self.log)
            assert found or not over, self.log
            return found.group(0) and found.group(1) if found else ""

        came = until(said, f"{pattern} in the log", patience)
        self.seen |= descendants(self.process.pid)
        return came

    def becomes_well(self, patience: float = LONG) -> None:
        """Whatever was killed is back: the web server answers and reaches database and Redis."""
        with contextlib.closing(HealthProbe(self.port, "/healthz")) as probe:
            until(probe.well, f"the house to be well:\n{self.log}", patience)

    def ended(self, patience: float) -> float:
        """Seconds until nothing is left of it, front and descendants alike."""
        began = time.monotonic()

        def gone() -> bool:
            return self.process.poll() is not None and not any(map(alive, self.seen))

        until(gone, "the end of all that was started", patience)
        return time.monotonic() - began


@contextlib.contextmanager
def launched(
    folder: Path,
    *options: str,
    port: int | None = None,
    given: Mapping[str, str] | None = None,
    where: Path = places.ROOT,
) -> Iterator[Launch]:
    chosen = port or free_port()
    data, file = folder / "data", folder / f"up-{chosen}.log"
    environment = {name: value for name, value in os.environ.items() if name not in HIDDEN} | dict(
        given or {}
    )
    command = [
        sys.executable,
        str(places.ROOT / "manage.py"),
        "up",
        "--port",
        str(chosen),
        "--data",
        str(data),
        *options,
    ]
    with file.open("wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=where,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Launch(process, file, chosen, data)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return "gone"
