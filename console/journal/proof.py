"""Proves the journal: every chain from its first link to the head its ledger's row holds, every
spilled value. Names each bad row.

With the seals from outside it also proves that no chain was written anew, left out or cut short by
whoever owns the database.

It streams: memory does not grow with the number of events, only with that of spilled values. It
reads and never repairs.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from console.journal import encoding, export, ledger, spill
from console.journal.content_erasure import ERASED
from console.journal.export import Exported
from console.journal.records import HOUSE_KEY
from console.journal.seal import ChainHead, Sealed

FORMAT = str(encoding.FORMAT).encode()
RETIRED = b"run.retired"
TELLING = frozenset({ERASED, RETIRED})
GoesOn = Callable[[], None]


@dataclass(frozen=True, slots=True)
class ProofFault:
    """One thing that is not as it was written. `id` is None when the row itself is missing."""

    id: int | None
    run: UUID | None
    seq: int | None
    what: str

    def __str__(self) -> str:
        return f"event {self.id or 'gone'}, run {self.run}, seq {self.seq}: {self.what}"


@dataclass(slots=True)
class Proof:
    """What was walked and what was wrong. `erased` events have lost their content to an erasure
    that the chain records. `retired` are chains that the house's own chain says were removed whole,
    with where they ended.
    """

    chains: int = 0
    events: int = 0
    erased: int = 0
    blobs: int = 0
    retired: dict[UUID, ChainHead] = field(default_factory=dict)
    faults: list[ProofFault] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.faults


@dataclass(frozen=True, slots=True)
class ProofPart:
    """Which chains are proved: some, or all when nothing is said."""

    chains: Sequence[UUID] | None = None

    def only(self, column: str) -> sql.Composable:
        if self.chains is None:
            return sql.SQL("")
        keys = sql.SQL(", ").join(map(sql.Literal, self.chains)) if self.chains else sql.SQL("NULL")
        return sql.SQL(" WHERE {} IN ({})").format(sql.Identifier(column), keys)

    def owners(self) -> sql.Composable:
        if self.chains is None:
            return sql.SQL("")
        events = sql.SQL("SELECT digest FROM journal_event{}").format(self.only("run"))
        return sql.SQL(" WHERE owner IN ({})").format(events)

    def in_order(self) -> sql.Composed:
        query = sql.SQL("{}{} ORDER BY run, seq").format(sql.SQL(export.SELECT), self.only("run"))
        return sql.SQL(export.COPY).format(query=query)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a ledger's row says of its chain."""

    table: str
    seq: int
    link: bytes


def prove(
    connection: psycopg.Connection[Any],
    sealed: Sealed | None = None,
    *,
    chains: Sequence[UUID] | None = None,
    goes_on: GoesOn = lambda: None,
) -> Proof:
    """Prove everything as it is at one moment, while others go on writing; inside the caller's
    transaction if there is one. `sealed`: what trusted seals say, to compare the chains with.
    `chains`: only these, with the values spilled by them. `goes_on` is called at every row, and may
    raise to end it.
    """
    alone = connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction():
        if alone:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL timezone TO 'UTC'")
        connection.execute("SET LOCAL datestyle TO 'ISO'")
        return _prove(connection, sealed or Sealed(), ProofPart(chains), goes_on)


def _prove(
    connection: psycopg.Connection[Any], sealed: Sealed, part: ProofPart, goes_on: GoesOn
) -> Proof:
    proof, blobs = Proof(), _Blobs(connection, part)
    heads = _heads(connection, part)
    with connection.cursor() as cursor, cursor.copy(part.in_order()) as lines:
        told = _watched(export.exported(lines), goes_on)
        for key, rows in groupby(told, lambda row: row.run):
            proof.chains += 1
            run = UUID(key.decode())
            said = sealed.heads.pop(run, None)
            proof.faults += Walk(
                run, heads.pop(run, None), said, sealed.said.get(run, ""), proof, blobs
            ).faults(rows)
    proof.faults += [
        ProofFault(None, run, head.seq, f"all {head.seq} events of this chain are gone")
        for run, head in heads.items()
        if head.seq
    ]
    proof.faults += [*unaccounted({**sealed.heads, **sealed.retired}, proof, sealed)]
    proof.faults += blobs.faults()
    proof.blobs = blobs.count
    return proof


