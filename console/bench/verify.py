"""How fast the journal is proved, and that what was done to it is found: an intact one, then one
row altered, one missing, one erased as its chain orders, and one chain written anew by whoever owns
the database, found by the seals.

The events are those of runs of 370: plans with their usage, intents with arguments, results of a
few hundred bytes.
"""

import argparse
import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from console.journal import content_erasure, encoding, export, pool, proof, seal, sealing
from console.journal.records import JournalRecord
from console.journal.seal import Sealed, Signer

RUN = 370
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    "order refund customer parcel lamp shade invoice ticket search result amount address".split()
)
COLUMNS = ", ".join(("run", "seq", "link", *encoding.COLUMNS))
ALTERED, MISSING, ERASED, FORGED = range(1, 5)
"""What is done to which chain; the first stays as it is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--events",
        type=int,
        default=1_000_000,
        help="how many events to make and prove (default 1,000,000)",
    )


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    chains = max(options.events // RUN, FORGED + 1)
    with pool.pool().connection() as connection:
        began = time.monotonic()
        events = fill(connection, chains, options.events)
        filled = time.monotonic() - began
        sealed = seal_all(connection)
        began = time.monotonic()
        intact = proof.prove(connection, replace(sealed, heads=dict(sealed.heads)))
        took = time.monotonic() - began
        tamper(connection)
        found = proof.prove(connection, sealed)
    whats = {fault.run: fault.what for fault in found.faults}
    return {
        "events": intact.events,
        "made": events,
        "chains": intact.chains,
        "fill_s": round(filled, 1),
        "seconds": round(took, 3),
        "events_per_s": round(intact.events / took),
        "intact_false_alarms": len(intact.faults),
        "altered_found": int("content is not what was written" in whats.get(UUID(int=ALTERED), "")),
        "missing_named": int("seq 3 is missing" in whats.get(UUID(int=MISSING), "")),
        "erased_named": found.erased,
        "forged_found": int(whats.get(UUID(int=FORGED), "").startswith("forged")),
        "tampered_false_alarms": len(found.faults) - 3,
    }


def fill(connection: psycopg.Connection[Any], chains: int, events: int) -> int:
    """Write the events into the database by COPY, one whole chain after the other."""
    dice, made = random.Random(2026), 0
    with connection.transaction(), connection.cursor() as cursor:
        heads = []
        with cursor.copy(f"COPY journal_event ({COLUMNS}) FROM STDIN") as copy:
            for number in range(chains):
                key, seq = UUID(int=number or chains), 0
                link = key.bytes
                left = events - made if number == chains - 1 else min(RUN, events - made)
                for record in records(dice, number, left):
                    row, seq = encoding.row(record, dice.randbytes), seq + 1
                    link = hashlib.sha256(link + row.digest).digest()
                    copy.write_row((str(key), str(seq), "\\x" + link.hex(), *row.params))
                made += left
                heads.append((key, seq, link))
        cursor.executemany(
            "INSERT INTO journal_chain (id, seq, head, lease_epoch) VALUES (%s, %s, %s, 0)", heads
        )
    connection.execute("ANALYZE journal_event")
    return made


def records(dice: random.Random, chain: int, count: int) -> Iterator[JournalRecord]:
    """Plans, intents and results in turn; the chain that will lose content ends with the order to
    erase it.
    """
    correlation = UUID(int=dice.getrandbits(128))
    for seq in range(count):
        at, step = BEGIN + timedelta(seconds=seq, microseconds=dice.randrange(10**6)), seq // 3 + 1
        text = " ".join(dice.choices(WORDS, k=30))
        if chain == ERASED and seq == count - 1:
            order = {"last": count - 1, "reason": "asked for"}
            yield JournalRecord(content_erasure.KIND, at, "user:ada", correlation, data=order)
            continue
        yield replace(
            (planned, intended, returned)[seq % 3](dice, at, correlation, f"{step}.1", text),
            step=step,
            agent="refund-desk",
            principal="7",
        )


def planned(
    dice: random.Random, at: datetime, correlation: UUID, _call: str, text: str
) -> JournalRecord:
    tokens_in, tokens_out = dice.randrange(9_000), dice.randrange(900)
    return JournalRecord(
        "step.planned",
        at,
        "planner",
        correlation,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        usd=Decimal(dice.randrange(10**6)) / 10**9,
        duration=dice.random(),
        model="gpt-5-mini",
        data={"thought": text},
    )


def intended(
    dice: random.Random, at: datetime, correlation: UUID, call: str, text: str
) -> JournalRecord:
    args = {"order_id": dice.randrange(10**6), "note": f'"{text[:60]}"'}
    return JournalRecord(
        "call.intended",
        at,
        "planner",
        correlation,
        tool="get_order",
        rule="reads",
        data={"call": call, "args": args, "key": call, "effect": "read"},
    )


def returned(
    dice: random.Random, at: datetime, correlation: UUID, call: str, text: str
) -> JournalRecord:
    return JournalRecord(
        "call.returned",
        at,
        "tool",
        correlation,
        tool="get_order",
        outcome="ok",
        verdict="succeeded",
        duration=dice.random(),
        span="1f" * 8,
        data={"call": call, "result": {"text": text}},
    )


def seal_all(connection: psycopg.Connection[Any]) -> Sealed:
    """A seal over the whole journal, as a reader of its file believes it."""
    now = dict(sealing.standing(connection))
    signer = Signer(Ed25519PrivateKey.generate())
    made = seal.sealed(
        signer, number=1, at=BEGIN.isoformat(), before={}, now=now, retired=(), last=None
    )
    return seal.believed([made])


def tamper(connection: psycopg.Connection[Any]) -> None:
    """Alter the journal as a superuser can, past every trigger."""
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "UPDATE journal_event SET data = data || ' ' WHERE run = %s AND seq = 3",
            (UUID(int=ALTERED),),
        )
        connection.execute(
            "DELETE FROM journal_event WHERE run = %s AND seq = 3", (UUID(int=MISSING),)
        )
        connection.execute(
            "UPDATE journal_event SET data = NULL, salt = NULL WHERE run = %s AND seq = 3",
            (UUID(int=ERASED),),
        )
        forge(connection, UUID(int=FORGED))


def forge(connection: psycopg.Connection[Any], chain: UUID) -> None:
    """Write a chain anew: other content in its third event, every digest, link and the head made to
    fit.
    """
    connection.execute(
        "UPDATE journal_event SET actor = 'user:somebody' WHERE run = %s AND seq = 3", (chain,)
    )
    query = export.COPY.format(query=f"{export.SELECT} WHERE run = %s ORDER BY seq")
    with connection.cursor() as cursor, cursor.copy(query, (chain,)) as lines:
        rows = [(row.id, row.told) for row in export.exported(lines)]
    link = chain.bytes
    for number, told in rows:
        link = hashlib.sha256(link + told).digest()
        connection.execute(
            "UPDATE journal_event SET digest = %s, link = %s WHERE id = %s", (told, link, number)
        )
    connection.execute("UPDATE journal_chain SET head = %s WHERE id = %s", (link, chain))
