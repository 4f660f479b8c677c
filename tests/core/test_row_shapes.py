"""JSON as rows of cells: nothing of what is stored is lost on the way there and back, and what is
wrong is said by its row.
"""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.form_rows.row_cells import NamesCell, NumberCell, PickCell, RowCell, TextCell
from console.form_rows.row_shape import (
    CellFacts,
    FormRow,
    RowShape,
    WrongRows,
    apart_by_name,
    same,
    together_by_name,
)
from console.json_value import Json
from policies.thresholds import threshold_rows
from policies.thresholds.models import Thresholds
from runs import agent_rows, server_rows

SHAPES = (
    agent_rows.CRITERIA,
    agent_rows.REASONS,
    agent_rows.HEADERS,
    agent_rows.FIELDS,
    server_rows.ENVIRONMENT,
    server_rows.TOOLS,
    threshold_rows.of_kind(Thresholds.Kind.LOOPS)[0],
    threshold_rows.of_kind(Thresholds.Kind.TRUTH)[0],
)
WORDS = st.one_of(
    st.sampled_from(
        ("name", "cel", "schema", "sentence", "effect", "read", "idempotent", "timeout", "weights")
    ),
    st.text(st.characters(exclude_characters="\0"), max_size=6),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=8,
)
PAIRS = RowShape(
    "pair",
    (RowCell(key="name", label="Name"), NumberCell(key="value", label="Value")),
    ("name", "value"),
    apart_by_name("name", "value"),
    together_by_name("name", "value"),
)


def without_nothing(stored: Json) -> Json:
    """Neither an empty row nor an object without any weights says anything."""
    if isinstance(stored, list):
        return [each for each in stored if each != {}]
    if isinstance(stored, dict) and stored.get("weights") == {}:
        return {name: value for name, value in stored.items() if name != "weights"}
    return stored


def nothing(_: CellFacts) -> Iterable[str]:
    return ()


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.noun)
@given(stored=VALUES)
def test_what_is_shown_as_rows_and_sent_back_is_what_was_stored(
    shape: RowShape, stored: Json
) -> None:
    try:
        again = shape.value(shape.rows(stored), nothing)
    except WrongRows:
        return  # refused, and so not changed
    assert any(same(again, each) for each in (stored, without_nothing(stored)))


@pytest.mark.parametrize(
    ("cell", "value", "shown"),
    [
        (RowCell(key="a", label="A"), "read", "read"),
        (RowCell(key="a", label="A"), " read", None),
        (RowCell(key="a", label="A"), "two\nlines", None),
        (TextCell(key="a", label="A"), "two\nlines ", "two\nlines "),
        (TextCell(key="a", label="A"), "two\r\nlines", None),
        (NumberCell(key="a", label="A"), 0.25, "0.25"),
        (NumberCell(key="a", label="A"), True, None),
        (NamesCell(key="a", label="A"), ["order_id", "amount"], "order_id amount"),
        (NamesCell(key="a", label="A"), ["two words"], None),
        (PickCell(key="a", label="A", choices=lambda: [("yes", "yes")]), "no", None),
        (PickCell(key="a", label="A", choices=list, means={}), None, None),
    ],
)
def test_a_cell_shows_only_what_it_could_give_back(
    cell: RowCell, value: Json, shown: str | None
) -> None:
    assert cell.shown(value) == shown
    if shown is not None:
        assert cell.read(shown) == value


def test_what_no_cell_shows_is_kept_beside_its_row() -> None:
    (row,) = server_rows.TOOLS.rows({"look": {"effect": "read", "colour": "red", "timeout": "5"}})
    assert row.typed == {"tool": "look", "effect": "read"}
    assert row.kept == {"colour": "red", "timeout": "5"}


def test_rows_that_are_empty_or_to_be_removed_do_not_count() -> None:
    rows = [FormRow({"name": "a", "value": "1"}), FormRow({"name": " "}), FormRow()]
    assert PAIRS.value([*rows, FormRow({"name": "b"}, gone=True)], nothing) == {"a": 1}


def test_mistakes_are_told_by_the_place_of_their_row_with_empty_rows_counted() -> None:
    rows = [FormRow(), FormRow({"name": "a", "value": "x"}), FormRow({"value": "1"})]
    with pytest.raises(WrongRows) as wrong:
        PAIRS.value(rows, nothing)
    assert wrong.value.by_row == {
        1: ["Value is a number, such as 3 or 0.25, not “x”."],
        2: ["Name: nothing is there."],
    }
    twice = [FormRow({"name": "a", "value": "1"}), FormRow(), FormRow({"name": "a", "value": "2"})]
    with pytest.raises(WrongRows) as wrong:
        PAIRS.value(twice, nothing)
    assert wrong.value.by_row == {2: ["a stands in another row already."]}


def test_a_value_that_is_no_rows_is_kept_whole_until_it_is_removed() -> None:
    (row,) = PAIRS.rows(["odd"])
    more = FormRow({"name": "a", "value": "1"})
    assert PAIRS.value([row, FormRow()], nothing) == ["odd"]
    with pytest.raises(WrongRows, match="remove it before there are others"):
        PAIRS.value([row, more], nothing)
    assert PAIRS.value([FormRow(kept=row.kept, gone=True), more], nothing) == {"a": 1}
