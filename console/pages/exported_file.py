"""A file that the audit page exported, held against the journal: whether each of its rows is what
the journal has, and whether the chains they stand in are as they were written.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO
from uuid import UUID

import psycopg

from console import figures
from console.journal import proof
from console.journal.event_rows import READ, EventRow
from console.pages import audit_export
from console.pages.audit_export import COLUMNS, OF_CHAIN

AT_ONCE = 500
ROWS = f"{READ.replace(' FROM', ', digest, link FROM')} WHERE id = ANY(%s)"
CONTENT = "data"


class NoExport(ValueError):
    """The file is no export of the audit page, or of a version whose rows had no digest."""


LONGEST_CELL = 1024 * 1024
"""Characters: what a row of the journal holds, with each that cannot be seen written out."""
LEFT_OUT = "What was left out of the file it cannot tell: the search that made it can."


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of the file: its id, and its cells as a spreadsheet has them."""

    id: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FileProof:
    """How many rows were compared, and what is wrong. `erased`: the journal has lost their content
    since, so that only the rest of them was compared.
    """

    rows: int
    chains: int
    erased: int
    faults: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return not self.faults

    def lines(self, most: int) -> list[str]:
        rows = figures.plural(self.rows, "row")
        chains = figures.plural(self.chains, "chain that proves", "chains that prove")
        lost = f" The content of {self.erased:,} was erased since." if self.erased else ""
        if self.holds:
            return [f"Holds: {rows} as the journal has them, in {chains}.{lost}", LEFT_OUT]
        faults = figures.plural(len(self.faults), "fault")
        more = len(self.faults) - most
        rest = [f"  and {more:,} more"] if more > 0 else []
        told = [f"  {each}" for each in self.faults[:most]]
        return [f"DOES NOT HOLD: {faults} among {rows}.{lost}", *told, *rest]


def read(text: TextIO) -> list[FileRow]:
    """The rows of a CSV or JSON file. Raises NoExport."""
    begin = text.read(1)
    text.seek(0)
    try:
        return [*(of_json(text) if begin == "{" else of_csv(text))]
    except (ValueError, KeyError, TypeError, csv.Error, RecursionError) as wrong:
        raise NoExport(f"this is no export of the audit page: {wrong}") from wrong


def of_json(text: TextIO) -> Iterator[FileRow]:
    for each in json.load(text)["events"]:
        yield FileRow(int(each["id"]), {name: cell(each[name]) for name in COLUMNS})


def of_csv(text: TextIO) -> Iterator[FileRow]:
    """The last line may say what is left out, in its first cell."""
    csv.field_size_limit(LONGEST_CELL)
    lines = csv.reader(text)
    head = next(lines, [])
    if missing := [name for name in COLUMNS if name not in head]:
        raise NoExport(f"it has no column {missing[0]}")
    for line in lines:
        if len(line) == len(head):
            cells = dict(zip(head, line, strict=True))
            yield FileRow(int(cells["id"]), cells)
        elif not line[0].startswith("("):
            raise NoExport(f"its line {lines.line_num} has {len(line)} cells, not {len(head)}")


def cell(value: Any) -> str:
    """The value as a CSV file has it."""
    written = audit_export.cell(value)
    return "" if written is None else str(written)


def held_against(connection: psycopg.Connection[Any], rows: Sequence[FileRow]) -> FileProof:
    """Compare every row with the journal's, and prove the chains of those that are there."""
    faults: list[str] = []
    erased, chains = 0, set[UUID]()
    for first in range(0, len(rows), AT_ONCE):
        some = rows[first : first + AT_ONCE]
        kept = {each[0]: each for each in stored(connection, [row.id for row in some])}
        for row in some:
            found = kept.get(row.id)
            faults += compared(row, found)
            erased += found is not None and EventRow._make(found[:-2]).data is None
            chains |= {found[1]} if found else set()
    proved = proof.prove(connection, chains=sorted(chains))
    faults += [f"the journal itself: {fault}" for fault in proved.faults]
    return FileProof(len(rows), len(chains), erased, tuple(faults))


def stored(connection: psycopg.Connection[Any], ids: list[int]) -> list[tuple[Any, ...]]:
    return psycopg.Cursor(connection).execute(ROWS, [ids]).fetchall()


def compared(row: FileRow, found: tuple[Any, ...] | None) -> Iterator[str]:
    if found is None:
        yield f"event {row.id}: the journal has no such event"
        return
    event = EventRow._make(found[:-2]).stored()
    digest, link = found[-2:]
    as_exported = audit_export.row(event, (digest, link))
    differing = [
        name
        for name in COLUMNS
        if row.cells[name] != cell(as_exported[name]) and not (event.erased and name == CONTENT)
    ]
    if differing:
        which = "its digest" if set(differing) & set(OF_CHAIN) else "what it says"
        yield f"event {row.id}: {which} is not the journal's: {', '.join(differing)}"
