"""Which rows a stored JSON value is, and which value rows are.

Pure. What stands in the value and fits no cell is kept beside its row, word for word, until
somebody takes it out.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from console.form_rows.row_cells import RowCell
from console.json_value import Json

CellFacts = Mapping[str, Json]
WHOLE = "\0"
"""The name under which a value is kept that is no rows at all: PostgreSQL stores no such name."""
ONLY_WHOLE = "What is kept as it is is no rows: remove it before there are others."


class WrongRows(ValueError):
    """What is wrong, by the place of its row, from 0 on."""

    def __init__(self, by_row: Mapping[int, Sequence[str]]) -> None:
        self.by_row = by_row
        super().__init__(" ".join(each for found in by_row.values() for each in found))


@dataclass(frozen=True, slots=True)
class FormRow:
    """A row as it stands in a form: what each cell holds, what is `kept` beside them, and whether
    it is to be removed.
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    kept: CellFacts = field(default_factory=dict)
    gone: bool = False


@dataclass(frozen=True, slots=True)
class RowShape:
    """`noun`: what a row is. `needs`: the keys that none can do without. `apart`: the rows of a
    value, each with its facts by the keys of the cells; None for a value that is no such rows.
    `together` is its inverse, and raises WrongRows.
    """

    noun: str
    cells: Sequence[RowCell]
    needs: Sequence[str]
    apart: Callable[[Json], Sequence[CellFacts] | None]
    together: Callable[[Sequence[CellFacts]], Json]

    def rows(self, stored: Json) -> list[FormRow]:
        """The value as rows of a form."""
        found = self.apart(stored)
        if found is None:
            return [FormRow(kept={WHOLE: stored})]
        return [self.row(each) for each in found]

    def row(self, facts: CellFacts) -> FormRow:
        shown = {
            cell.key: text
            for cell in self.cells
            if cell.key in facts and (text := cell.shown(facts[cell.key])) is not None
        }
        return FormRow(shown, {key: value for key, value in facts.items() if key not in shown})

    def blank(self, row: FormRow) -> bool:
        """Whether nobody filled anything in."""
        return not row.kept and all(
            row.typed.get(cell.key, "").strip() in ("", cell.standard) for cell in self.cells
        )

    def value(self, rows: Sequence[FormRow], check: Callable[[CellFacts], Iterable[str]]) -> Json:
        """The value that the rows are; empty ones do not count. `check` says what is wrong with the
        facts of a row. Raises WrongRows.
        """
        places = [place for place, row in enumerate(rows) if not row.gone and not self.blank(row)]
        kept = [rows[place].kept[WHOLE] for place in places if WHOLE in rows[place].kept]
        if kept and len(places) > 1:
            raise WrongRows({places[0]: [ONLY_WHOLE]})
        if kept:
            return kept[0]
        facts: dict[int, CellFacts] = {}
        wrong: dict[int, list[str]] = {}
        for place in places:
            try:
                facts[place] = self.facts(rows[place])
                said = [*check(facts[place])]
            except ValueError as error:
                said = [str(error)]
            if said:
                wrong[place] = said
        if wrong:
            raise WrongRows(wrong)
        try:
            return self.together([*facts.values()])
        except WrongRows as error:
            by_row = {places[place]: found for place, found in error.by_row.items()}
            raise WrongRows(by_row) from error

    def facts(self, row: FormRow) -> CellFacts:
        """What the row says. Raises ValueError for what no cell can read, and for what it lacks."""
        typed = {cell.key: row.typed.get(cell.key, "") for cell in self.cells}
        read = {
            cell.key: cell.read(typed[cell.key])
            for cell in self.cells
            if cell.given(typed[cell.key])
        }
        found = {**row.kept, **read}
        if lacking := [cell.label for cell in self.cells if cell.key in {*self.needs} - {*found}]:
            raise ValueError(f"{' and '.join(lacking)}: nothing is there.")
        return found


def same(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON: 1 is not true, and nothing but order is the same."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def apart_by_name(name: str, value: str) -> Callable[[Json], Sequence[CellFacts] | None]:
    """Takes an object apart: a row for each name with its value."""

    def apart(stored: Json) -> Sequence[CellFacts] | None:
        if not isinstance(stored, Mapping):
            return None
        return [{name: key, value: each} for key, each in stored.items()]

    return apart


def together_by_name(name: str, value: str) -> Callable[[Sequence[CellFacts]], Json]:
    """Puts an object together, each name of which stands once."""

    def together(rows: Sequence[CellFacts]) -> Json:
        return {key: each.get(value) for key, each in once(rows, name).items()}

    return together


def once(rows: Sequence[CellFacts], name: str) -> dict[str, CellFacts]:
    """The rows by their names. Raises WrongRows for one with the name of another."""
    found: dict[str, CellFacts] = {}
    wrong: dict[int, list[str]] = {}
    for place, each in enumerate(rows):
        key = str(each[name])
        if key in found:
            wrong[place] = [f"{key} stands in another row already."]
        found.setdefault(key, each)
    if wrong:
        raise WrongRows(wrong)
    return found
