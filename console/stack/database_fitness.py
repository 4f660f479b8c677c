"""Whether a PostgreSQL that answers can hold the console's tables: its encoding and its version."""

from typing import Any

import psycopg

OLDEST = 14
ASKED = (
    "SELECT current_setting('server_encoding'), current_setting('server_version_num')::int / 10000"
)


def unfit(connection: psycopg.Connection[Any]) -> str:
    """Why the database cannot be used, as a sentence; empty when it can."""
    encoding, version = map(_text, connection.execute(ASKED).fetchone() or ())
    if int(version) < OLDEST:
        return f"PostgreSQL {version} is too old: it takes {OLDEST} or newer"
    if encoding != "UTF8":
        return (
            f"its encoding is {encoding}, which cannot hold every text: make a database with"
            " TEMPLATE template0 ENCODING 'UTF8'"
        )
    return ""


def _text(value: object) -> str:
    """A database in SQL_ASCII sends bytes, since it knows no letters."""
    return value.decode("ascii") if isinstance(value, bytes) else str(value)
