"""What differs from the shipped thresholds, as rows: a number that is picked, and its value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from console.form_rows.row_cells import NumberCell, PickCell
from console.form_rows.row_shape import CellFacts, RowShape, once
from console.json_value import Json
from policies.thresholds import rows, threshold_meanings
from policies.thresholds.models import Thresholds

WEIGHTS = "weights"
OF_A_SIGN = threshold_meanings.SIGN


def numbers(thresholds: Any) -> dict[str, float]:
    """All numbers by name, those of the signs' weights by the signs' names."""
    flat = {
        one.name: getattr(thresholds, one.name) for one in fields(thresholds) if one.name != WEIGHTS
    }
    return flat | {
        f"{OF_A_SIGN}{name}": value
        for name, value in dict(getattr(thresholds, WEIGHTS, {})).items()
    }


def changes_apart(stored: Json) -> Sequence[CellFacts] | None:
    if not isinstance(stored, Mapping) or not isinstance(stored.get(WEIGHTS, {}), Mapping):
        return None
    plain = {name: value for name, value in stored.items() if name != WEIGHTS}
    weights = {f"{OF_A_SIGN}{name}": value for name, value in stored.get(WEIGHTS, {}).items()}
    return [{"name": name, "value": value} for name, value in {**plain, **weights}.items()]


def changes_together(found: Sequence[CellFacts]) -> Json:
    values = {name: each["value"] for name, each in once(found, "name").items()}
    weights = {
        name.removeprefix(OF_A_SIGN): value
        for name, value in values.items()
        if name.startswith(OF_A_SIGN)
    }
    plain = {name: value for name, value in values.items() if not name.startswith(OF_A_SIGN)}
    return {**plain, WEIGHTS: weights} if weights else plain


def choices(shipped: Mapping[str, float]) -> list[tuple[str, str]]:
    named = [(name, named_in_full(name, value)) for name, value in shipped.items()]
    return [("", "—"), *named]


def named_in_full(name: str, value: float) -> str:
    told = threshold_meanings.of(name)
    return f"{name} (shipped: {value}){f' — {told}' if told else ''}"


def problems(shipped: Mapping[str, float], facts: CellFacts) -> Iterable[str]:
    """What is wrong with one number by itself."""
    name, value = str(facts["name"]), facts["value"]
    if name not in shipped:
        yield f"There is no number {name}: remove this row."
    elif isinstance(shipped[name], int) and not isinstance(value, int):
        yield f"{name} is a whole number."


def of_kind(kind: Thresholds.Kind) -> tuple[RowShape, partial[Iterable[str]]]:
    """The rows of this kind, and what is wrong with one of them."""
    shipped = numbers(rows.EDITED[kind]({}))
    cells = (
        PickCell(key="name", label="Number", choices=lambda: choices(shipped)),
        NumberCell(key="value", label="Value"),
    )
    shape = RowShape("number", cells, ("name", "value"), changes_apart, changes_together)
    return shape, partial(problems, shipped)
