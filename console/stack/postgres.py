"""The embedded PostgreSQL: makes a cluster, says how to run it in the foreground.

On a Unix socket only, for our own account only.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from console.stack import accounts, binaries
from console.stack.service import PATIENCE, StackService

DATABASE = "signalbox"
OWNER, RUNTIME = "postgres", "signalbox"
"""The role that owns the tables, and the one that running processes sign in as, which cannot alter
the journal.
"""
TUNING = {
    "listen_addresses": "",
    "max_connections": "200",
    "jit": "off",  # our statements are short: compiling them costs more than running them
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "",
}
# for databases that are thrown away anyway: losing them in a power cut is no loss
FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# for data sets of gigabytes that a bench fills and then only reads
LARGE = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "shared_buffers": "1GB",
}


class CannotServe(Exception):
    """The data folder cannot be used. A sentence for whoever typed the command."""


class Postgres:
    """One cluster in `folder`, listening in `sockets`.

    `durable` keeps PostgreSQL's own promise about commits.
    """

    name = "postgres"
    variable = "DATABASE_URL"
    noise = ("LOG:  ", "the database system is starting up", "the database system is shutting down")

    def __init__(
        self, folder: Path, sockets: Path, durable: bool = True, large: bool = False
    ) -> None:
        self.folder = folder
        self.sockets = sockets
        self.durable = durable
        self.large = large
        self.account = accounts.servant()
        self.bin = binaries.postgres_folder(self.account)

    def url(self, database: str = DATABASE, role: str = OWNER) -> str:
        return f"postgresql://{role}@/{database}?host={self.sockets}"

    @property
    def made(self) -> bool:
        return holds_cluster(self.folder)

    def make(self) -> None:
        """Make a new cluster when there is none, and only at a first start: an empty cluster must
        not take the place of a lost one.
        """
        if self.made:
            return
        if self.folder.is_dir() and any(self.folder.iterdir()):
            raise CannotServe(
                f"{self.folder} holds no PostgreSQL cluster, but other files: move them away, or"
                " choose another --data"
            )
        self._initialise()

    def prepare(self) -> StackService:
        """How to run the cluster. Raises CannotServe when it is not there."""
        if not self.made:
            raise CannotServe(f"{self.folder} is gone, and the database with it: put it back")
        self._check_version()
        self._remove_stale_lock()
        self._write_access_rules()
        place, keep_open = self._place(self.folder)
        settings = (
            TUNING
            | ({} if self.durable else FLEETING)
            | (LARGE if self.large else {})
            | {"unix_socket_directories": str(self.sockets)}
        )
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return StackService(
            name=self.name,
            argv=(str(self.bin / "postgres"), "-D", place, "-p", "5432", *options),
            ready=self._ready,
            stop=signal.SIGINT,
            death=signal.SIGINT,
            account=self.account,
            environment=_environment(),
            keep_open=keep_open,
            folder=Path("/"),
        )

    def create_database(self, database: str = DATABASE) -> None:
        with psycopg.connect(
            self.url("postgres"), autocommit=True, connect_timeout=int(PATIENCE)
        ) as connection:
            if not connection.execute(
                "select 1 from pg_database where datname = %s", [database]
            ).fetchone():
                connection.execute(f'create database "{database}"'.encode())
            if not connection.execute(
                "select 1 from pg_roles where rolname = %s", [RUNTIME]
            ).fetchone():
                connection.execute(f"create role {RUNTIME} login".encode())

    def _ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _initialise(self) -> None:
        """Run initdb in a folder beside and rename that when it is complete: an interrupted first
        start leaves nothing half made.
        """
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        if fresh.exists():
            subprocess.run(["rm", "-rf", str(fresh)], check=True)
        fresh.mkdir(mode=0o700)
        accounts.give(fresh, self.account)
        place, keep_open = self._place(fresh)
        sync = [] if self.durable else ["--no-sync"]
        identity = [
            "-U",
            "postgres",
            "-A",
            "peer",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-instructions",
        ]
        self._run([str(self.bin / "initdb"), "-D", place, *identity, *sync], keep_open)
        fresh.rename(self.folder)

    def _run(self, argv: Sequence[str], keep_open: tuple[int, ...]) -> None:
        identity: dict[str, Any] = self.account.popen_arguments() if self.account else {}
        how: dict[str, Any] = {
            "cwd": "/",
            "env": _environment(),
            "pass_fds": keep_open,
            "timeout": PATIENCE,
            **identity,
        }
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False, **how)
        except subprocess.TimeoutExpired:
            raise CannotServe(f"{Path(argv[0]).name} did not end within {PATIENCE:g} s") from None
        if done.returncode:
            raise CannotServe(
                f"{Path(argv[0]).name} failed: {done.stderr.strip() or done.stdout.strip()}"
            )

    def _place(self, folder: Path) -> tuple[str, tuple[int, ...]]:
        """The folder as the server's account can reach it.

        Below a folder closed to that account (a checkout in root's home), an open descriptor is the
        way in: Linux resolves /proc/self/fd/N without walking the path, so nobody's folder has to
        be opened up.
        """
        if self.account is None or self.account.can_reach(folder):
            return str(folder), ()
        if sys.platform != "linux":
            raise CannotServe(
                f"the account {self.account.name} cannot reach {folder}: choose a --data folder"
                " that it can reach"
            )
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        return f"/proc/self/fd/{descriptor}", (descriptor,)

    def _check_version(self) -> None:
        held = (self.folder / "PG_VERSION").read_text(encoding="utf-8").strip()
        ours = subprocess.run(
            [str(self.bin / "postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout.split()[-1]
        if ours.split(".")[0] != held:
            raise CannotServe(
                f"{self.folder} holds data of PostgreSQL {held}, the embedded server is {ours}:"
                " dump and load it, or choose another --data"
            )

    def _remove_stale_lock(self) -> None:
        """Remove the lock file that a power cut has left: it may name a process id that is now
        somebody else's, another PostgreSQL's too, or nothing. The caller holds the data folder's
        own lock.
        """
        lock = self.folder / "postmaster.pid"
        if lock.exists() and not _works_in(
            self.folder, lock.read_text(encoding="utf-8").partition("\n")[0]
        ):
            lock.unlink()

    def _write_access_rules(self) -> None:
        """Write the rules of peer authentication: the kernel says who is at the other end of the
        socket, and only our own account is let in.
        """
        for name, text in {
            "pg_hba.conf": "local all all peer map=signalbox\n",
            "pg_ident.conf": "".join(
                f"signalbox {accounts.own_name()} {role}\n" for role in (OWNER, RUNTIME)
            ),
        }.items():
            path = self.folder / name
            path.write_text(text, encoding="utf-8")
            accounts.give(path, self.account)


def holds_cluster(folder: Path) -> bool:
    """Whether the folder holds a cluster. A mount that dropped away leaves an empty folder, which
    holds none.
    """
    return (folder / "PG_VERSION").is_file()


def _works_in(folder: Path, pid: str) -> bool:
    """Whether that process has the cluster's folder as its own, as each PostgreSQL has."""
    try:
        return pid.isdecimal() and Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except (FileNotFoundError, ProcessLookupError):
        return False
    except PermissionError:
        return True


def _environment() -> dict[str, str]:
    """The server's environment, without ours: a PGPORT or PGDATA in the user's shell must not move
    the embedded server.
    """
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
