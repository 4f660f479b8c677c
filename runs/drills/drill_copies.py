"""The proof of the journal, tried on a copy of a drill's run in which one row was changed.

The copies are temporary tables under the names that the proof reads, seen by this transaction only
and gone with it. The journal itself is only read.
"""

import time
from collections.abc import Mapping
from uuid import UUID

import psycopg

from console.journal import pool, proof
from console.journal.records import HOUSE_KEY
from console.json_value import Json

COPIED = {
    "journal_event": "run = %(run)s",
    "runs_run": "id = %(run)s",
    "journal_chain": "false",
    "journal_blob": "false",
}
"""What the proof reads, and which rows of it are copied."""
CHANGE = """UPDATE pg_temp.journal_event SET data = data || ' '
    WHERE seq = (SELECT max(seq) / 2 + 1 FROM pg_temp.journal_event) RETURNING seq"""


def touched(run: UUID) -> Mapping[str, Json]:
    """What the proof says of the copy, whole and with one row changed: `whole_before`,
    `altered_named`, `others_named`, the `seq` of that row, and the seconds that the proof `took`.
    """
    with pool.pool().connection() as connection, connection.transaction():
        for table, rows in COPIED.items():
            connection.execute(
                f"CREATE TEMP TABLE {table} ON COMMIT DROP AS"  # noqa: S608  names of ours
                f" SELECT * FROM {table} WHERE {rows}",
                {"run": run},
            )
        before = named(connection, run)
        changed = connection.execute(CHANGE).fetchone()
        seq = int(changed[0]) if changed else 0
        began = time.monotonic()
        after = named(connection, run)
        took = time.monotonic() - began
    return {
        "whole_before": before == [],
        "altered_named": seq in after,
        "others_named": [each for each in after if each != seq],
        "seq": seq,
        "took": round(took, 3),
    }


def named(connection: psycopg.Connection[object], run: UUID) -> list[int]:
    """The rows of the run that the proof names."""
    found = proof.prove(connection).faults
    return [each.seq or 0 for each in found if each.run in (run, HOUSE_KEY)]
