"""Tools that ran in the worker itself and may have ended it: they are recorded, and their breakers
are told.

Needs a connection and nothing of Django, since it is the lost worker's guardian who knows of it.
"""

from datetime import datetime
from typing import Any

import psycopg

from console.journal import append
from console.journal.ledger import HOUSE
from console.journal.records import HOUSE_KEY
from policies.circuit import rows, rules
from policies.circuit.rules import CallFailed, Crashed
from policies.patterns import first
from runs.runtime.blame import Loss
from runs.toolprocess import crash_rows
from runs.toolprocess.endings import ProcessEnding


def note(connection: psycopg.Connection[Any], loss: Loss) -> None:
    """Record the tools in one transaction. A tool that alone was at work is cut off at once; of
    several, each is counted one more failure.
    """
    with connection.transaction():
        ending = ProcessEnding(
            f"was the worker itself, which {loss.after}", loss.words, tuple(loss.tools)
        )
        connection.cursor().executemany(crash_rows.WRITE, crash_rows.params(ending, loss.words))
        told = connection.execute("SELECT clock_timestamp()").fetchone()
        assert told is not None, "the database tells the time"
        tell_breakers(connection, ending, told[0])


def tell_breakers(
    connection: psycopg.Connection[Any], ending: ProcessEnding, now: datetime
) -> None:
    policies = rows.policies_on(connection)
    why = f"its process {ending.what}"
    happened = Crashed(why) if len(ending.suspects) == 1 else CallFailed(why)
    names = [tool[: rows.MOST_NAME] for tool in ending.suspects]
    before = rows.locked(connection, names)
    after = [
        rules.moved(each, happened, first(each.tool, policies) or rules.NEVER, now)
        for each in before
    ]
    rows.write(connection, after)
    moved = [
        record for pair in zip(before, after, strict=True) for record in rows.moved(*pair, now)
    ]
    if moved:
        append.append(connection, HOUSE, HOUSE_KEY, moved, epoch=None, projection={})
