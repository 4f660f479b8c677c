"""The real console with two workers and a team's own tools, its world outside, and a person's hand
in it.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.chaos import world_book
from console.stack import places
from tests.patience import PATIENCE, until
from tests.stack.launches import HIDDEN, Launch, descendants, launched, name

APP = "tests.fire.shop"
ENDED = ("completed", "stopped")
SERVING = r"Open (http://\S+)"


@dataclass
class Stack:
    """`folder` holds the ledger and the flags."""

    launch: Launch
    folder: Path
    hand: subprocess.Popen[str]

    def ask(self, verb: str, **facts: Any) -> Any:
        assert self.hand.stdin is not None
        assert self.hand.stdout is not None
        print(json.dumps({"verb": verb, **facts}), file=self.hand.stdin, flush=True)
        return json.loads(self.hand.stdout.readline())

    def start(self, script: str, count: int = 1) -> list[str]:
        runs: list[str] = self.ask("start", script=script, count=count)
        return runs

    def look(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("look", runs=[run])[run]
        return found

    def kinds(self, run: str) -> list[str]:
        return [event["kind"] for event in self.ask("journal", run=run)]

    def ledger(self, run: str = "") -> list[world_book.Line]:
        return [line for line in world_book.read(self.folder) if run in ("", line.run)]

    def flagged(self, run: str, moment: str) -> int:
        """The process that wrote the flag."""
        flag = self.folder / f"{run}-{moment}"
        until(lambda: flag.exists() and flag.read_text() != "", f"flag {flag.name}")
        return int(flag.read_text())

    def rests(self, runs: Sequence[str], patience: float = PATIENCE) -> dict[str, dict[str, Any]]:
        """What became of the runs once each has ended or waits for a person."""
        found: dict[str, dict[str, Any]] = {}

        def resting() -> bool:
            found.update(self.ask("look", runs=list(runs)))
            return all(
                row["status"] in ENDED or row["waiting_for"] == "in_doubt" for row in found.values()
            )

        until(resting, "the runs to rest", patience)
        return found

    def workers(self) -> list[int]:
        """Process ids of the workers for runs."""
        return [
            pid
            for pid in sorted(self.processes())
            if "celery_command" in name(pid) and "-Q runs" in name(pid)
        ]

    def guardians(self) -> list[int]:
        return [
            pid
            for pid in sorted(self.processes())
            if "celery_worker" in name(pid) and "-Q runs" in name(pid)
        ]

    def worker_of(self, pid: int) -> int:
        """The worker to which a tool process belongs."""
        return next(
            worker for worker in self.workers() if pid == worker or pid in descendants(worker)
        )

    def processes(self) -> set[int]:
        return descendants(self.launch.process.pid)


@contextlib.contextmanager
def burning(
    folder: Path, *options: str, beside: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """`up` with two workers, serving when the `with` begins."""
    given = {"SIGNALBOX_APPS": APP, world_book.FOLDER: str(folder), **(beside or {})}
    with launched(folder, "--no-demo", "--workers", "2", *options, given=given) as launch:
        launch.wait_for(SERVING)
        with handed(launch, given) as hand:
            stack = Stack(launch, folder, hand)
            stack.ask("open_house")
            yield stack


@contextlib.contextmanager
def handed(launch: Launch, given: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    own = {
        "SIGNALBOX_DATA": str(launch.data),
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "SIGNALBOX_LOG": "ERROR",
    }
    environment = (
        {key: value for key, value in os.environ.items() if key not in HIDDEN} | given | own
    )
    command = [sys.executable, "manage.py", "hand"]
    with subprocess.Popen(
        command,
        cwd=places.ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(PATIENCE)


def lasts(seconds: float) -> None:
    """A fault goes on for so long: here time itself is what happens."""
    time.sleep(seconds)


def go_on(pid: int) -> bool:
    """Wake a process that stands still; False when it was ended meanwhile."""
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return False
    return True


def calling(tool: str, **args: Any) -> str:
    given = ", ".join(f"{key} = {json.dumps(value)}" for key, value in args.items())
    return f'[[step]]\ncall = {{ tool = "{tool}", args = {{ {given} }} }}\n'


def answering() -> str:
    return '[[step]]\nfinal = "done"\n'