def _watched(rows: Iterable[Exported], goes_on: GoesOn) -> Iterator[Exported]:
    for row in rows:
        goes_on()
        yield row


def unaccounted(
    missing: Mapping[UUID, ChainHead], proof: Proof, sealed: Sealed
) -> Iterator[ProofFault]:
    """Sealed chains that are missing, unless the house's own chain says that they were retired as
    they were sealed.
    """
    for run, head in missing.items():
        kept = proof.retired.get(run)
        if kept is None or kept.seq < head.seq or (kept.seq == head.seq and kept.link != head.link):
            yield ProofFault(
                None,
                run,
                head.seq,
                f"left out: sealed with {head.seq} events on {sealed.said.get(run)}, and nothing"
                " says it was retired",
            )


def _heads(connection: psycopg.Connection[Any], part: ProofPart) -> dict[UUID, Kept]:
    heads = {}
    for each in ledger.registered():
        query = sql.SQL("SELECT id, seq, head FROM {}{}").format(
            sql.Identifier(each.table), part.only("id")
        )
        for run, seq, link in psycopg.Cursor(connection).execute(query):
            heads[run] = Kept(each.table, seq, bytes(link))
    return heads


class Walk:
    """One chain, row after row.

    After a broken row every link it could rightly have is accepted: a fault is named once, where it
    is.
    """

    def __init__(
        self,
        run: UUID,
        head: Kept | None,
        sealed: ChainHead | None,
        when: str,
        proof: Proof,
        blobs: "_Blobs",
    ) -> None:
        self.run, self.head, self.proof, self.blobs = run, head, proof, blobs
        self.sealed, self.when = sealed, when
        self.seq, self.last_id = 0, 0
        self.links: tuple[bytes, ...] = (run.bytes,)
        self.empty: list[tuple[int, int]] = []
        self.erased_up_to = 0

    def faults(self, rows: Iterable[Exported]) -> Iterator[ProofFault]:
        counted = 0
        for row in rows:
            counted += 1
            whole = (
                row.told == row.digest
                and row.body_holds
                and row.seq == self.seq + 1
                and row.id > self.last_id
            )
            if (
                whole
                and row.format == FORMAT
                and any(sha256(before + row.digest).digest() == row.link for before in self.links)
            ):
                self.links = (row.link,)
            else:
                yield from self.broken(row)
            self.seq, self.last_id = row.seq, row.id
            if self.sealed and row.seq == self.sealed.seq and row.link != self.sealed.link:
                yield ProofFault(
                    row.id,
                    self.run,
                    row.seq,
                    f"forged: up to here the chain is not what was sealed on {self.when}",
                )
            if row.data is None or row.kind in TELLING or export.SPILLED in row.data:
                yield from self.content(row)
        self.proof.events += counted
        if self.sealed and self.seq < self.sealed.seq:
            yield ProofFault(
                None,
                self.run,
                self.seq,
                f"cut short: sealed with {self.sealed.seq} events on {self.when}",
            )
        yield from self.unexplained()
        yield from self.end()

    def broken(self, row: Exported) -> Iterator[ProofFault]:
        """What is wrong with a row; nothing when only the rows before it were wrong."""
        wrong = (
            []
            if row.told == row.digest and row.body_holds
            else ["its content is not what was written"]
        )
        expected = {
            sha256(before + each).digest()
            for before in self.links
            for each in {row.told, row.digest}
        }
        if row.format != FORMAT:
            wrong = [f"it is of format {row.format.decode()}, which this version cannot read"]
        if row.seq != self.seq + 1:
            gap = row.seq > self.seq
            wrong.append(
                f"{_missing(self.seq + 1, row.seq - 1)} before it"
                if gap
                else "its seq is out of order"
            )
        elif row.link not in expected:
            wrong.append("its link does not follow from the event before it")
        if row.id <= self.last_id:
            wrong.append("its id is not after the one before it")
        self.links = (row.link, *expected) if wrong else (row.link,)
        if wrong:
            yield ProofFault(row.id, self.run, row.seq, "; ".join(wrong))

    def content(self, row: Exported) -> Iterator[ProofFault]:
        """Remember what was erased and by which event, and which spilled values are referred to."""
        if row.data is None:
            self.empty.append((row.id, row.seq))
            return
        try:
            data = json.loads(row.data)
        except ValueError as broken:
            yield ProofFault(row.id, self.run, row.seq, f"its content cannot be read: {broken}")
            return
        if row.kind == ERASED:
            self.erased_up_to = max(self.erased_up_to, int(data.get("last", 0)))
        elif row.kind == RETIRED and self.run == HOUSE_KEY:
            self.proof.retired[UUID(data["run"])] = ChainHead(
                data["events"], bytes.fromhex(data["head"])
            )
        for mark in spill.references(data):
            self.blobs.refer(str(mark.get("sha256")), row.id, self.run, row.seq)

    def unexplained(self) -> Iterator[ProofFault]:
        for number, seq in self.empty:
            if seq <= self.erased_up_to:
                self.proof.erased += 1
            else:
                yield ProofFault(
                    number, self.run, seq, "its content is gone, and no erasure says so"
                )

    def end(self) -> Iterator[ProofFault]:
        head = self.head
        if head is None:
            yield ProofFault(None, self.run, self.seq, "no ledger has a row for this chain")
        elif head.seq != self.seq:
            gone = (
                _missing(self.seq + 1, head.seq)
                if head.seq > self.seq
                else f"only {head.seq} of these were appended"
            )
            yield ProofFault(
                None,
                self.run,
                self.seq,
                f"{head.table} says the chain ends at {head.seq}: {gone} at its end",
            )
        elif head.link not in self.links:
            yield ProofFault(
                None,
                self.run,
                self.seq,
                f"the head in {head.table} is not the link of the last event",
            )


