"""The form field of rows, and its widget: drawn by the server, sent as ordinary inputs, with an
ordinary button that asks for one more row and saves nothing.

Input names are `field-3-cell`; beside the cells of a row stand `field-3-gone`, a tick that removes
it, and `field-3-kept`, a tick that keeps what no cell shows.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict, ErrorList
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString

from console import figures
from console.form_rows.row_cells import RowCell
from console.form_rows.row_shape import WHOLE, CellFacts, FormRow, RowShape, WrongRows, same
from console.json_value import Json

MORE, GONE, KEPT = "more", "gone", "kept"
LONGEST_KEPT = 400
Check = Callable[[CellFacts], Iterable[str]]


def nothing_wrong(_: CellFacts) -> Iterable[str]:
    return ()


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


class BoundRows(BoundField):
    """Rows within a form. What is wrong with a row stands at that row; above all of them only where
    to look.
    """

    field: "RowsField"

    @property
    def errors(self) -> ErrorList:
        found = super().errors
        wrong = self.wrong()
        if not wrong:
            return found
        general = [
            said for each in found.as_data() if row_of(each) is None for said in each.messages
        ]
        where = " and ".join(str(place + 1) for place in wrong)
        told = f"Something is wrong in {'rows' if len(wrong) > 1 else 'row'} {where}."
        return self.form.error_class([*general, told], renderer=self.form.renderer)

    def wrong(self) -> dict[int, list[str]]:
        """What is wrong, by the place of its row."""
        found: dict[int, list[str]] = {}
        for each in super().errors.as_data():
            if (place := row_of(each)) is not None:
                found.setdefault(place, []).extend(each.messages)
        return found

    def as_widget(self, widget: Any = None, attrs: Any = None, only_initial: bool = False) -> Any:
        drawn = widget or self.field.widget
        drawn.wrong, drawn.named = self.wrong(), str(self.label)
        return super().as_widget(drawn, attrs, only_initial)


class RowsField(forms.Field):
    """A JSON value that is edited as rows. `check` says what is wrong with the facts of one row."""

    widget: RowsWidget

    def __init__(self, shape: RowShape, *, check: Check = nothing_wrong, **kwargs: Any) -> None:
        super().__init__(required=False, widget=RowsWidget(shape), **kwargs)
        self.shape, self.check = shape, check

    def get_bound_field(self, form: Any, field_name: str) -> BoundRows:
        return BoundRows(form, self, field_name)

    def prepare_value(self, value: Any) -> TypedRows:
        return value if isinstance(value, TypedRows) else TypedRows(self.shape.rows(value))

    def clean(self, value: TypedRows) -> Json:
        try:
            return self.shape.value(value.rows, self.check)
        except WrongRows as error:
            raise forms.ValidationError([*refusals(error)]) from error

    def has_changed(self, initial: Json, data: Any) -> bool:
        try:
            return not same(self.shape.value(data.rows, self.check), initial)
        except WrongRows:
            return True

    def sent(self, name: str, value: Json) -> dict[str, str]:
        """What a form sends that shows this value. Of no rows it sends an empty one."""
        inputs = {f"{name}-0-{self.shape.cells[0].key}": ""}
        for place, row in enumerate(self.shape.rows(value)):
            inputs |= {f"{name}-{place}-{key}": text for key, text in row.typed.items()}
            if row.kept:
                inputs[f"{name}-{place}-{KEPT}"] = json.dumps(dict(row.kept))
        return inputs


class RowsForm(forms.BaseForm):
    """A form that may have fields of rows. While one more row is asked for it is judged by nobody,
    and it is not valid: nothing is saved.
    """

    def asks_for_a_row(self) -> bool:
        return any(
            isinstance(each, RowsField) and f"{self.add_prefix(name)}-{MORE}" in self.data
            for name, each in self.fields.items()
        )

    def full_clean(self) -> None:
        if not self.asks_for_a_row():
            return super().full_clean()
        self._errors, self.cleaned_data = ErrorDict(), {}
        return None

    def is_valid(self) -> bool:
        return not self.asks_for_a_row() and super().is_valid()


def unfolded(fieldsets: Sequence[Any], sent: Mapping[str, Any]) -> list[Any]:
    """The admin's groups of fields, with the one open for which one more row was asked."""
    asked = {name.removesuffix(f"-{MORE}") for name in sent if name.endswith(f"-{MORE}")}
    return [
        (title, {**options, "classes": ()} if asked & {*options["fields"]} else options)
        for title, options in fieldsets
    ]


def refusals(error: WrongRows) -> Iterator[forms.ValidationError]:
    for place, sentences in error.by_row.items():
        for each in sentences:
            said = f"Row {place + 1}: {each}".replace("%", "%%")
            yield forms.ValidationError(said, params={"row": place})


def row_of(error: forms.ValidationError) -> int | None:
    return error.params.get("row") if isinstance(error.params, Mapping) else None


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
