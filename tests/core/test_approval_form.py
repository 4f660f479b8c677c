"""Arguments as a form: which control each has, what is read from what was typed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import argument_form as form
from approvals.rules.argument_form import ABSENT, ArgumentField

SCHEMA = {
    "properties": {
        "to": {"type": "string", "description": "Who gets it."},
        "amount": {"type": "number"},
        "count": {"type": "integer"},
        "now": {"type": "boolean"},
        "way": {"enum": ["mail", 7, None]},
        "lines": {"type": "array"},
        "more": {"type": "object"},
        "note": {"type": ["string", "null"]},
        "any": {},
    },
    "required": ["to", "amount"],
}


def one(name: str, proposed: Any, args: Any = None, **facts: Any) -> ArgumentField:
    found = form.fields(SCHEMA, proposed, proposed if args is None else args, **facts)
    return next(each for each in found if each.name == name)


def read(name: str, text: str, value: Any = ABSENT) -> Any:
    """What a field comes to when this is typed into it; a text is what is wrong."""
    args = {} if value is ABSENT else {name: value}
    found, wrong = form.read(SCHEMA, args, {f"arg-{name}": text})
    return wrong[name] if wrong else found.get(name, ABSENT)


class TestAField:
    def test_stands_in_the_order_of_the_schema_and_then_of_the_call(self) -> None:
        found = form.fields(SCHEMA, {"odd": 1, "to": "a"}, {"late": 2})
        assert [each.name for each in found] == [*SCHEMA["properties"], "odd", "late"]

    @pytest.mark.parametrize(
        ("args", "value"),
        [
            ({"amount": 12.5}, "12.50"),
            ({"amount": 570.0}, "570.00"),
            ({"amount": 12}, "12"),
            ({"amount": 0.125}, "0.125"),
            ({"amount": 500.0, "currency": "JPY"}, "500.0"),
            ({"amount": True}, "true"),
            ({"amount": "12.5"}, "12.5"),
        ],
    )
    def test_shows_a_sum_of_money_with_its_cents(self, args: Any, value: str) -> None:
        assert one("amount", args).value == value
        assert form.read(SCHEMA, args, {"arg-amount": value}) == (args, {})
        assert one("amount", {"amount": 12.5}, {"amount": 9.0}).was == "12.50"
        assert not one("amount", {"amount": 12.5}, typed={"arg-amount": "12.50"}).edited

    def test_shows_what_was_proposed_and_what_it_is_now(self) -> None:
        assert one("to", {"to": "anna"}) == ArgumentField(
            "to", "line", "anna", "anna", required=True, help="Who gets it."
        )
        edited = one("to", {"to": "anna"}, {"to": "olga"})
        assert (edited.value, edited.proposed, edited.was, edited.edited) == (
            "olga",
            "anna",
            "anna",
            True,
        )
        absent = one("note", {"to": "anna"})
        assert (absent.value, absent.proposed, absent.given, absent.edited) == (
            "",
            "",
            False,
            False,
        )
        dropped = one("note", {"note": "x"}, {"to": "anna"})
        assert (dropped.value, dropped.was, dropped.given, dropped.edited) == ("", "x", True, True)

    def test_shows_again_what_a_refused_form_held(self) -> None:
        found = one(
            "amount",
            {"amount": 5},
            typed={"arg-amount": "five"},
            errors={"amount": "wrong"},
            sources={"amount": "a mail"},
        )
        assert (found.value, found.was, found.edited) == ("five", "5", True)
        assert (found.error, found.source) == ("wrong", "a mail")

    @pytest.mark.parametrize(
        ("name", "value", "control", "choices"),
        [
            ("to", "anna", "line", ()),
            ("to", "x" * 80, "line", ()),
            ("to", "x" * 81, "text", ()),
            ("to", "a\nb", "text", ()),
            ("amount", 5, "number", ()),
            ("count", 5, "number", ()),
            ("now", True, "choice", ("true", "false")),
            ("way", "mail", "choice", ("mail", "7", "null")),
            ("lines", [], "json", ()),
            ("more", {}, "json", ()),
            ("any", {"a": 1}, "json", ()),
            ("any", [1], "json", ()),
            ("any", 5, "number", ()),
            ("any", "a", "line", ()),
            ("any", None, "number", ()),
            ("note", None, "line", ()),
            ("any", True, "line", ()),
        ],
    )
    def test_has_the_control_of_its_kind(
        self, name: str, value: Any, control: str, choices: tuple[str, ...]
    ) -> None:
        found = one(name, {name: value})
        assert (found.control, found.choices) == (control, choices)

    def test_has_a_place_on_the_page_whatever_its_name(self) -> None:
        assert one("to", {}).place == one("to", {}).key == "arg-to"
        odd = ArgumentField('a "b', "line", "", "")
        assert odd.key == 'arg-a "b'
        assert odd.place.startswith("arg-")
        assert odd.place[4:].isalnum()
        assert len(odd.place) == 4 + 12
        assert ArgumentField("", "line", "", "").place != ArgumentField(" ", "line", "", "").place

    @given(st.text(max_size=20))
    def test_has_a_place_without_spaces_or_quotes(self, name: str) -> None:
        assert not set(ArgumentField(name, "line", "", "").place) & set(" \"'<>&\n\t")


class TestTyping:
    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("to", "olga", "olga"),
            ("to", " olga ", " olga "),
            ("to", "5", "5"),
            ("to", "a\r\nb", "a\nb"),
            ("amount", "5", 5),
            ("amount", " 5.5 ", 5.5),
            ("amount", "1e3", 1000.0),
            ("count", "-5", -5),
            ("now", "true", True),
            ("way", "mail", "mail"),
            ("way", "7", 7),
            ("way", "null", None),
            ("lines", "[1, 2]", [1, 2]),
            ("more", '{"a": 1}', {"a": 1}),
            ("note", "text", "text"),
            ("note", "null", "null"),
            ("any", "text", "text"),
        ],
    )
    def test_gives_a_value_of_the_fields_kind(self, name: str, text: str, value: Any) -> None:
        assert read(name, text, "before" if name in ("to", "note", "any") else 0) == value

    @pytest.mark.parametrize(
        ("name", "text", "why"),
        [
            ("amount", "five", "amount must be a number, not “five”"),
            ("amount", "true", "amount must be a number, not “true”"),
            ("amount", "NaN", "amount must be a number, not “NaN”"),
            ("amount", "Infinity", "amount must be a number, not “Infinity”"),
            ("amount", "1e999", "amount must be a number, not “1e999”"),
            ("amount", "", "amount must be a number, not “”"),
            ("amount", "x" * 61, f"amount must be a number, not “{'x' * 60}”"),
            ("count", "5.5", "count must be a whole number, not “5.5”"),
            ("count", "true", "count must be a whole number, not “true”"),
            ("now", "1", "now must be true or false, not “1”"),
            ("way", "fax", "way must be one of mail or 7 or null"),
            ("lines", '{"a": 1}', 'lines must be a list, not “{"a": 1}”'),
            ("lines", '["\\u0000"]', 'lines must be a list, not “["\\u0000"]”'),
            ("lines", '["\\ud800"]', 'lines must be a list, not “["\\ud800"]”'),
            ("lines", "[" * 100_000, f"lines must be a list, not “{'[' * 60}”"),
            ("more", "7", "more must be JSON, not “7”"),
        ],
    )
    def test_that_cannot_be_read_is_told_by_its_field(self, name: str, text: str, why: str) -> None:
        assert read(name, text, "before") == why

    @pytest.mark.parametrize("name", ["count", "now", "lines", "more", "way"])
    def test_nothing_takes_a_field_out_that_is_not_required(self, name: str) -> None:
        assert read(name, "  ", 5) is ABSENT
        assert read(name, "", ABSENT) is ABSENT

    def test_nothing_into_a_text_is_an_empty_text(self) -> None:
        assert read("note", "", "before") == ""
        assert read("to", "", "before") == ""

    def test_nothing_at_all_leaves_what_was_there(self) -> None:
        args = {"to": "a\r\nb", "more": {"b": [1, 2.0]}, "odd": None}
        typed = {f"arg-{name}": form.shown(value) for name, value in args.items()}
        assert form.read(SCHEMA, args, typed) == (args, {})
        assert form.read(SCHEMA, args, {}) == (args, {})

    def test_into_a_field_that_was_not_given_adds_it(self) -> None:
        assert form.read(SCHEMA, {}, {"arg-count": "5", "arg-odd": "x"}) == ({"count": 5}, {})

    def test_several_wrong_fields_are_told_each(self) -> None:
        _, wrong = form.read(SCHEMA, {}, {"arg-count": "x", "arg-now": "y", "arg-to": "fine"})
        assert wrong.keys() == {"count", "now"}

    @given(
        st.dictionaries(
            st.sampled_from(sorted(SCHEMA["properties"])),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.text(max_size=9)
                | st.floats(allow_nan=False, allow_infinity=False),
                lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner),
                max_leaves=4,
            ),
            max_size=4,
        )
    )  # fmt: skip
    def test_nothing_of_any_arguments_gives_back_the_very_arguments(
        self, args: dict[str, Any]
    ) -> None:
        typed = {each.key: each.value for each in form.fields(SCHEMA, args, args)}
        found, wrong = form.read(SCHEMA, args, typed)
        assert wrong == {}
        assert json.dumps(found) == json.dumps(args)

    @given(st.sampled_from(sorted(SCHEMA["properties"])), st.text(max_size=20))
    def test_anything_is_read_or_told(self, name: str, text: str) -> None:
        found, wrong = form.read(SCHEMA, {}, {f"arg-{name}": text})
        assert set(found) <= {name}
        assert all(each.startswith(f"{name} must be ") for each in wrong.values())


class TestASchemaThatIsNone:
    @pytest.mark.parametrize(
        "schema", [{}, {"properties": []}, {"properties": {"a": 7}}, {"required": "a"}]
    )
    def test_leaves_the_kind_that_a_value_has(self, schema: dict[str, Any]) -> None:
        [found] = form.fields(schema, {"a": 5}, {"a": 5})
        assert (found.control, found.required) == ("number", False)
        assert form.read(schema, {"a": 5}, {"arg-a": "6"}) == ({"a": 6}, {})

    @pytest.mark.parametrize(
        ("schema", "kinds"),
        [
            ({"type": "string"}, ("string",)),
            ({"type": ["string", "null", "string"]}, ("string", "null")),
            ({"anyOf": [{"type": "integer"}, {"type": "null"}, 7]}, ("integer", "null")),
            ({"type": "number", "oneOf": [{"type": "null"}]}, ("number", "null")),
            ({}, ("object",)),
        ],
    )
    def test_or_a_choice_of_kinds_is_read(
        self, schema: dict[str, Any], kinds: tuple[str, ...]
    ) -> None:
        assert form.kinds(schema, {"a": 1}) == kinds

    @pytest.mark.parametrize(
        ("value", "can"),
        [
            ("a\x00", False),
            ("\ud800", False),
            ("é", True),
            (float("inf"), False),
            (1.5, True),
            ({"a\x00": 1}, False),
            ([["\x00"]], False),
            ({"a": [None, True, 7]}, True),
        ],
    )
    def test_holds_only_what_a_table_holds(self, value: Any, can: bool) -> None:
        assert form.storable(value) is can
