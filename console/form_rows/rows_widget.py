"""Draws rows in a form, and reads them back: ordinary inputs, with an ordinary button that asks for
one more row.

Input names are `field-3-cell`; beside the cells of a row stand `field-3-gone`, a tick that removes
it, and `field-3-kept`, a tick that keeps what no cell shows.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from console import figures
from console.form_rows.row_cells import RowCell
from console.form_rows.row_shape import WHOLE, CellFacts, FormRow, RowShape

MORE, GONE, KEPT = "more", "gone", "kept"
LONGEST_KEPT = 400


@dataclass(slots=True)
class TypedRows:
    """Rows as they stand in a form. `more`: one more was asked for."""

    rows: list[FormRow]
    more: bool = False


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell as its template draws it."""

    cell: RowCell
    name: str
    id: str
    value: str
    choices: list[tuple[str, str]]
    offers: str


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A row as its template draws it; `wrong` are sentences."""

    number: int
    name: str
    cells: list[DrawnCell]
    row: FormRow
    kept: str
    told: str
    blank: bool
    focused: bool
    wrong: list[str] = field(default_factory=list)


class RowsWidget(forms.Widget):
    """Draws rows, and reads them back. `offers`: what exists, suggested to whoever writes in the
    cell of that key. `wrong` and `named` are told to it by the bound field.
    """

    def __init__(self, shape: RowShape) -> None:
        super().__init__()
        self.shape = shape
        self.offers: Mapping[str, Sequence[str]] = {}
        self.wrong: Mapping[int, list[str]] = {}
        self.named = ""

    def id_for_label(self, id_: str | None) -> str:
        """Nothing: each input of a row has a label of its own."""
        return ""

    def value_from_datadict(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> TypedRows:
        places = sorted({place for place, _ in self.inputs(data, name)})
        rows = [self.typed(data, f"{name}-{place}-") for place in places]
        return TypedRows(rows, f"{name}-{MORE}" in data)

    def value_omitted_from_data(
        self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str
    ) -> bool:
        return next(self.inputs(data, name), None) is None

    def inputs(self, data: Mapping[str, Any], name: str) -> Iterator[tuple[int, str]]:
        """The place and the key of every input of these rows."""
        known = {*(cell.key for cell in self.shape.cells), GONE, KEPT}
        pattern = re.compile(re.escape(name) + r"-(\d{1,6})-(\w+)", re.ASCII)
        for each in data:
            found = pattern.fullmatch(each)
            if found and found[2] in known:
                yield int(found[1]), found[2]

    def typed(self, data: Mapping[str, Any], prefix: str) -> FormRow:
        cells = {cell.key: str(data.get(prefix + cell.key, "")) for cell in self.shape.cells}
        return FormRow(cells, kept(str(data.get(prefix + KEPT, ""))), prefix + GONE in data)

    def render(
        self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        typed: TypedRows = value
        id_ = str((attrs or {}).get("id", f"id_{name}"))
        told = {"id": id_, "name": name, "shape": self.shape, "named": self.named}
        offers = {f"{id_}-{key}-offers": words for key, words in self.offers.items()}
        return render_to_string(
            "admin/_rows.html",
            {**told, "rows": [*self.drawn(typed, name, id_)], "offers": offers},
        )

    def drawn(self, typed: TypedRows, name: str, id_: str) -> Iterator[DrawnRow]:
        """The rows, and an empty one at the end; the one that was asked for has the focus."""
        rows = list(typed.rows)
        if typed.more or not rows or not self.shape.blank(rows[-1]):
            rows.append(FormRow())
        for place, row in enumerate(rows):
            yield DrawnRow(
                number=place + 1,
                name=f"{name}-{place}",
                cells=[self.cell(cell, row, name, place, id_) for cell in self.shape.cells],
                row=row,
                kept=json.dumps(dict(row.kept)) if row.kept else "",
                told=told(row.kept),
                blank=self.shape.blank(row),
                focused=typed.more and place == len(rows) - 1,
                wrong=list(self.wrong.get(place, ())),
            )

    def cell(self, cell: RowCell, row: FormRow, name: str, place: int, id_: str) -> DrawnCell:
        typed = row.typed.get(cell.key, cell.standard)
        offers = f"{id_}-{cell.key}-offers" if cell.key in self.offers else ""
        found = list(getattr(cell, "choices", list)())
        if typed and found and typed not in dict(found):
            found.append((typed, typed))
        return DrawnCell(
            cell, f"{name}-{place}-{cell.key}", f"{id_}-{place}-{cell.key}", typed, found, offers
        )


def kept(text: str) -> CellFacts:
    """What was kept beside the cells, as it came back from the page."""
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def told(facts: CellFacts) -> str:
    """What is kept, for people."""
    if WHOLE in facts:
        return figures.cut(figures.plain(facts[WHOLE]), LONGEST_KEPT)
    return figures.arguments(facts, LONGEST_KEPT)
