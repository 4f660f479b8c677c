"""How far a tool's result is opened, what its field names tell, and which words make which role."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.truth import field_names, result_body, roles
from policies.truth.result_body import Body
from policies.truth.roles import ToolRole
from policies.truth.sign import TruthThresholds

LIMITS = TruthThresholds()


def opened(result: Any, **changes: Any) -> Body:
    return result_body.opened(result, LIMITS.edited(changes))


class TestABody:
    @pytest.mark.parametrize(
        "text",
        ["", "  ", "null", "None", " NULL\n", "undefined", "NaN", "nil", "''", '""'],
    )
    def test_of_nothing_is_nothing(self, text: str) -> None:
        assert opened(text) == Body(None)

    @pytest.mark.parametrize("value", [None, 0, 1.5, True, [], {}, ["a"], {"a": 1}])
    def test_that_is_data_stays_as_it_is(self, value: Any) -> None:
        assert opened(value) == Body(value)

    @pytest.mark.parametrize("text", ["plain words", "12", " 12 ", "true", "nullable", "nothing"])
    def test_of_words_stays_text(self, text: str) -> None:
        assert opened(text) == Body(text)

    def test_of_json_is_opened(self) -> None:
        assert opened(' {"a": [1, null, "b"]}\n') == Body({"a": [1, None, "b"]})
        assert opened('"a \\u00e9"') == Body("a é")
        assert opened("[1]") == Body([1])

    def test_in_quotation_marks_that_is_no_json_stays_text(self) -> None:
        assert opened('"a" and "b"') == Body('"a" and "b"')

    def test_longer_than_what_is_parsed_is_read_by_its_head(self) -> None:
        text = json.dumps({"error": "gone", "list": [1, 2]})
        assert opened(text, parse_chars=len(text)) == Body({"error": "gone", "list": [1, 2]})
        long = json.dumps({"error": "gone", "list": list(range(300))})
        assert opened(long, parse_chars=len(long) - 1).value["error"] == "gone"
        assert not opened(long, parse_chars=len(long) - 1).broken
        assert opened(f'"{"x" * 50}"', parse_chars=51) == Body(f'"{"x" * 50}"')
        assert opened(f'"{"x" * 50}"', parse_chars=52) == Body("x" * 50)

    def test_after_a_preface_of_one_line_is_opened(self) -> None:
        assert opened('Here is the result:\n{"a": 1}') == Body({"a": 1})
        assert opened("The rows: \n\n [1, 2]") == Body([1, 2])
        assert opened("x" * 120 + ":\n[1]") == Body([1])
        assert opened("x" * 121 + ":\n[1]").value == "x" * 121 + ":\n[1]"
        assert opened('No colon\n{"a": 1}') == Body('No colon\n{"a": 1}')

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("{'a': 1, 'b': None}", {"a": 1, "b": None}),
            ("{'a': True, 'b': False}", {"a": True, "b": False}),
            ("{'a': -1.5, 'b': 2}", {"a": -1.5, "b": 2}),
            ("{'a': ('b', 'c')}", {"a": ["b", "c"]}),
            ("{'a': {'b': {'c': 'd'}}}", {"a": {"b": {"c": "d"}}}),
            ("[{'a': 1}, {'a': 2}]", [{"a": 1}, {"a": 2}]),
            ("{a: 'b', c: d}", {"a": "b", "c": "d"}),
            ('{"a": "first", "a": "second",}', {"a": "first"}),
            ("{'it''s': 1}", {"s": 1}),
            ("{'a': 1234567890123456}", {"a": "1234567890123456"}),
        ],
    )
    def test_that_resembles_json_is_read_tolerantly(self, text: str, value: Any) -> None:
        assert opened(text) == Body(value)

    @pytest.mark.parametrize(
        ("text", "value", "broken"),
        [
            ('{"a": 1, "b": "cut', {"a": 1, "b": "cut"}, True),
            ('{"a": [1, 2', {"a": [1, 2]}, True),
            ('{"a": [1, 2]', {"a": [1, 2]}, False),
            ('{"a": [1, 2, ...', {"a": [1, 2, "..."]}, False),
            ('{"a": [1, 2, …', {"a": [1, 2, "…"]}, False),
            ('{"a": (1, 2)', {"a": [1, 2]}, False),
        ],
    )
    def test_that_breaks_off_is_broken_unless_somebody_shortened_it(
        self, text: str, value: Any, broken: bool
    ) -> None:
        assert opened(text) == Body(value, broken)

    @pytest.mark.parametrize(
        "text",
        [
            "[object Object]",
            "[WARN: disk] is full",
            "{}{",
            "[]]",
            "{'a': 1} and more",
            "{:}",
        ],
    )
    def test_that_only_looks_like_data_stays_text(self, text: str) -> None:
        assert opened(text) == Body(text)

    def test_nested_deeper_than_a_parser_goes_is_read_by_its_head(self) -> None:
        deep = "[" * 10_000 + "]" * 10_000
        assert isinstance(opened(deep).value, list | str)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
            ),
            max_leaves=8,
        ).filter(lambda value: isinstance(value, dict | list))
    )
    def test_of_json_opens_to_what_was_written(self, value: Any) -> None:
        assert opened(json.dumps(value)) == Body(value)

    @given(st.text(alphabet="{}[]():,'\"\\ae1. \n", min_size=1, max_size=900))
    def test_of_any_brackets_is_opened_or_left_as_it_is(self, text: str) -> None:
        found = opened(text)
        assert found.value is None or isinstance(found.value, dict | list | str)
        assert not found.broken or isinstance(found.value, dict | list)


class TestAFieldsName:
    @pytest.mark.parametrize(
        ("name", "kinds"),
        [
            ("errorMessage", {"error"}),
            ("error_code", {"error", "type", "code"}),
            ("status", {"status", "code"}),
            ("result", {"status", "words", "wrapper"}),
            ("output", {"stdout", "words", "wrapper"}),
            ("id", {"identity"}),
            ("order_id", {"identity"}),
            ("orderId", {"identity"}),
            ("ORDER-ID", {"identity"}),
            ("order-id", {"identity"}),
            ("orderID", {"identity"}),
            ("requestId", set()),
            ("trace_id", set()),
            ("valid", set()),
            ("paid", set()),
            ("", set()),
            ("Is-Error", {"flag"}),
            ("response_status", {"status", "code"}),
        ],
    )
    def test_tells_of_all_that_it_may_hold(self, name: str, kinds: set[str]) -> None:
        assert field_names.kinds_of(name) == kinds

    @pytest.mark.parametrize(
        ("word", "plain"),
        [("Error-Message", "errormessage"), ("a_b c.d", "abcd"), ("É1", "é1"), ("!?", "")],
    )
    def test_is_letters_and_digits(self, word: str, plain: str) -> None:
        assert field_names.bare(word) == plain

    def test_is_looked_at_for_sixty_characters(self) -> None:
        assert field_names.bare("a" * 61) == "a" * 60

    @pytest.mark.parametrize(
        ("name", "is_code"),
        [
            ("errorCode", True),
            ("err_no", True),
            ("errno", True),
            ("codes", False),
            ("error", False),
        ],
    )
    def test_says_whether_a_number_in_it_names_the_error(self, name: str, is_code: bool) -> None:
        assert field_names.is_code(name) is is_code


class TestAToolsName:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("send_email", {"send", "email"}),
            ("readHTMLPage", {"read", "html", "page"}),
            ("kb.search-v2", {"kb", "search", "v"}),
            ("SQL", {"sql"}),
            ("", set()),
        ],
    )
    def test_is_made_of_words(self, name: str, words: set[str]) -> None:
        assert roles.words_of(name) == words

    @pytest.mark.parametrize(
        ("name", "effect", "role"),
        [
            ("run_tests", "", ToolRole.PROBE),
            ("run_code", "read", ToolRole.SHELL),
            ("check_shell", "", ToolRole.PROBE),
            ("check_stock", "read", ToolRole.PROBE),
            ("get_page", "", ToolRole.CONTENT),
            ("get_order", "reversible", ToolRole.ACT),
            ("send_page", "", ToolRole.ACT),
            ("send_page", "read", ToolRole.CONTENT),
            ("browse_order", "", ToolRole.CONTENT),
            ("ask_person", "", ToolRole.SPEECH),
            ("ask_person", "reversible", ToolRole.ACT),
            ("frobnicate", "", ToolRole.ACT),
            ("frobnicate", "read", ToolRole.READ),
            ("list_orders", "", ToolRole.READ),
        ],
    )
    def test_with_its_effect_gives_its_role(self, name: str, effect: str, role: ToolRole) -> None:
        assert roles.role_of(name, effect) is role

    @pytest.mark.parametrize(
        ("tool", "key", "asks"),
        [
            ("list_errors", "errors", True),
            ("list_errors", "error", False),
            ("get_error_code", "errorCode", True),
            ("get_code", "errorCode", False),
            ("get_message", "errorMessage", False),
            ("get_order", "orderError", True),
        ],
    )
    def test_says_what_it_is_asked_for(self, tool: str, key: str, asks: bool) -> None:
        assert roles.asks_for(tool, key) is asks
