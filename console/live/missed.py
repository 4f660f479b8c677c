"""How far the journal has come, for readers who may have missed a frame.

Reads nothing but sequence numbers.
"""

from collections.abc import Collection, Mapping

from channels.db import database_sync_to_async
from django.db import connection

HEADS = """
SELECT wanted.run::text, (SELECT seq FROM journal_event WHERE run = wanted.run
    ORDER BY seq DESC LIMIT 1)
FROM unnest(%s::uuid[]) AS wanted (run)
"""


def read_heads(runs: Collection[str]) -> dict[str, int]:
    """The last sequence number of each run in the journal, 0 for an unknown run. One index look-up
    for each run.
    """
    with connection.cursor() as cursor:
        cursor.execute(HEADS, [list(runs)])
        return {run: seq or 0 for run, seq in cursor.fetchall()}


async def beyond(seen: Mapping[str, int]) -> dict[str, int]:
    """The runs of `seen` (run to last sequence number read) of which the journal has more, and how
    far it is.
    """
    if not seen:
        return {}
    heads = await database_sync_to_async(read_heads)(seen.keys())
    return {run: head for run, head in heads.items() if head > seen[run]}
