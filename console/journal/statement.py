"""The one statement of the journal, as text and parameters.

Names of tables and columns come from the code, never from data.
"""

import functools
from datetime import datetime

from console.journal import cleaning, encoding
from console.journal.canonical_json import canonical
from console.journal.ledger import Ledger

OLD_ROWS = 180_000  # the PostgreSQL that can return a row as it was before its update


@functools.cache
def statement(
    ledger: Ledger, count: int, projection: tuple[str, ...], fence: tuple[str, ...], server: int = 0
) -> str:
    """The text for `count` records.

    All parameters are untyped text, so that one prepared statement serves every value.

    Who says which seq it believes in has the shorter one where the `server` (its version) knows it:
    such a writer needs no lock before its update, which finds nothing when somebody else came
    first.
    """
    if "seq" in fence and (count == 1 or server >= OLD_ROWS):
        return _believing(ledger, count, projection, fence)
    return _locking(ledger, count, projection, fence)


def _locking(
    ledger: Ledger, count: int, projection: tuple[str, ...], fence: tuple[str, ...]
) -> str:
    """FOR UPDATE makes a second writer wait and then see the first one's seq and head (READ
    COMMITTED re-reads the locked row).

    Ids are given in the order of VALUES, which a join with a single row keeps; sorting would only
    cost.
    """
    names = ", ".join(encoding.COLUMNS)
    conditions, sets, first = (
        _conditions(fence),
        _sets(projection, fence),
        _first(projection, fence),
    )
    returning = "".join(f", t.{column}" for column in ledger.returning)
    values = ", ".join(
        f"({number}, f.l{number}, {_values(number, first)})" for number in range(1, count + 1)
    )
    return f"""WITH fence AS (SELECT t.id, t.seq, t.head FROM {ledger.table} t
    WHERE t.id = $1{conditions} FOR UPDATE),
{_links(count, first)},
moved AS (UPDATE {ledger.table} t SET seq = f.seq + {count}, head = f.l{count}{sets}
 FROM link{count} f WHERE t.id = f.id RETURNING t.seq{returning}),
written AS (INSERT INTO journal_event (run, seq, link, {names})
    SELECT f.id, f.seq + v.n, v.link, {names}
 FROM link{count} f CROSS JOIN LATERAL (VALUES {values}) AS v(n, link, {names}))
SELECT * FROM moved"""


def _believing(
    ledger: Ledger, count: int, projection: tuple[str, ...], fence: tuple[str, ...]
) -> str:
    """The statement without a lock: its update is the fence. With one record the row's new head is
    the record's link; with more, links follow from the head it had.
    """
    names = ", ".join(encoding.COLUMNS)
    conditions, sets, first = (
        _conditions(fence),
        _sets(projection, fence),
        _first(projection, fence),
    )
    links = (
        ["t.head"]
        if count == 1
        else [_link(_head("old"), number, first) for number in range(1, count + 1)]
    )
    returning = "".join(f", t.{column} AS got_{column}" for column in ledger.returning)
    got = "".join(f", got_{column}" for column in ledger.returning)
    linked = "".join(f", {link} AS l{number}" for number, link in enumerate(links, 1))
    rows = "\n UNION ALL ".join(
        f"SELECT f.id, f.last - {count - number}, f.l{number}, {_values(number, first)} FROM"
        " moved f"
        for number in range(1, count + 1)
    )
    return f"""WITH moved AS (UPDATE {ledger.table} t
    SET seq = t.seq + {count}, head = {_link(_head("t"), count, first)}{sets}
 WHERE t.id = $1{conditions} RETURNING t.id, t.seq AS last{returning}{linked}),
written AS (INSERT INTO journal_event (run, seq, link, {names})
 {rows})
SELECT last{got} FROM moved"""


def _conditions(fence: tuple[str, ...]) -> str:
    return "".join(f" AND t.{column} = ${number}" for number, column in enumerate(fence, 2))


def _sets(projection: tuple[str, ...], fence: tuple[str, ...]) -> str:
    return "".join(
        f", {column} = ${number}" for number, column in enumerate(projection, 2 + len(fence))
    )


def _first(projection: tuple[str, ...], fence: tuple[str, ...]) -> int:
    """The number of the first parameter of the records; each record's digest is the last of its
    own.
    """
    return 2 + len(fence) + len(projection)


def _digest(number: int, first: int) -> str:
    return f"${first + len(encoding.COLUMNS) * number - 1}::bytea"


def _head(row: str) -> str:
    """What a ledger row's next link begins with: its head; for the first link its id, so that a
    chain cannot be passed off as another run's.
    """
    return f"CASE {row}.head WHEN '' THEN uuid_send({row}.id) ELSE {row}.head END"


def _link(head: str, number: int, first: int) -> str:
    """The link of a record: sha256(link before it, its digest), from the head on."""
    return functools.reduce(
        lambda link, each: f"sha256({link} || {_digest(each, first)})", range(1, number + 1), head
    )


def _links(count: int, first: int) -> str:
    """The chain's next links, one after the other."""
    steps = [f"link1 AS (SELECT id, seq, {_link(_head('fence'), 1, first)} AS l1 FROM fence)"]
    for number in range(2, count + 1):
        so_far = ", ".join(f"l{before}" for before in range(1, number))
        link = f"sha256(l{number - 1} || {_digest(number, first)})"
        steps.append(
            f"link{number} AS (SELECT id, seq, {so_far}, {link} AS l{number} FROM link{number - 1})"
        )
    return ", ".join(steps)


def _values(number: int, first: int) -> str:
    start = first + len(encoding.COLUMNS) * (number - 1)
    return ", ".join(
        f"${start + offset}::{kind}" for offset, kind in enumerate(encoding.COLUMNS.values())
    )


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
