"""The form field of rows, and the form that adds one row and saves nothing when that is asked."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict, ErrorList
from django.utils.html import conditional_escape

from console.form_rows.row_shape import CellFacts, RowShape, WrongRows, same
from console.form_rows.rows_widget import KEPT, MORE, RowsWidget, TypedRows
from console.json_value import Json

Check = Callable[[CellFacts], Iterable[str]]


def nothing_wrong(_: CellFacts) -> Iterable[str]:
    return ()


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
    """A JSON value that is edited as rows. `check` says what is wrong with the facts of one row.
    What helps with it is words, not markup.
    """

    widget: RowsWidget

    def __init__(self, shape: RowShape, *, check: Check = nothing_wrong, **kwargs: Any) -> None:
        super().__init__(required=False, widget=RowsWidget(shape), **kwargs)
        self.shape, self.check = shape, check
        self.help_text = conditional_escape(self.help_text)

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


class RowsForm(forms.BaseModelForm[Any]):
    """A form that may have fields of rows; those of something new are as it begins. While one more
    row is asked for it is judged by nobody, and it is not valid: nothing is saved.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, each in self.fields.items():
            if isinstance(each, RowsField):
                self.initial.setdefault(name, getattr(self.instance, name))

    @property
    def has_rows(self) -> bool:
        return any(isinstance(each, RowsField) for each in self.fields.values())

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
