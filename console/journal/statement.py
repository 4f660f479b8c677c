"""The one statement of the journal, as text and parameters. Names of tables and columns come from the code, never from data."""

import functools
from collections.abc import Sequence
from datetime import datetime

from console.journal import cleaning, encoding
from console.journal.canonical import canonical
from console.journal.ledger import Ledger


@functools.cache
def statement(ledger: Ledger, count: int, projection: tuple[str, ...], fence: tuple[str, ...]) -> str:
    """The text for `count` records. All parameters are untyped text, so that one prepared statement serves every value.

    FOR UPDATE makes a second writer wait and then see the first one's seq and head (READ COMMITTED re-reads the locked row). Ids are given
    in the order of VALUES, which a join with a single row keeps; sorting would only cost.
    """
    names, width = ", ".join(encoding.COLUMNS), len(encoding.COLUMNS)
    conditions = "".join(f" AND {column} = ${number}" for number, column in enumerate(fence, 2))
    sets = "".join(f", {column} = ${number}" for number, column in enumerate(projection, 2 + len(fence)))
    returning = "".join(f", t.{column}" for column in ledger.returning)
    first = 2 + len(fence) + len(projection)  # of the records' parameters, each record's digest the last of them
    links = _links([f"${first + width * number - 1}::bytea" for number in range(1, count + 1)])
    values = ", ".join(_values(number, first + width * (number - 1)) for number in range(1, count + 1))
    return f"""WITH fence AS (SELECT id, seq, head FROM {ledger.table} WHERE id = $1{conditions} FOR UPDATE), {links},
moved AS (UPDATE {ledger.table} t SET seq = f.seq + {count}, head = f.l{count}{sets}
 FROM link{count} f WHERE t.id = f.id RETURNING t.seq{returning}),
written AS (INSERT INTO journal_event (run, seq, link, {names}) SELECT f.id, f.seq + v.n, v.link, {names}
 FROM link{count} f CROSS JOIN LATERAL (VALUES {values}) AS v(n, link, {names}))
SELECT * FROM moved"""


def _links(digests: Sequence[str]) -> str:
    """One step of the chain after the other: link n = sha256(link n-1, digest n)."""
    steps = [f"link1 AS (SELECT id, seq, sha256(head || {digests[0]}) AS l1 FROM fence)"]
    for number, digest in enumerate(digests[1:], 2):
        so_far = ", ".join(f"l{before}" for before in range(1, number))
        steps.append(f"link{number} AS (SELECT id, seq, {so_far}, sha256(l{number - 1} || {digest}) AS l{number} FROM link{number - 1})")
    return ", ".join(steps)


def _values(number: int, first: int) -> str:
    casts = ", ".join(f"${first + offset}::{kind}" for offset, kind in enumerate(encoding.COLUMNS.values()))
    return f"({number}, f.l{number}, {casts})"


def projected(ledger: Ledger, column: str, value: object) -> str | None:
    """A column's value as text PostgreSQL reads for any column type."""
    if value is None:
        return None
    if type(value) is int:  # most are
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, dict | list):
        return canonical(value)
    text = str(value)
    if not text.isascii() or "\x00" in text:
        text, _ = cleaning.clean_text(text)
    width = ledger.widths.get(column)
    return text if width is None or len(text) <= width else text[: width - 1] + "…"
