"""Proves the journal: every chain from its first link to the head its ledger's row holds, every spilled value. Names each bad row.

It streams: memory does not grow with the number of events, only with that of spilled values. It reads and never repairs.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from console.journal import append, encoding, ledger, spill

AT_ONCE = 1_000
DIGEST, LINK = 19, 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written. `id` is None when the row itself is gone."""

    id: int | None
    run: UUID | None
    seq: int | None
    what: str

    def __str__(self) -> str:
        return f"event {self.id or 'gone'}, run {self.run}, seq {self.seq}: {self.what}"


@dataclass(slots=True)
class Proof:
    chains: int = 0
    events: int = 0
    blobs: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.faults


@dataclass(frozen=True, slots=True)
class Head:
    """What a ledger's row says of its chain."""

    table: str
    seq: int
    link: bytes


def prove(connection: psycopg.Connection[Any]) -> Proof:
    """Prove everything as it is at one moment, while others go on writing; inside the caller's transaction if there is one."""
    alone = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction():
        if alone:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return _prove(connection)


def _prove(connection: psycopg.Connection[Any]) -> Proof:
    proof, blobs = Proof(), _Blobs(connection)
    heads = _heads(connection)
    with psycopg.ServerCursor(connection, "journal_proof") as rows:
        rows.itersize = AT_ONCE
        rows.execute(f"{append.READ.replace(' FROM', ', link FROM')} ORDER BY run, seq")
        for run, chain in groupby(rows, lambda row: row[1]):
            proof.chains += 1
            proof.faults += _chain(run, chain, heads.pop(run, None), proof, blobs)
    proof.faults += [Fault(None, run, head.seq, f"all {head.seq} events of this chain are gone") for run, head in heads.items() if head.seq]
    proof.faults += blobs.faults()
    proof.blobs = blobs.count
    return proof


def _heads(connection: psycopg.Connection[Any]) -> dict[UUID, Head]:
    heads = {}
    for each in ledger.registered():
        query = sql.SQL("SELECT id, seq, head FROM {}").format(sql.Identifier(each.table))
        for run, seq, link in psycopg.Cursor(connection).execute(query):
            heads[run] = Head(each.table, seq, bytes(link))
    return heads


def _chain(run: UUID, rows: Iterable[tuple[Any, ...]], head: Head | None, proof: Proof, blobs: "_Blobs") -> Iterator[Fault]:
    """Walk one chain. After a broken row every link it could rightly have is accepted, so that a fault is named once, where it is."""
    seq, last_id, links = 0, 0, {b""}
    for row in rows:
        proof.events += 1
        number, _, next_seq, digest, link = row[0], row[1], row[2], bytes(row[DIGEST]), bytes(row[LINK])
        whole = next_seq == seq + 1
        told, faults = _content(row, digest, blobs)
        expected = {hashlib.sha256(before + each).digest() for before in links for each in {told, digest}}
        if not whole:
            faults.append(f"{_missing(seq + 1, next_seq - 1)} before it" if next_seq > seq else "its seq is out of order")
        elif link not in expected:
            faults.append("its link does not follow from the event before it")
        if number <= last_id:
            faults.append("its id is not after the one before it")
        if faults:
            yield Fault(number, run, next_seq, "; ".join(faults))
        links, seq, last_id = ({link} | expected if faults else {link}), next_seq, number
    yield from _end(run, seq, links, head)


def _missing(first: int, last: int) -> str:
    return f"seq {first} is missing" if first == last else f"seqs {first} to {last} are missing"


def _end(run: UUID, seq: int, links: set[bytes], head: Head | None) -> Iterator[Fault]:
    if head is None:
        yield Fault(None, run, seq, "no ledger has a row for this chain")
    elif head.seq != seq:
        gone = _missing(seq + 1, head.seq) if head.seq > seq else f"only {head.seq} of these were appended"
        yield Fault(None, run, seq, f"{head.table} says the chain ends at {head.seq}: {gone} at its end")
    elif head.link not in links:
        yield Fault(None, run, seq, f"the head in {head.table} is not the link of the last event")


def _content(row: tuple[Any, ...], digest: bytes, blobs: "_Blobs") -> tuple[bytes, list[str]]:
    """The digest of what the row says now, and what is wrong with it."""
    try:
        stored = append.stored(row, json.loads(row[18]))
        told = encoding.digest_of(stored.record)
    except (ValueError, TypeError, ArithmeticError, RecursionError) as broken:
        return digest, [f"its content cannot be read: {broken}"]
    for mark in spill.markers(stored.record.data).values():
        blobs.refer(str(mark.get("sha256")), stored.id, stored.run, stored.seq)
    return told, [] if told == digest else ["its content is not what was written"]


class _Blobs:
    """The spilled values: which are as they were stored, and who refers to those that are not."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        query = "SELECT encode(sha256, 'hex'), sha256(content) = sha256 FROM journal_blob"
        with psycopg.ServerCursor(connection, "journal_blobs") as rows:
            rows.itersize = AT_ONCE
            rows.execute(query)
            self._sound: dict[str, bool] = dict(rows)
        self._bad: list[Fault] = []
        self._named: set[str] = set()

    @property
    def count(self) -> int:
        return len(self._sound)

    def refer(self, sha256: str, event: int, run: UUID, seq: int) -> None:
        if not self._sound.get(sha256, False):
            what = "is not what was written" if sha256 in self._sound else "is missing"
            self._named.add(sha256)
            self._bad.append(Fault(event, run, seq, f"its spilled value {sha256} {what}"))

    def faults(self) -> list[Fault]:
        """Bad values named by the events that refer to them, and those nobody refers to."""
        lost = [sha256 for sha256, sound in self._sound.items() if not sound and sha256 not in self._named]
        return self._bad + [Fault(None, None, None, f"the spilled value {sha256} is not what was written") for sha256 in lost]
