"""`manage.py up`: the whole console on one machine.

Servers, tables, web, workers, clock; one address to open; everything ends with it.
"""

import functools
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence

from console.environment_values import NotAValue
from console.stack import given, machine_refusals, own_apps, places, supervisor
from console.stack.binaries import NoBinary
from console.stack.children import Children, GaveUp, LoopOver
from console.stack.console_output import ConsoleOutput
from console.stack.health_probe import HealthProbe
from console.stack.house import HouseServices
from console.stack.lock import AlreadyRunning, DataLock
from console.stack.options import Options, demo_wanted
from console.stack.postgres import RUNTIME, CannotServe
from console.stack.readiness import Readiness
from console.stack.roster import BACKLOG, Roster

PATIENCE = 90.0
TABLES = "tables are ready"
LINK = "open "


class PortTaken(Exception):
    """Somebody else listens there."""


def main(options: Options) -> int:
    """Runs until stopped; the exit code."""
    if options.data:
        os.environ["SIGNALBOX_DATA"] = options.data
    # children run in the checkout: what is relative here would be another folder there
    os.environ["SIGNALBOX_DATA"] = str(places.data_folder())
    try:
        return supervisor.keep(lambda front: _serve(options, front))
    except OSError as error:
        if not (said := machine_refusals.sentence(error)):
            raise
        ConsoleOutput(sys.stdout).say(said)
        return 1


def _serve(options: Options, front: int) -> int:
    console_output = ConsoleOutput(sys.stdout)
    try:
        Launch(options, console_output, front).run()
    except (
        AlreadyRunning,
        PortTaken,
        given.NotUsable,
        CannotServe,
        NoBinary,
        GaveUp,
        LookupError,
        NotAValue,
        places.NoKey,
    ) as error:
        console_output.say(str(error))
        return 1
    except BrokenPipeError:
        return 1  # whoever read our words is gone; everything has ended in order
    return 0


class Launch:
    """One `up`, from the lock on the data folder to the last process ended."""

    def __init__(self, options: Options, console_output: ConsoleOutput, front: int) -> None:
        self.options = options
        self.console_output = console_output
        self.began = time.monotonic()
        # passkeys are bound to names: they work here, and not at 127.0.0.1
        self.url = f"http://localhost:{options.port}"
        self.folder = places.open_data_folder()
        self.house = HouseServices(self.folder)
        self.lock = DataLock(self.folder)  # held as long as this object lives
        self.children = Children(console_output, front)
        self.link = ""
        self.tables = False

    def run(self) -> None:
        self.lock.take(pid=os.getppid(), url=self.url)  # the pid a person sees is the front's
        given.check(os.environ)
        places.secret_key()
        self.house.refuse_lost()
        listener = _listen(self.options.port)
        abandoned = False
        try:
            self._open(listener)
            self.children.forever(self._changed())
        except LoopOver as ending:
            abandoned = ending.abandoned
        finally:
            listener.close()
            self._close(abandoned)

    def _open(self, listener: socket.socket) -> None:
        self._start_servers()
        gate = Readiness()
        embedded = self.house.postgres is not None
        roster = Roster(self.options, self._environment(), self._owners(), listener, gate, embedded)
        preparing = self.children.start("prepare", roster.prepare, self._hear_preparing, once=True)
        self.children.start("web", roster.web)  # it loads its code meanwhile, and waits at the gate
        if self.house.postgres is not None:
            self.children.until(
                self.children.children["postgres"].ready, PATIENCE, "a PostgreSQL that answers"
            )
            self.house.create_database()
        places.record_addresses({**self.house.addresses(), "SIGNALBOX_URL": self.url})
        self.children.until(lambda: self.tables or not preparing.alive, 10 * PATIENCE, "the tables")
        if self.tables:
            gate.open()
            self._start_workers(roster)
        self.children.until(lambda: not preparing.alive, 10 * PATIENCE, "the demo")
        if preparing.code:
            raise GaveUp("the database could not be prepared: see above")
        self.children.until(
            HealthProbe(self.options.port, "/healthz").well, PATIENCE, "a healthy web server"
        )
        self._announce()

    def _start_servers(self) -> None:
        self.house.furnish()
        if self.house.postgres is not None and not self.house.postgres.made and not self.house.used:
            self.console_output.say(f"making a database in {self.folder}")
        self.house.make()
        for server in self.house.servers():
            self.children.start(
                server.name, server.prepare, self._without(server.noise, server.name)
            )

    def _without(self, noise: Sequence[str], name: str) -> Callable[[str], None]:
        """A server's lines, less those that say what everybody knows."""

        def hear(line: str) -> None:
            if not any(phrase in line for phrase in noise):
                self.console_output.line(name, line)

        return hear

    def _start_workers(self, roster: Roster) -> None:
        for name, number in roster.workers().items():
            self.children.start(name, functools.partial(roster.worker, number))
        self.children.start("clock", roster.clock)
        self.children.start("beat", roster.beat)

    def _changed(self) -> Callable[[], str]:
        """What sees a change of the team's own code, where that is wanted."""
        embedded = self.house.postgres is not None
        wanted = embedded if self.options.reload is None else self.options.reload
        places = own_apps.folders(os.environ) if wanted else []
        return own_apps.SourceWatch(places).changed

    def _environment(self) -> dict[str, str]:
        demo = demo_wanted(self.options, self.house.postgres is not None, os.environ)
        return {
            **self.house.addresses(),
            "SIGNALBOX_DEMO": "1" if demo else "0",
            "SIGNALBOX_URL": self.url,
        }

    def _owners(self) -> dict[str, str]:
        """How the embedded database's tables are brought up to date, and for which role they are
        opened.
        """
        return (
            {}
            if self.house.postgres is None
            else {**self.house.owners_addresses(), "SIGNALBOX_RUNTIME_ROLE": RUNTIME}
        )

    def _hear_preparing(self, line: str) -> None:
        if line == TABLES:
            self.tables = True
        elif line.startswith(LINK):
            self.link = line.removeprefix(LINK)
        else:
            self.console_output.line("prepare", line)

    def _announce(self) -> None:
        self.console_output.say(
            f"serving after {time.monotonic() - self.began:.1f} s; Ctrl-C stops everything"
        )
        self.console_output.block(f"    Open {self.url}{self.link or '/'}")

    def _close(self, abandoned: bool) -> None:
        began = time.monotonic()
        if not abandoned:
            self.console_output.say("stopping")
        self.children.end(abandoned=abandoned)
        self.house.clear()
        if not abandoned:
            self.console_output.say(f"stopped after {time.monotonic() - began:.1f} s")


def _listen(port: int) -> socket.socket:
    """Bound before anything slow is done, and kept while the web server is started again: callers
    wait instead of being turned away.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTaken(
            f"port {port} cannot be had ({getattr(error, 'strerror', None) or error}): choose"
            " another with --port"
        ) from None
    return listener
