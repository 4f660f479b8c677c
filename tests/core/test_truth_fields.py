"""Which signs are seen in single fields of a result: errors, flags, codes, statuses."""

from typing import Any

import pytest

from policies.truth.sign import Sign
from tests.core.truth_signs import PROBE, READ, names, signs


class TestAnErrorField:
    @pytest.mark.parametrize("value", [None, False, 0, 0.0, 200, "", [], {}])
    def test_that_is_empty_says_nothing(self, value: Any) -> None:
        assert signs({"error": value}) == []

    @pytest.mark.parametrize(
        "word",
        [
            "none",
            "None",
            "NULL",
            "no",
            "false",
            "ok",
            "OK.",
            "success",
            "0",
            "200",
            "n/a",
            "no errors",
        ],
    )
    def test_that_says_there_is_no_error_says_nothing(self, word: str) -> None:
        assert signs({"error": word}) == []

    @pytest.mark.parametrize(
        "name",
        ["error", "errors", "Error", "errorMessage", "error_message", "Error-Message", "fault",
         "exception", "validation_errors", "nonFieldErrors", "faultstring", "stack_trace"],
    )  # fmt: skip
    def test_is_known_however_its_name_is_written(self, name: str) -> None:
        assert signs({name: "the disk is full"}) == [Sign("error_field", "the disk is full")]

    @pytest.mark.parametrize(
        ("value", "quote"),
        [
            (True, "True"),
            ("the disk is full", "the disk is full"),
            ({"message": "m", "code": "c"}, "m"),
            ({"code": "E7", "msg": "short"}, "short"),
            ({"code": "E7", "detail": "because"}, "because"),
            ({"code": "E7", "description": "a story"}, "a story"),
            ({"code": "E7", "type": "Quota"}, "Quota"),
            ({"code": "E7", "message": 12}, "E7"),
            ({"code": "E7"}, "E7"),
            ({"number": 7}, "{'number': 7}"),
            (["first", "second"], "first"),
            ([{"message": "of the first"}, {"message": "of the second"}], "of the first"),
            ([["deep"]], "deep"),
        ],
    )
    def test_is_quoted_by_its_readable_part(self, value: Any, quote: str) -> None:
        assert signs({"error": value}) == [Sign("error_field", quote)]

    def test_is_quoted_by_two_hundred_characters_at_most(self) -> None:
        assert signs({"error": "x" * 201}) == [Sign("error_field", "x" * 200)]

    @pytest.mark.parametrize(
        ("value", "share"),
        [
            (3, 0.3),
            (0.5, 0.3),
            (-1, 0.3),
            (201, 0.3),
        ],
    )
    def test_that_is_a_count_or_a_measure_says_little(self, value: float, share: float) -> None:
        assert signs({"errors": value}) == [Sign("error_field", str(value), share)]

    @pytest.mark.parametrize("name", ["errorCode", "error_code", "Error-Code"])
    def test_that_is_a_code_says_all_with_its_number(self, name: str) -> None:
        assert signs({"to": "+1555", name: 30003}) == [Sign("error_field", "30003")]

    def test_whose_code_is_nothing_says_nothing(self) -> None:
        assert signs({"error": {"code": 0, "message": "fine"}}) == []
        assert signs({"error": {"code": "OK", "message": "fine"}}) == []
        assert names({"error": {"code": 7, "message": "fine"}}) == ["error_field"]

    def test_that_holds_only_empty_fields_says_nothing(self) -> None:
        assert signs({"error": {"message": "", "path": None, "at": []}}) == []

    def test_is_not_quoted_by_an_empty_message(self) -> None:
        assert signs({"error": {"message": " ", "code": "E7"}}) == [Sign("error_field", "E7")]
        assert signs({"error": {"message": "", "path": "/a"}}) == [
            Sign("error_field", "{'message': '', 'path': '/a'}")
        ]

    def test_that_was_asked_for_is_an_answer(self) -> None:
        assert signs({"errors": ["a"]}, "list_errors") == []
        assert names({"errors": ["a"]}, "list_jobs") == ["error_field"]

    def test_is_looked_for_among_the_first_forty_fields(self) -> None:
        def wide(before: int) -> dict[str, Any]:
            return {**{f"x{number}": number for number in range(before)}, "error": "late"}

        assert names(wide(39)) == ["error_field"]
        assert names(wide(40)) == []


class TestAFlag:
    @pytest.mark.parametrize("name", ["isError", "hasErrors", "failed", "errored", "timed_out"])
    def test_of_failure_is_seen_when_it_is_true(self, name: str) -> None:
        assert signs({name: True}) == [Sign("error_flag", f"{name} is true")]

    @pytest.mark.parametrize("value", [False, None, 0, 3, "true", "yes"])
    def test_of_failure_is_not_seen_when_it_is_anything_else(self, value: Any) -> None:
        assert signs({"failed": value}) == []

    @pytest.mark.parametrize("value", [False, "false", "False", "NO", "no.", 0, "0"])
    def test_of_success_that_says_no_refuses(self, value: Any) -> None:
        [sign] = signs({"success": value})
        assert (sign.name, sign.share) == ("refused_flag", 1.0)
        assert sign.quote.startswith("success is ")

    @pytest.mark.parametrize("value", [True, "true", "Yes", 1, "1"])
    def test_of_success_that_says_yes_speaks_for_it(self, value: Any) -> None:
        assert names({"ok": value}) == ["success_flag"]

    @pytest.mark.parametrize("value", [None, "perhaps", 2, [], {}])
    def test_of_success_that_says_neither_says_nothing(self, value: Any) -> None:
        assert signs({"ok": value}) == []


