"""References in a script's texts: found, filled in, and named when they lead nowhere."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.planners import scope, templates
from runs.planners.templates import MISSING, Reference

KNOWN: dict[str, Any] = {
    "n": 3,
    "get_order": {"total": 180.5, "lines": [{"sku": "A"}, {"sku": "B"}], "note": None},
}
plain = st.text(alphabet=st.characters(exclude_characters="{}", exclude_categories=["Cs"]))


def resolve(reference: Reference) -> Any:
    found = templates.within(KNOWN, reference.path)
    return reference.default if found is MISSING else found


def filled(value: Any) -> Any:
    return templates.filled(value, resolve)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("{{n}}", Reference(("n",))),
        ("{{ n }}", Reference(("n",))),
        ("{{get_order.lines.0.sku}}", Reference(("get_order", "lines", "0", "sku"))),
        ("{{get_order.total:text}}", Reference(("get_order", "total"), "text")),
        ("{{ get_order.total : number }}", Reference(("get_order", "total"), "number")),
        ("{{name|nobody}}", Reference(("name",), default="nobody")),
        ("{{name|}}", Reference(("name",), default="")),
        ("{{name:text| two words }}", Reference(("name",), "text", "two words")),
    ],
)
def test_a_reference_has_a_path_perhaps_a_cast_perhaps_a_default(
    text: str, reference: Reference
) -> None:
    assert list(templates.references(text)) == [reference]


def test_a_reference_is_written_by_its_path() -> None:
    assert str(Reference(("get_order", "total"), "text", "0")) == "get_order.total"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{{n", "braces that are no reference in '{{n'"),
        ("n}}", "braces that are no reference in 'n}}'"),
        ("{{}}", "braces that are no reference in '{{}}'"),
        ("{{a}} and {{", "braces that are no reference in '{{a}} and {{'"),
        ("{{n:upper}}", "{{n}} asks for 'upper': only number and text are known"),
    ],
)
def test_what_is_no_reference_is_refused_when_the_script_is_read(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=r"braces|asks for") as refused:
        list(templates.references(text))
    assert str(refused.value) == wrong


def test_references_are_found_in_keys_and_in_whatever_is_nested() -> None:
    value = {"{{a}}": ["{{b}}", {"c": "{{d}} {{e}}"}], "f": 7, "g": None}
    assert [str(each) for each in templates.references(value)] == ["a", "b", "d", "e"]


def test_a_text_that_is_one_reference_takes_the_type_of_what_it_refers_to() -> None:
    assert filled("{{n}}") == 3
    assert filled("{{get_order.lines}}") == [{"sku": "A"}, {"sku": "B"}]
    assert filled("{{get_order.note}}") is None


def test_within_words_it_is_text() -> None:
    assert filled("Order of {{n}} pieces") == "Order of 3 pieces"
    assert filled("{{n}}{{n}}") == "33"


def test_structures_are_filled_from_the_inside_and_keep_their_shape() -> None:
    value = {"to": "{{name|nobody}}", "lines": ["{{get_order.lines.1.sku}}", 4], "{{n}}": True}
    assert filled(value) == {"to": "nobody", "lines": ["B", 4], "3": True}


@given(plain)
def test_text_without_references_stays_as_it_is(text: str) -> None:
    assert filled(text) == text
    assert list(templates.references(text)) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), KNOWN),
        (("n",), 3),
        (("get_order", "lines", "-1", "sku"), "B"),
        (("get_order", "lines", "2"), MISSING),
        (("get_order", "lines", "-3"), MISSING),
        (("get_order", "lines", "sku"), MISSING),
        (("get_order", "total", "cents"), MISSING),
        (("nothing",), MISSING),
    ],
)
def test_a_path_leads_through_keys_and_places(path: tuple[str, ...], found: Any) -> None:
    assert templates.within(KNOWN, path) is found or templates.within(KNOWN, path) == found


@pytest.mark.parametrize(
    ("value", "number"), [("7", 7), ("-7", -7), ("+7", 7), (" 7.5", 7.5), ("1e3", 1000.0), (4, 4)]
)
def test_a_text_is_the_number_it_says(value: Any, number: float) -> None:
    found = templates.number(value)
    assert found == number
    assert type(found) is type(number)


@pytest.mark.parametrize("value", ["", "seven", "7 EUR", None, "--7"])
def test_what_says_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"could not convert|invalid literal"):
        templates.number(value)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "{'a': 1}", ""])
def test_a_text_that_is_no_json_stands_for_itself(text: str) -> None:
    assert scope.as_json(text) == text
