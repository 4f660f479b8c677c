"""What `up` runs above the servers: web, workers, the clock, its beat.

How each is started, how many database connections it may hold.

`owners` is what only `prepare` is told: the address of the database as its tables' owner.
"""

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from console.stack import places
from console.stack.options import Options
from console.stack.readiness import Readiness
from console.stack.service import StackService

BACKLOG = 512
# a worker and the clock together stay under sixteen connections, whatever the number of runs
POOLS = {
    "web": {"SIGNALBOX_DJANGO_POOL": "10", "SIGNALBOX_JOURNAL_POOL": "2"},
    "worker": {
        "SIGNALBOX_DJANGO_POOL": "4",
        "SIGNALBOX_JOURNAL_POOL": "2",
        "SIGNALBOX_RUNS_POOL": "5",
    },
    "clock": {"SIGNALBOX_DJANGO_POOL": "2", "SIGNALBOX_JOURNAL_POOL": "1"},
    "beat": {"SIGNALBOX_DJANGO_POOL": "1", "SIGNALBOX_JOURNAL_POOL": "1"},
    "prepare": {"SIGNALBOX_DJANGO_POOL": "2", "SIGNALBOX_JOURNAL_POOL": "2"},
}


@dataclass(frozen=True, slots=True)
class Roster:
    """Child processes that run the console's own code.

    `listener`: the bound socket that the web server takes over.

    `embedded`: the database is this machine's own.
    """

    options: Options
    environment: Mapping[str, str]
    owners: Mapping[str, str] = field(default_factory=dict)
    listener: socket.socket | None = None
    gate: Readiness | None = None
    embedded: bool = False

    def prepare(self) -> StackService:
        # a person at this machine asked for the console; a deploy's log is read by others
        link = ("--link",) if self.embedded else ()
        made = self._python("prepare", "django", "prepare", *link)
        return replace(made, environment={**(made.environment or {}), **self.owners})

    def web(self) -> StackService:
        assert self.listener is not None
        # a server that ended in order has shut the socket down for every holder: it listens anew,
        # on the same port
        self.listener.listen(BACKLOG)
        descriptor = self.listener.fileno()
        arguments = (
            "-v",
            "0",
            "--fd",
            str(descriptor),
            "--no-server-name",
            "console.asgi:application",
        )
        served = self._python(
            "web", "console.stack.web_server", *arguments, keep_open=(descriptor,)
        )
        return served if self.gate is None else self.gate.before(served)

    def worker(self, number: int) -> StackService:
        return self._celery(
            "worker", "-Q", "runs", "-c", str(self.options.slots), "-n", f"worker{number}@%h"
        )

    def clock(self) -> StackService:
        return self._celery("clock", "-Q", "clock", "-c", "4", "-n", "clock@%h")

    def beat(self) -> StackService:
        """The process that asks the clock for its rounds. The schedule is code, so no file is
        needed to remember it.
        """
        scheduled = (
            "beat",
            "--scheduler",
            "celery.beat:Scheduler",
            "--pidfile",
            "",
            "-l",
            "WARNING",
        )
        return self._python(
            "beat", "console.stack.celery_worker", "-A", "console.celery", "--quiet", *scheduled
        )

    def workers(self) -> dict[str, int]:
        """Names and numbers: a single worker needs no number in its name."""
        count = self.options.workers
        return (
            {"worker": 1}
            if count == 1
            else {f"worker{number}": number for number in range(1, count + 1)}
        )

    def _celery(self, kind: str, *arguments: str) -> StackService:
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "WARNING")
        return self._python(
            kind,
            "console.stack.celery_worker",
            "-A",
            "console.celery",
            "--quiet",
            "worker",
            "-P",
            "threads",
            *arguments,
            *quiet,
        )

    def _python(
        self, kind: str, module: str, *arguments: str, keep_open: tuple[int, ...] = ()
    ) -> StackService:
        own = {**POOLS[kind], "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "console.settings"}
        return StackService(
            name=kind,
            argv=(sys.executable, "-m", module, *arguments),
            ready=lambda: True,
            environment={**os.environ, **self.environment, **own},
            keep_open=keep_open,
            folder=places.ROOT,
        )
