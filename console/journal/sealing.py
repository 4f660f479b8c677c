"""Makes the seals: signs each minute how far every chain has come, stores the seal beside the
journal, and appends it to a file outside.

The key is a file that only its owner may read and that the database never sees. The first seal
makes it.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from psycopg import sql

from console.journal import ledger, pool, seal
from console.journal.seal import ChainHead, SealLine, Signer

LAST = "SELECT number, text, signature FROM journal_seal ORDER BY number DESC LIMIT 1"
AFTER = "SELECT text, signature FROM journal_seal WHERE number > %s ORDER BY number"
KEEP = "INSERT INTO journal_seal (number, text, signature) VALUES (%s, %s, %b)"
ACCEPTED = "SELECT 1 FROM journal_restore WHERE digest = %s AND accepted_at IS NOT NULL"
# two clocks must not seal at once; asked for, never waited for
LOCK = "SELECT pg_try_advisory_xact_lock(1366405292)"

BLOCK = 65_536
"""Bytes of the file that are read at a time."""


class BadKey(Exception):
    """The file of the key that signs holds none."""


class OlderDatabase(Exception):
    """The database has fewer seals than the file: it is an older state of itself, or another
    database.
    """


@dataclass(slots=True)
class SealedHeads:
    """What the seals so far say of every chain, remembered from one round to the next."""

    number: int
    heads: dict[UUID, ChainHead]


_told = SealedHeads(0, {})


def make(at: datetime) -> SealLine | None:
    """Make, store and write the next seal; None when somebody else is making it. Raises
    OlderDatabase.
    """
    with pool.pool().connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        if not connection.execute(LOCK).fetchone()[0]:  # type: ignore[index]
            return None
        made = _next(connection, at)
    write_out()
    return made


def _next(connection: psycopg.Connection[Any], at: datetime) -> SealLine:
    last = _caught_up(connection)
    if (written := last_written()) > _told.number and not set_aside(connection):
        raise OlderDatabase(
            f"{file()} ends with seal {written}, the database with seal {_told.number}: is this a"
            " restored backup?"
        )
    now = dict(standing(connection))
    made = seal.sealed(
        signer(),
        number=_told.number + 1,
        at=at.astimezone(UTC).isoformat(timespec="seconds"),
        before=_told.heads,
        now=now,
        retired=_told.heads.keys() - now.keys(),
        last=last,
    )
    connection.execute(KEEP, (_told.number + 1, made.text, made.signature))
    return made


def _caught_up(connection: psycopg.Connection[Any]) -> SealLine | None:
    """The last seal, after bringing up to date what is known of it and those before it; a process
    that begins reads them all.
    """
    found = connection.execute(LAST).fetchone()
    number, text, signature = found or (0, "", b"")
    if number < _told.number:  # another database than before: the tests' next one
        _told.number, _told.heads = 0, {}
    for one, _ in connection.execute(AFTER, (_told.number,)).fetchall():
        facts = json.loads(one)
        for chain in facts["retired"]:
            _told.heads.pop(UUID(chain), None)
        _told.heads |= {
            UUID(chain): ChainHead(seq, bytes.fromhex(link)) for chain, seq, link in facts["heads"]
        }
        _told.number = facts["number"]
    return SealLine(text, bytes(signature)) if found else None


def standing(connection: psycopg.Connection[Any]) -> Iterator[tuple[UUID, ChainHead]]:
    """How far every chain with events has come at this moment."""
    for each in ledger.registered():
        query = sql.SQL("SELECT id, seq, head FROM {} WHERE seq > 0").format(
            sql.Identifier(each.table)
        )
        for chain, seq, link in psycopg.Cursor(connection).execute(query):
            yield chain, ChainHead(seq, bytes(link))


def write_out() -> None:
    """Append to the file the seals that it lacks, so that a crash between database and file leaves
    no gap for long.
    """
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    opened = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(opened, "a+", encoding="utf-8") as lines:
        fcntl.flock(lines, fcntl.LOCK_EX)
        with pool.pool().connection() as connection:
            rows = connection.execute(AFTER, (last_written(),)).fetchall()
        # what a full disk or a power cut left of a line is written again, whole
        os.ftruncate(lines.fileno(), whole_size(path))
        lines.writelines(SealLine(text, bytes(signature)).line for text, signature in rows)
        lines.flush()
        os.fsync(lines.fileno())


def set_aside(connection: psycopg.Connection[Any]) -> bool:
    """Put the file away under another name where a person has accepted that the database is an
    older state of itself; the next one begins again with the seals that the database has.
    """
    last = last_line()
    if last is None or not connection.execute(ACCEPTED, (last.digest.hex(),)).fetchone():
        return False
    file().rename(file().with_name(f"{file().name}.before-{last.digest.hex()[:12]}"))
    return True


def last_written() -> int:
    """The number of the last seal in the file; 0 when there is none."""
    last = last_line()
    return int(json.loads(last.text)["number"]) if last else 0


def last_line() -> SealLine | None:
    """The last whole seal in the file, read from its end; None when there is none. A line without
    its end was cut off while it was written, and is none. Raises BadSeals.
    """
    path = file()
    if not path.exists() or not (size := whole_size(path)):
        return None
    begin = line_end(path, size - 1)
    with path.open("rb") as lines:
        lines.seek(begin)
        return next(seal.read([lines.read(size - begin).decode(errors="replace")]))


def whole_size(path: Path) -> int:
    """How many bytes of the file are whole lines."""
    return line_end(path, path.stat().st_size)


def line_end(path: Path, before: int) -> int:
    """Where the last line ends that ends among the first `before` bytes, read from their end; 0
    when none does.
    """
    with path.open("rb") as lines:
        while before > 0:
            begin = max(before - BLOCK, 0)
            lines.seek(begin)
            if (found := lines.read(before - begin).rfind(b"\n")) >= 0:
                return begin + found + 1
            before = begin
    return 0


def file() -> Path:
    """The file of seals, one on each line. Copy it to where whoever owns the database has no
    access.
    """
    return Path(settings.SEALS)


def key_file() -> Path:
    return Path(settings.SEAL_KEY)


def signer() -> Signer:
    """The key that signs now, which is made when there is none. Raises BadKey for a file that holds
    none: another key would not be believed after the seals that this one signed.
    """
    path = key_file()
    if not path.exists():
        _write_key(path, Ed25519PrivateKey.generate(), "")
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(kept["private"]))
        return Signer(private, kept["handed_over"])
    except (ValueError, KeyError, TypeError):
        raise BadKey(f"{path} holds no key: put back the copy in your backup") from None


def rotate() -> str:
    """Sign with a new key from the next seal on; the old key signs that the new one follows it.
    Gives the new public key, hex.
    """
    old, new = signer(), Ed25519PrivateKey.generate()
    _write_key(
        key_file(), new, seal.handover(old.private, new.public_key().public_bytes_raw().hex())
    )
    return signer().public


def _write_key(path: Path, private: Ed25519PrivateKey, handed_over: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        json.dump(
            {"private": private.private_bytes_raw().hex(), "handed_over": handed_over}, stream
        )
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
