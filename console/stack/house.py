"""The services of one data folder: embedded where the environment names no others."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from console.stack import places, service
from console.stack.lock import AlreadyRunning, DataLock
from console.stack.postgres import Postgres
from console.stack.service import Service
from console.stack.sockets import open_socket_folder
from console.stack.valkey import Valkey


class House:
    """Which servers have to be started here, and where they will answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sockets: Path | None = None
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None

    def furnish(self) -> None:
        """Decides what is embedded. DATABASE_URL and REDIS_URL win."""
        wanted = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
        if not wanted:
            return
        self.sockets = open_socket_folder()
        if "DATABASE_URL" in wanted:
            self.postgres = Postgres(self.folder / "postgres", self.sockets)
        if "REDIS_URL" in wanted:
            self.valkey = Valkey(self.sockets)

    def servers(self) -> list[Postgres | Valkey]:
        """What has to be started here, in the order of starting."""
        return [server for server in (self.valkey, self.postgres) if server is not None]

    def addresses(self) -> dict[str, str]:
        return {server.variable: server.url() for server in self.servers()}

    def clear(self) -> None:
        places.forget_addresses()
        if self.sockets is not None:
            shutil.rmtree(self.sockets, ignore_errors=True)


@contextlib.contextmanager
def borrowed() -> Iterator[None]:
    """For a single command: the running console's services, or else its embedded ones for the time of a `with`.

    Raises AlreadyRunning when somebody holds the data folder but does not serve yet.
    """
    folder = places.open_data_folder()
    lock = DataLock(folder)
    try:
        lock.take(serving="a command")
    except AlreadyRunning:
        if not places.recorded_addresses():
            raise
        yield
        return
    try:
        with _opened(House(folder)):
            yield
    finally:
        lock.release()


@contextlib.contextmanager
def _opened(house: House) -> Iterator[None]:
    running: list[tuple[Service, subprocess.Popen[bytes]]] = []
    try:
        house.furnish()
        for server in house.servers():
            prepared = server.prepare()
            running.append((prepared, service.start(prepared, house.folder / f"{prepared.name}.log")))
        if house.postgres is not None:
            house.postgres.create_database()
        os.environ.update(house.addresses())
        places.record_addresses(house.addresses())
        yield
    finally:
        for prepared, process in reversed(running):
            service.stop(prepared, process)
        house.clear()