class TestADoneFlag:
    def test_that_is_false_denies_in_a_small_object(self) -> None:
        assert signs({"sent": False}) == [Sign("negative_confirmation", "sent is false")]
        assert names({"sent": False, "a": 1, "b": 2, "c": 3}) == ["negative_confirmation"]

    def test_that_is_false_is_one_fact_among_many_in_a_large_one(self) -> None:
        assert signs({"sent": False, "a": 1, "b": 2, "c": 3, "d": 4}) == []

    @pytest.mark.parametrize("value", [True, None, 0, "false"])
    def test_denies_only_when_it_is_false(self, value: Any) -> None:
        assert signs({"sent": value}) == []

    @pytest.mark.parametrize("tool", [READ, PROBE])
    def test_is_an_answer_to_a_question(self, tool: str) -> None:
        assert signs({"sent": False}, tool) == []


class TestAnExitCode:
    @pytest.mark.parametrize("name", ["exit_code", "exitCode", "returncode", "rc"])
    def test_other_than_zero_is_a_bad_end(self, name: str) -> None:
        assert signs({name: 2}) == [Sign("exit_code", f"{name} 2")]
        assert signs({name: -9}) == [Sign("exit_code", f"{name} -9")]

    def test_of_zero_is_a_good_end(self) -> None:
        assert signs({"exit_code": 0}) == [Sign("success_flag", "exit_code 0")]

    @pytest.mark.parametrize("value", [True, False, None, "2", 2.0])
    def test_is_a_whole_number(self, value: Any) -> None:
        assert signs({"exit_code": value}) == []


class TestAnHttpCode:
    @pytest.mark.parametrize("value", [400, 404, 500, 599, "400", "503"])
    def test_of_an_error_is_seen_under_the_name_of_a_status(self, value: Any) -> None:
        assert signs({"statusCode": value}) == [Sign("http_status", f"statusCode {value}")]

    @pytest.mark.parametrize(
        "value",
        [
            200,
            301,
            399,
            600,
            True,
            404.0,
            None,
            "40",
            "4040",
            "200",
            "4O4",
            "\u0664\u0660\u0664",
            "x04",
        ],
    )
    def test_is_three_digits_that_begin_with_four_or_five(self, value: Any) -> None:
        assert signs({"statusCode": value}) == []

    def test_needs_a_word_beside_it_or_nothing_beside_it(self) -> None:
        assert names({"code": 404}) == ["http_status"]
        assert names({"code": 415, "country": "US"}) == []
        assert "http_status" in names({"code": 404, "message": "nothing there"})
        assert names({"status_code": 404, "url": "/a"}) == ["http_status"]

    def test_is_weaker_in_a_crowd_unless_it_is_named_a_status(self) -> None:
        crowd = {"message": "m", "a": 1, "b": 2}
        assert _share({"code": 404, **crowd}, "http_status") == 1.0
        assert _share({"code": 404, **crowd, "c": 3}, "http_status") == 0.4
        assert _share({"statusCode": 404, **crowd, "c": 3}, "http_status") == 1.0

    def test_that_a_probe_found_is_its_answer_unless_words_complain(self) -> None:
        assert signs({"url": "/a", "statusCode": 503}, PROBE) == []
        assert "http_status" in names({"error": "gone", "statusCode": 503}, PROBE)


def _share(value: Any, name: str) -> float:
    [share] = [sign.share for sign in signs(value) if sign.name == name]
    return share


class TestAStatusWord:
    @pytest.mark.parametrize("word", ["failed", "Declined", "ERROR", "timed out", "not-found"])
    def test_of_failure_is_seen(self, word: str) -> None:
        assert signs({"status": word}) == [Sign("status_word", f"status {word}")]

    @pytest.mark.parametrize("word", ["ok", "Success", "COMPLETED", "succeeded"])
    def test_of_success_is_seen(self, word: str) -> None:
        assert signs({"state": word}) == [Sign("success_flag", f"state {word}")]

    @pytest.mark.parametrize("word", ["shipped", "failed twice, then succeeded", "pending", ""])
    def test_of_neither_says_nothing(self, word: str) -> None:
        assert names({"state": word}) == []

    def test_is_weaker_among_more_than_six_fields(self) -> None:
        six = {"status": "failed", **dict.fromkeys("abcde", 1)}
        assert _share(six, "status_word") == 1.0
        assert _share({**six, "f": 1}, "status_word") == 0.4

    def test_is_short(self) -> None:
        assert names({"status": "failed" + " " * 54}) == ["status_word"]
        assert names({"status": "failed" + " " * 55}) == []


class TestATypeOfError:
    @pytest.mark.parametrize(
        "value", ["ValidationError", "java.io.IOException", "OperationOutcome", "AccessDenied"]
    )
    def test_is_seen_by_its_ending(self, value: str) -> None:
        assert Sign("error_type", f"type {value}") in signs({"type": value, "message": "m"})

    @pytest.mark.parametrize("value", ["no such error", "errors", "a fault", "invoice"])
    def test_is_one_word_with_that_ending(self, value: str) -> None:
        assert "error_type" not in names({"type": value, "message": "m"})

    def test_that_is_a_mere_word_of_failure_needs_words_beside_it(self) -> None:
        assert _share({"level": "error"}, "error_type") == 0.4
        assert _share({"level": "error", "message": "m"}, "error_type") == 1.0
        assert _share({"level": "IOError"}, "error_type") == 1.0

    def test_is_weaker_among_more_than_four_fields(self) -> None:
        four = {"type": "IOError", "message": "m", "a": 1, "b": 2}
        assert _share(four, "error_type") == 1.0
        assert _share({**four, "c": 3}, "error_type") == 0.4