def _missing(first: int, last: int) -> str:
    return f"seq {first} is missing" if first == last else f"seqs {first} to {last} are missing"


class _Blobs:
    """The spilled values: which are as they were stored, and who refers to those that are not."""

    def __init__(self, connection: psycopg.Connection[Any], part: ProofPart) -> None:
        # null once it was erased, as the event that referred to it was
        query = sql.SQL(
            "SELECT encode(sha256, 'hex'), sha256(salt || content) = sha256 FROM journal_blob{}"
        ).format(part.owners())
        with psycopg.ServerCursor(connection, "journal_blobs") as rows:
            rows.itersize = 1_000
            rows.execute(query)
            self._sound: dict[str, bool | None] = dict(rows)
        self._bad: list[ProofFault] = []
        self._named: set[str] = set()

    @property
    def count(self) -> int:
        return len(self._sound)

    def refer(self, sha256: str, event: int, run: UUID, seq: int) -> None:
        sound = self._sound.get(sha256)
        if not sound:
            what = "is not what was written" if sound is False else "is missing"
            self._named.add(sha256)
            self._bad.append(ProofFault(event, run, seq, f"its spilled value {sha256} {what}"))

    def faults(self) -> list[ProofFault]:
        """Bad values named by the events that refer to them, and those nobody refers to."""
        lost = [
            sha256
            for sha256, sound in self._sound.items()
            if sound is False and sha256 not in self._named
        ]
        return self._bad + [
            ProofFault(None, None, None, f"the spilled value {sha256} is not what was written")
            for sha256 in lost
        ]
