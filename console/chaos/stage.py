"""The real console for chaos: `up` with three workers on a data folder of its own, the hand of its
people, and its processes by what they do.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.chaos import world_book
from console.stack import places
from console.stack.health_probe import HealthProbe

APP = "console.chaos.shop"
WORKERS = 3
PATIENCE = 180.0
HAND = {"DJANGO_SETTINGS_MODULE": "console.settings", "PGOPTIONS": "-c lock_timeout=500"}
"""The people's settings: they do not stand in line for a table that is locked."""
PARTS: Mapping[str, tuple[str, ...]] = {
    "worker": ("console.stack.celery_command", "-Q runs"),
    "guardian": ("console.stack.celery_worker", "-Q runs"),
    "tool process": ("runs.toolserver.server",),
    "web": ("console.stack.web_server",),
    "clock": ("console.stack.celery_command", "-Q clock"),
    "beat": ("console.stack.celery_command", " beat "),
    "valkey": ("valkey-server",),
    "postgres": ("bin/postgres", " -D "),
}
"""What a process does, by words of its command line."""


class DoesNotServe(Exception):
    """The console did not come up in time. Carries the last lines it printed."""


class HouseAway(Exception):
    """The house's database cannot be reached, or takes no writes."""


@dataclass
class Stage:
    """`folder` holds the book of the world outside, the console's data and what it said."""

    folder: Path
    port: int = 0
    up: subprocess.Popen[bytes] | None = None
    hand: subprocess.Popen[str] | None = None
    started: int = 0
    left: list[int] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the console, without variables of ours that would lead it to other
        services.
        """
        hidden = ("DATABASE_URL", "REDIS_URL", "SIGNALBOX_PRIVATE")
        own = {
            "SIGNALBOX_APPS": APP,
            world_book.FOLDER: str(self.folder),
            "SIGNALBOX_DATA": str(self.folder / "data"),
        }
        return {key: value for key, value in os.environ.items() if key not in hidden} | own

    def open(self) -> None:
        """Start the console, again if it was killed, and then the operators' process. Processes
        left of a killed console may hold the data folder for a moment.
        """
        self.port = self.port or free_port()
        until = time.monotonic() + PATIENCE
        while not self.came_up(until):
            time.sleep(0.5)
        self.take_hand()

    def came_up(self, until: float) -> bool:
        """Whether the console serves; False when it ended instead. Raises DoesNotServe after
        `until`.
        """
        self.begin()
        with contextlib.closing(HealthProbe(self.port, "/healthz")) as probe:
            while not (self.recorded() and well(probe)):
                if time.monotonic() > until:
                    raise DoesNotServe(self.words())
                if self.ended():
                    return False
                time.sleep(0.1)
        return True

    def begin(self) -> None:
        self.started += 1
        options = ["--no-demo", "--workers", str(WORKERS), "--port", str(self.port)]
        with (self.folder / f"up-{self.started}.log").open("wb") as words:
            self.up = subprocess.Popen(
                [sys.executable, "manage.py", "up", *options],
                cwd=places.ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
            )

    def recorded(self) -> bool:
        return (self.folder / "data" / places.addresses_file().name).exists()

    def words(self) -> str:
        return (self.folder / f"up-{self.started}.log").read_text()[-2_000:]

    def take_hand(self) -> None:
        self.let_go()
        self.hand = subprocess.Popen(
            [sys.executable, "-m", "console.chaos.operators"],
            cwd=places.ROOT,
            env=self.environment | HAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def let_go(self) -> None:
        if self.hand is not None and self.hand.stdin is not None:
            self.hand.stdin.close()
            self.hand.wait(PATIENCE)
        self.hand = None

    def ask(self, verb: str, **facts: Any) -> Any:
        """Have the operators do something. Raises HouseAway while they cannot reach the house."""
        assert self.hand is not None
        assert self.hand.stdin is not None
        assert self.hand.stdout is not None
        print(json.dumps({"verb": verb, **facts}), file=self.hand.stdin, flush=True)
        answer = json.loads(self.hand.stdout.readline())
        if "away" in answer:
            raise HouseAway(answer["away"])
        return answer["said"]

    def surely(self, verb: str, **facts: Any) -> Any:
        """Have the operators do something as soon as the house can be reached."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return self.ask(verb, **facts)
            except HouseAway:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def ended(self) -> bool:
        return self.up is None or self.up.poll() is not None

    def close(self) -> None:
        """End the console in order, and see which of its processes are `left`."""
        family = descendants(self.up.pid) if self.up else set()
        self.let_go()
        if self.up is not None and self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
            self.up.wait(PATIENCE)
        self.left = sorted(filter(alive, family))

    def part(self, name: str) -> list[int]:
        """The processes that do this part of the work, oldest first."""
        assert self.up is not None
        wanted = PARTS[name]
        return sorted(
            pid for pid in descendants(self.up.pid) if all(word in command(pid) for word in wanted)
        )

    def tool_processes(self) -> list[int]:
        """The processes in which tools run: they are forked from a prepared process, which is not
        one of them.
        """
        found = self.part("tool process")
        return [pid for pid in found if parent(pid) in found]


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    stage = Stage(folder)
    try:
        stage.open()
        stage.surely("open_house")
        yield stage
    finally:
        stage.close()


def well(probe: HealthProbe) -> bool:
    try:
        return probe.well()
    except OSError:  # nobody listens yet
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in map(int, listing.read_text().split()):
                found |= {child} | descendants(child)
    return found


def alive(pid: int) -> bool:
    """A zombie is not alive: it holds nothing and waits only for its parent to notice."""
    return state(pid) not in ("", "Z")


def state(pid: int) -> str:
    """The process's state letter; empty when it is gone."""
    return stat(pid)[0]


def parent(pid: int) -> int:
    return int(stat(pid)[1] or 0)


def stat(pid: int) -> tuple[str, str]:
    try:
        letter, parent_pid = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "", ""
    return letter, parent_pid


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""
