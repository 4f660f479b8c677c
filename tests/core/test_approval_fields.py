"""Arguments as a form and back: what was not touched stays what it was, what cannot be read is said
by field.
"""

from typing import Any

import pytest

from approvals.rules import argument_form

SCHEMA = {
    "type": "object",
    "properties": {
        "order_id": {"type": "integer"},
        "amount": {"type": "number"},
        "reason": {"type": "string"},
        "express": {"type": "boolean"},
        "size": {"enum": ["s", "m", 3]},
        "lines": {"type": "array"},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["order_id", "amount"],
}
ARGS: dict[str, Any] = {
    "order_id": 1042,
    "amount": 180.0,
    "reason": "two\nlines",
    "lines": [{"sku": "a"}],
}


def typed(**changes: str) -> dict[str, str]:
    form = {f"arg-{field.name}": field.value for field in argument_form.fields(SCHEMA, ARGS, ARGS)}
    return form | {f"arg-{name}": text for name, text in changes.items()}


def test_an_untouched_form_gives_back_the_very_arguments() -> None:
    assert argument_form.read(SCHEMA, ARGS, typed(reason="two\r\nlines")) == (ARGS, {})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("amount", "150.00", 150.0),
        ("amount", "150", 150),
        ("order_id", " 7 ", 7),
        ("reason", "42", "42"),
        ("reason", "", ""),
        ("express", "true", True),
        ("size", "3", 3),
        ("lines", "[]", []),
        ("note", "later", "later"),
        ("note", "null", None),
    ],
)
def test_what_is_typed_has_the_type_of_its_field(name: str, text: str, value: Any) -> None:
    args, wrong = argument_form.read(SCHEMA, ARGS, typed(**{name: text}))
    assert (args[name], type(args[name]), wrong) == (value, type(value), {})


@pytest.mark.parametrize(
    ("name", "text"),
    [("amount", "lots"), ("order_id", "1.5"), ("amount", "NaN"), ("size", "xl"), ("lines", "{")],
)
def test_what_cannot_be_read_is_said_next_to_its_field(name: str, text: str) -> None:
    args, wrong = argument_form.read(SCHEMA, ARGS, typed(**{name: text}))
    assert list(wrong) == [name]
    assert args.get(name) == ARGS.get(name)


def test_without_a_schema_a_field_keeps_the_type_it_has() -> None:
    args, wrong = argument_form.read(
        {}, {"n": 1, "s": "1", "o": {"a": 1}}, {"arg-n": "2", "arg-s": "2", "arg-o": '{"a": 2}'}
    )
    assert (args, wrong) == ({"n": 2, "s": "2", "o": {"a": 2}}, {})


def test_an_edited_field_says_what_it_was() -> None:
    (amount,) = [
        field
        for field in argument_form.fields(SCHEMA, ARGS, {**ARGS, "amount": 150.0})
        if field.name == "amount"
    ]
    assert (amount.value, amount.was, amount.edited, amount.control) == (
        "150.00",
        "180.00",
        True,
        "number",
    )


def test_a_field_emptied_although_needed_cannot_be_read() -> None:
    _, wrong = argument_form.read(SCHEMA, ARGS, typed(amount=""))
    assert list(wrong) == ["amount"]


@pytest.mark.parametrize(
    ("schema", "value", "how"),
    [
        ({"type": "object"}, argument_form.ABSENT, "json"),
        ({"type": "array"}, argument_form.ABSENT, "json"),
        ({"type": "string"}, ["a list all the same"], "json"),
        ({"type": "string"}, {"an": "object all the same"}, "json"),
        ({"type": ["string", "array"]}, "plain", "json"),
        ({"type": "integer"}, 3, "number"),
        ({"type": ["number", "null"]}, 3.5, "number"),
        ({"type": ["number", "string"]}, 3, "line"),
        ({"type": "string"}, "x" * argument_form.LONG, "line"),
        ({"type": "string"}, "x" * (argument_form.LONG + 1), "text"),
        ({"type": "string"}, "two\nlines", "text"),
        ({"enum": ["a", "b"]}, "a", "choice"),
        ({}, argument_form.ABSENT, "line"),
    ],
)
def test_each_kind_of_value_has_its_control(schema: dict[str, Any], value: Any, how: str) -> None:
    assert argument_form.control(schema, value) == how


@pytest.mark.parametrize(
    ("text", "schema", "value", "read"),
    [
        ("7", {"type": "string"}, "6", "7"),
        ("7", {"type": "string"}, 6, "7"),
        ("7", {"type": ["string", "integer"]}, "6", "7"),
        ("7", {"type": ["string", "integer"]}, 6, 7),
        ("seven", {"type": ["string", "integer"]}, 6, "seven"),
        ("true", {"type": ["boolean", "string"]}, False, True),
        ("null", {"type": ["string", "null"]}, None, None),
        ("[1]", {"type": ["array", "string"]}, [], [1]),
    ],
)
def test_text_is_read_as_the_kind_it_had_where_a_field_may_have_several(
    text: str, schema: dict[str, Any], value: Any, read: Any
) -> None:
    found = argument_form.parsed(text, schema, value)
    assert (type(found), found) == (type(read), read)


@pytest.mark.parametrize(
    ("value", "can"),
    [
        ("plain", True),
        ("with \x00", False),
        ("\ud7ff\ue000", True),
        ("\ud800", False),
        (f"{chr(0xDFFF)}.", False),
        ("ünïcode", True),
        (1.5, True),
        (float("inf"), False),
        (float("nan"), False),
        ({"a": ["\ud800"]}, False),
        ({"\x00": 1}, False),
    ],
)
def test_what_no_table_holds_is_told_apart(value: Any, can: bool) -> None:
    assert argument_form.storable(value) is can
