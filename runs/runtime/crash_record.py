"""Which tools ended, froze or filled their processes: one row for each tool in the database, for
people and for every worker.

When the database is away a count is lost, never a call: nobody waits for the row.
"""

import logging

import psycopg
from psycopg_pool import PoolTimeout

from console.outside import confidential
from runs.runtime import postgres_store
from runs.toolprocess import crash_rows
from runs.toolprocess.endings import ProcessEnding

log = logging.getLogger(__name__)
TROUBLE = (psycopg.Error, PoolTimeout)


class Rows:
    """The record in the database."""

    async def note(self, ending: ProcessEnding) -> None:
        words = confidential.current().text(ending.words)
        try:
            async with (await postgres_store.connections()).connection() as connection:
                for row in crash_rows.params(ending, words):
                    await connection.execute(crash_rows.WRITE, row)
        except TROUBLE:
            log.warning("a crash of %s is not on record", ", ".join(ending.suspects), exc_info=True)

    async def lately(self) -> frozenset[str]:
        try:
            async with (await postgres_store.connections()).connection() as connection:
                return frozenset(
                    row[0]
                    for row in await (
                        await connection.execute(crash_rows.READ, (crash_rows.LATELY,))
                    ).fetchall()
                )
        except TROUBLE:
            log.warning("which tools have crashed lately cannot be read", exc_info=True)
            return frozenset()
