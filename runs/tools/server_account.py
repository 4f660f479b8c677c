"""An MCP server's process starts in an empty folder of its own and, where the console runs as root,
as an account of its own, to which no file, socket or process of the console is open.

Where the console is an ordinary account, a server is that account too: nothing here can change it.
"""

import logging
import os
import pwd
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from runs.tools.mcp_server import ServerUnavailable

log = logging.getLogger(__name__)
FIRST, LAST = 61_184, 65_519
"""Ids that systemd hands out to services for a while; no account of a person has one."""
AS_THE_CONSOLE = "console"
SETTING = "SIGNALBOX_SERVERS_AS"
WALK, READ, WRITE = stat.S_IXUSR, stat.S_IRUSR, stat.S_IWUSR
SYSTEM = ("/usr", "/etc", "/opt")
"""What lies there is for reading, whoever asks."""
WHOLE_PATH = re.compile(r"(?:^|(?<=[\s'\"=:;,(]))/[^\s'\";:,()]+")


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """A system account, by its ids. It has no further groups."""

    uid: int
    gid: int

    @property
    def words(self) -> list[str]:
        """What the starting script is told."""
        return ["--as", f"{self.uid}:{self.gid}"]

    def reaches(self, path: Path) -> bool:
        """Whether it may read and run the file, and walk through every folder above it. Mode bits
        only.
        """
        real = path.resolve()
        return self._may(real, READ | WALK) and all(
            self._may(parent, WALK) for parent in real.parents
        )

    def uses(self, path: Path) -> bool:
        """Whether it may do there what a server is told of it for: read and run what can be run and
        what belongs to the system, read and write the rest.
        """
        real = path.resolve()
        runs = real.is_file() and real.stat().st_mode & stat.S_IXUSR
        bits = READ if runs or any(map(real.is_relative_to, SYSTEM)) else READ | WRITE
        into = WALK if runs or real.is_dir() else 0
        return self._may(real, bits | into) and all(
            self._may(parent, WALK) for parent in real.parents
        )

    def _may(self, path: Path, bits: int) -> bool:
        facts = path.stat()
        own, group = facts.st_uid == self.uid, facts.st_gid == self.gid
        wanted = bits if own else bits >> 3 if group else bits >> 6
        return facts.st_mode & wanted == wanted


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """Where a server's process begins, and as whom: None for the console's own account."""

    folder: Path
    account: ServerAccount | None = None
    home: Path | None = None

    @property
    def words(self) -> list[str]:
        return self.account.words if self.account else []

    @property
    def variables(self) -> Mapping[str, str]:
        return {"HOME": str(self.home)} if self.home else {}


@contextmanager
def place_for(server: str, command: Sequence[str], path: str) -> Iterator[ServerPlace]:
    """The place of one process of the server; its folder is gone afterwards. `command`: the file
    that is started, and its arguments. Raises ServerUnavailable for an account that cannot run it.
    """
    account = account_for(server, command, path)
    folder = Path(tempfile.mkdtemp(prefix="signalbox-server-"))
    try:
        if account is not None:
            os.chown(folder, account.uid, account.gid)
        yield ServerPlace(folder, account, home_of(server, account) or folder if account else None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def account_for(server: str, command: Sequence[str], path: str) -> ServerAccount | None:
    """None where it cannot be another one, or shall not."""
    said = settings.SERVERS_AS
    if os.geteuid() != 0 or said == AS_THE_CONSOLE:
        return None
    account = named(said) if said else own(server)
    why = lacking(account, command, path)
    if not why:
        return account
    if said:
        raise ServerUnavailable(f"MCP server {server} cannot start as {said}: {why}.")
    log.warning("MCP server %s runs as root: %s", server, why)
    return None


def lacking(account: ServerAccount, command: Sequence[str], path: str) -> str:
    """What the account cannot run or use of what the command names; empty when it can all."""
    program, *arguments = command
    for file in programs(program, path):
        if not account.reaches(file):
            return f"no other account than the console's can run {file}"
    for place in places(arguments):
        if not account.uses(place):
            return f"no other account than the console's can use {place}"
    return ""


def places(arguments: Sequence[str]) -> Iterator[Path]:
    """The files and folders that the arguments name by their whole path, also inside of a line for
    a shell.
    """
    for argument in arguments:
        for found in WHOLE_PATH.findall(argument):
            if os.path.exists(found):  # noqa: PTH110  a name that is too long is no file either
                yield Path(found)


def own(server: str) -> ServerAccount:
    """An account that is nobody else's, the same each time."""
    number = int.from_bytes(sha256(server.encode()).digest()[:4], "big")
    uid = FIRST + number % (LAST - FIRST + 1)
    return ServerAccount(uid, uid)


def named(account: str) -> ServerAccount:
    try:
        entry = pwd.getpwnam(account)
    except KeyError:
        raise ServerUnavailable(
            f"{SETTING} names {account}, an account that is not here."
        ) from None
    return ServerAccount(entry.pw_uid, entry.pw_gid)


def programs(command: str, path: str) -> Iterator[Path]:
    """The file that is started, and what its first line says runs it."""
    yield Path(command)
    with Path(command).open("rb") as file:
        first = file.readline(400)
    words = first[2:].decode(errors="replace").split() if first.startswith(b"#!") else []
    for word in words[:2] if words and words[0].endswith("/env") else words[:1]:
        if found := shutil.which(word, path=path):
            yield Path(found)


def home_of(server: str, account: ServerAccount) -> Path | None:
    """A folder for what it keeps, in the data folder, if the account can reach it."""
    folder = Path(settings.DATA) / "servers" / server
    folder.parent.mkdir(mode=0o711, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, account.uid, account.gid)
    return folder if account.reaches(folder) else None
