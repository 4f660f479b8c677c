"""How far a tool's result is opened, what its field names tell, and which words make which role."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.truth import assessment, field_names, result_body, roles, sign
from policies.truth.result_body import Body
from policies.truth.roles import ToolRole
from policies.truth.schema import Unknowable, compiled
from policies.truth.sign import Sign, TruthThresholds
from policies.verdicts import Meaning, Outcome, Verdict

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


class TestWeighing:
    def test_each_sign_counts_once_and_as_clear_as_it_was_seen(self) -> None:
        seen = [Sign("a", "late", 0.5), Sign("b"), Sign("a", "early", 1.0), Sign("a", "again", 0.7)]
        assert assessment.strongest(seen) == {"a": Sign("a", "early", 1.0), "b": Sign("b")}

    def test_of_two_as_clear_the_first_is_kept(self) -> None:
        assert assessment.strongest([Sign("a", "one"), Sign("a", "two")]) == {"a": Sign("a", "one")}

    def test_the_score_is_the_sum_of_the_weights_of_the_signs(self) -> None:
        told = assessment.judge(assessment.CallSeen("get_order", "Order not found"))
        assert told.signs == (("not_found", 1.0), ("short_message", 0.2))
        assert told.score == 1.2
        assert (told.verdict, told.rule) == (Verdict.FAILED, "not_found")

    @pytest.mark.parametrize(
        ("failed_at", "unknown_at", "verdict"),
        [
            (1.2, 0.5, Verdict.FAILED),
            (1.201, 0.5, Verdict.UNKNOWN),
            (2, 1.2, Verdict.UNKNOWN),
            (2, 1.201, Verdict.SUCCEEDED),
        ],
    )
    def test_a_score_on_the_line_is_past_it(
        self, failed_at: float, unknown_at: float, verdict: Verdict
    ) -> None:
        lines = LIMITS.edited({"failed_at": failed_at, "unknown_at": unknown_at})
        assert (
            assessment.judge(assessment.CallSeen("get_order", "Order not found"), lines).verdict
            is verdict
        )

    def test_a_success_says_so_and_keeps_what_was_weighed(self) -> None:
        told = assessment.judge(assessment.CallSeen("send_mail", "Message sent"))
        assert told == Meaning(
            Verdict.SUCCEEDED,
            "answer",
            "The call answered, and nothing in the answer speaks of failure.",
            score=-0.9,
            signs=(("success_word", -0.9),),
        )

    @pytest.mark.parametrize("name", sorted(sign.SENTENCES))
    def test_each_sign_of_structure_has_a_sentence_that_quotes(self, name: str) -> None:
        said = sign.sentence(Sign(name, "what\nwas found"))
        assert said.endswith(": what was found")
        assert name in sign.WEIGHTS

    def test_every_sign_of_failure_has_a_weight_above_zero(self) -> None:
        relief = {name for name, weight in sign.WEIGHTS.items() if weight < 0}
        assert relief == {
            "record", "item", "state_report", "reading",
            "success_word", "empty_answer", "success_flag", "fits_schema",
        }  # fmt: skip

    def test_what_is_changed_twice_is_changed_in_both(self) -> None:
        once = LIMITS.edited({"weights": {"not_found": 0.1}, "failed_at": 3})
        twice = once.edited({"weights": {"invalid": 0.2}})
        assert (twice.weights["not_found"], twice.weights["invalid"]) == (0.1, 0.2)
        assert (twice.failed_at, twice.unknown_at) == (3, 0.5)
        assert LIMITS.weights["not_found"] == 1.0

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"b": 1, "a": 1}, "not a threshold or sign of truth: a, b"),
            ({"weights": {"z": 1}, "c": 1}, "not a threshold or sign of truth: c, z"),
            ({"tail_chars": None, "head_chars": "x"}, "not a number: head_chars, tail_chars"),
            ({"failed_at": float("inf")}, "not a number: failed_at"),
            ({"unknown_at": 0}, "doubt must begin above zero and not after failure"),
            ({"failed_at": 0.4}, "doubt must begin above zero and not after failure"),
        ],
    )
    def test_nonsense_is_refused_in_full(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=f"^{message}$"):
            LIMITS.edited(changes)


class TestTheSurestWord:
    @pytest.mark.parametrize(
        ("outcome", "effect", "verdict", "rule", "sentence"),
        [
            (Outcome.ERROR, "read", Verdict.FAILED, "transport",
             "The call failed: no reason was given"),
            (Outcome.TIMEOUT, "read", Verdict.FAILED, "timeout",
             "The call did not answer in time; nothing was read."),
            (Outcome.TIMEOUT, "", Verdict.UNKNOWN, "no_answer",
             "The call did not answer, so nobody knows whether it happened."),
            (Outcome.CANCELLED, "read", Verdict.UNKNOWN, "no_answer",
             "The call did not answer, so nobody knows whether it happened."),
        ],
    )  # fmt: skip
    def test_is_the_transports(
        self, outcome: Outcome, effect: str, verdict: Verdict, rule: str, sentence: str
    ) -> None:
        seen = assessment.CallSeen(
            "t", {"ok": True}, outcome, effect=effect, check=Verdict.SUCCEEDED
        )
        assert assessment.judge(seen) == Meaning(verdict, rule, sentence)

    @pytest.mark.parametrize(
        ("check", "word"), [(Verdict.SUCCEEDED, "succeeded"), (Verdict.FAILED, "failed")]
    )
    def test_is_then_the_tools_own(self, check: Verdict, word: str) -> None:
        seen = assessment.CallSeen("t", {"error": "x"}, check=check, complaint=lambda _: "wrong")
        sentence = f"The tool's own check says that it {word}."
        assert assessment.judge(seen) == Meaning(check, "own_check", sentence)

    def test_is_then_the_schemas(self) -> None:
        told = assessment.judge(
            assessment.CallSeen("t", {"ok": True}, complaint=lambda _: "id is\nmissing")
        )
        assert told == Meaning(
            Verdict.FAILED,
            "output_schema",
            "The result is not what the tool promises: id is missing",
        )

    def test_a_result_that_keeps_its_promise_is_a_little_surer(self) -> None:
        def told(**facts: Any) -> Meaning:
            return assessment.judge(assessment.CallSeen("t", "Order not found", **facts))

        assert told().score - told(complaint=lambda _: None).score == pytest.approx(0.3)
        assert assessment.judge(
            assessment.CallSeen("t", None, complaint=lambda _: None)
        ) == Meaning(Verdict.SUCCEEDED, "empty", "Nothing came back.")

    def test_what_could_not_be_looked_into_is_unknown_unless_it_failed(self) -> None:
        def too_much(_: Any) -> str | None:
            raise Unknowable("it takes too long to check")

        told = assessment.judge(assessment.CallSeen("t", {"ok": True}, complaint=too_much))
        assert told == Meaning(
            Verdict.UNKNOWN,
            "output_schema",
            "Whether the result is what the tool promises cannot be said:"
            " it takes too long to check.",
        )
        failed = assessment.judge(assessment.CallSeen("t", {"error": "gone"}, complaint=too_much))
        assert (failed.verdict, failed.rule) == (Verdict.FAILED, "error_field")


class TestASchemaOfResults:
    def test_names_its_first_complaint(self) -> None:
        complaint = compiled({"type": "object", "required": ["id"]})
        assert complaint({"id": 1}) is None
        assert complaint({}) == "id is missing"
        assert complaint([]) == "the whole must be an object, not a list"

    @pytest.mark.parametrize(
        ("value", "why"),
        [
            (float("nan"), "its values must be a finite number, not nan"),
            ({"a": "\x00"}, "a holds a NUL character"),
            ({"a": ["\ud800"]}, "a[0] holds half of a surrogate pair, which is not text"),
            ([0] * 50_001, "its values are too large to be checked"),
        ],
    )
    def test_cannot_be_asked_about_what_no_database_takes(self, value: Any, why: str) -> None:
        with pytest.raises(Unknowable) as raised:
            compiled({})(value)
        assert str(raised.value) == why

    def test_cannot_be_asked_about_what_takes_too_long(self) -> None:
        complaint = compiled({"items": {"anyOf": [{"const": number} for number in range(60)]}})
        assert complaint([0] * 10) is None
        with pytest.raises(Unknowable, match="it takes too long to check"):
            complaint([59] * 5_000)

    def test_that_refers_to_elsewhere_is_a_complaint_or_refused_when_strict(self) -> None:
        schema = {"$ref": "https://example.com/s.json"}
        assert compiled(schema)({}) == (
            "the schema refers to https://example.com/s.json, which is not in it"
        )
        with pytest.raises(ValueError, match=r"^not a JSON Schema that can be used: "):
            compiled(schema, strict=True)
