"""The services of one data folder: embedded where the environment names no others."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from console.stack import places, service
from console.stack.lock import AlreadyRunning, DataLock
from console.stack.postgres import RUNTIME, CannotServe, Postgres, holds_cluster
from console.stack.service import StackService
from console.stack.sockets import is_socket_folder, open_socket_folder
from console.stack.valkey import Valkey

# in the data folder: where the servers listen, for the next start to remove should this one be
# killed outright
SOCKETS = "sockets"


class NoConsole(Exception):
    """A command was given for a data folder in which no console was ever made."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"no console was made in {folder}: name the folder that `up --data` was given in"
            " SIGNALBOX_DATA, or begin one here with `python3 manage.py up`"
        )


class HouseServices:
    """Which servers have to be started here, and where they will answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # seen before whoever calls takes the lock, which leaves a file
        self.used = places.was_used(folder)
        self.sockets: Path | None = None
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None

    def furnish(self) -> None:
        """Decide which services are embedded. DATABASE_URL and REDIS_URL take precedence."""
        wanted = [name for name in ("DATABASE_URL", "REDIS_URL") if not os.environ.get(name)]
        if not wanted:
            return
        self._remove_sockets_of_the_dead()
        self.sockets = open_socket_folder()
        said = self.folder / SOCKETS
        said.touch(mode=0o600)
        said.write_text(str(self.sockets), encoding="utf-8")
        if "DATABASE_URL" in wanted:
            self.postgres = Postgres(self.folder / "postgres", self.sockets)
        if "REDIS_URL" in wanted:
            self.valkey = Valkey(self.sockets)

    def servers(self) -> list[Postgres | Valkey]:
        """The servers that have to be started here, in the order of starting."""
        return [server for server in (self.valkey, self.postgres) if server is not None]

    def refuse_lost(self) -> None:
        """Raises CannotServe when the folder has had an embedded database and lost it: an empty one
        would be another history.
        """
        cluster = self.folder / "postgres"
        if self.used and not os.environ.get("DATABASE_URL") and not holds_cluster(cluster):
            raise CannotServe(
                f"{self.folder} was in use and has a key but no database: put {cluster} back, or"
                " choose another --data"
            )

    def make(self) -> None:
        """Make the embedded database, at the first start on this folder."""
        self.refuse_lost()
        if self.postgres is not None:
            self.postgres.make()

    def create_database(self) -> None:
        """Create the database once the server answers. From then on this folder is known to have
        one.
        """
        if self.postgres is not None:
            self.postgres.create_database()
            places.note_use(self.folder)

    def addresses(self) -> dict[str, str]:
        """The addresses for running processes; the database's is that of the role that cannot alter
        the journal.
        """
        return {
            **self.owners_addresses(),
            **({} if self.postgres is None else {"DATABASE_URL": self.postgres.url(role=RUNTIME)}),
        }

    def owners_addresses(self) -> dict[str, str]:
        """The addresses for whoever migrates the tables, and for a single command that somebody
        types.
        """
        return {server.variable: server.url() for server in self.servers()}

    def clear(self) -> None:
        places.forget_addresses()
        if self.sockets is not None:
            shutil.rmtree(self.sockets, ignore_errors=True)
            (self.folder / SOCKETS).unlink(missing_ok=True)

    def _remove_sockets_of_the_dead(self) -> None:
        """Remove the socket folder of a console that was killed outright. The caller holds the data
        folder's lock.
        """
        try:
            left = Path((self.folder / SOCKETS).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        if is_socket_folder(left):
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def borrowed(*, making: bool = False) -> Iterator[None]:
    """The services of the running console, or else embedded ones for the time of a `with`, for a
    single command. Only one that is `making` a console begins a database. Raises NoConsole where
    there is none, having made nothing; AlreadyRunning when somebody holds the data folder but does
    not serve yet.
    """
    if not (making or os.environ.get("DATABASE_URL") or _has_console(places.data_folder())):
        raise NoConsole(places.data_folder())
    folder = places.open_data_folder()
    house, lock = HouseServices(folder), DataLock(folder)
    try:
        lock.take(serving="a command")
    except AlreadyRunning:
        if not places.recorded_addresses():
            raise
        yield
        return
    try:
        with _opened(house):
            yield
    finally:
        lock.release()


def _has_console(folder: Path) -> bool:
    return places.was_used(folder) or holds_cluster(folder / "postgres")


@contextlib.contextmanager
def _opened(house: HouseServices) -> Iterator[None]:
    running: list[tuple[StackService, subprocess.Popen[bytes]]] = []
    try:
        house.furnish()
        house.make()
        for server in house.servers():
            prepared = server.prepare()
            running.append(
                (prepared, service.start(prepared, house.folder / f"{prepared.name}.log"))
            )
        house.create_database()
        os.environ.update(house.owners_addresses())
        places.record_addresses(house.addresses())
        yield
    finally:
        for prepared, process in reversed(running):
            service.stop(prepared, process)
        house.clear()
