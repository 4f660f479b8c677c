"""Private services for tests and benches: both servers in a temporary folder, gone afterwards.

Never touches a console's own data.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from console.stack import service
from console.stack.postgres import Postgres
from console.stack.service import StackService
from console.stack.sockets import open_socket_folder
from console.stack.valkey import Valkey


@dataclass(slots=True)
class ServicesSession:
    """Addresses are known before the servers run, so settings may be loaded first."""

    folder: Path
    sockets: Path
    postgres: Postgres
    valkey: Valkey
    kept: bool = False
    _running: list[tuple[StackService, subprocess.Popen[bytes]]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url(),
            "REDIS_URL": self.valkey.url(),
            "SIGNALBOX_DATA": str(self.folder),
            "SIGNALBOX_PRIVATE": "1",
        }

    def start(self) -> None:
        """Start both servers and wait until they answer. Called from the main thread, since the
        servers end with the thread that started them.
        """
        self.postgres.make()
        for prepared in (self.valkey.prepare(), self.postgres.prepare()):
            self._running.append(
                (prepared, service.start(prepared, self.folder / f"{prepared.name}.log"))
            )

    def stop(self) -> None:
        while self._running:
            service.stop(*self._running.pop())
        for folder in (self.sockets, *([] if self.kept else [self.folder])):
            shutil.rmtree(folder)


def open_session(durable: bool, kept: Path | None = None) -> ServicesSession:
    """A session in a new temporary folder, its servers not started yet; in the folder `kept`, which
    stays, when there is one.
    """
    if kept is not None:
        kept.mkdir(mode=0o711, parents=True, exist_ok=True)
    folder = kept or Path(tempfile.mkdtemp(prefix="sbx-"))
    sockets = open_socket_folder()
    postgres = Postgres(folder / "postgres", sockets, durable, large=kept is not None)
    return ServicesSession(folder, sockets, postgres, Valkey(sockets), kept is not None)


@contextlib.contextmanager
def private(
    *, durable: bool = True, create_database: bool = True, kept: Path | None = None
) -> Iterator[ServicesSession]:
    """Both servers for the time of a `with`, with their addresses in the environment.
    `durable=False` is faster and for tests only. What lies in the folder `kept` stays.
    """
    session = open_session(durable, kept)
    before = dict(os.environ)
    try:
        session.start()
        if create_database:
            session.postgres.create_database()
        os.environ.update(session.environment())
        yield session
    finally:
        os.environ.clear()
        os.environ.update(before)
        session.stop()
