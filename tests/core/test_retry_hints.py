"""What a failed call says itself about trying again: each form of a wait, a status, words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from policies.retries import failure as failures
from policies.retries import hints
from policies.retries.failure import Cause, Failure

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


class TestAWaitInWords:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("retry after 5", 5),
            ("Retry-After: 5", 5),
            ("retrying in 5 s", 5),
            ("retry again in 5", 5),
            ("please try again in 5 seconds", 5),
            ("try again after about 5 secs", 5),
            ("wait 5 sec", 5),
            ("wait for at least 5s", 5),
            ("available in another 5 minutes", 300),
            ("again in 5 min", 300),
            ("back-off for 2m", 120),
            ("backoff 1.5 hours", 5400),
            ("wait 2 hrs", 7200),
            ("wait 1 h", 3600),
            ("wait 250 ms", 0.25),
            ("wait 250 milliseconds", 0.25),
            ("wait 0.125 s", 0.125),
            ("re-try in 7", 7),
        ],
    )
    def test_is_read_with_its_unit(self, text: str, seconds: float) -> None:
        assert hints.waited_in(text, AT) == pytest.approx(seconds)
        assert hints.waited_in(text.upper(), AT) == pytest.approx(seconds)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "wait",
            "wait a minute",
            "5 seconds",
            "try harder in 5 seconds",
            "waited 5 seconds",
            "try again in 3 days",
            "try again in 2 weeks",
            "available in 10 pm",
            "wait 12345678",
            "try again at 2026",
            "wait 5-10 s",
            "try again in 10:30",
            "wait 5/7",
            "try again after 20 November",
            "wait 3 May",
        ],
    )
    def test_is_no_other_number(self, text: str) -> None:
        assert hints.waited_in(text, AT) is None

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("try again at Fri, 20 Nov 2026 14:01:00 GMT", 60),
            ("retry: 20 Nov 2026 15:00:00 GMT", 3600),
            ("available 1 Dec 2026 14:00:00 GMT", 11 * 86_400),
            ("try again after 20 Nov 2026 14:01:00 GMT", 60),
            ("again after 2026-11-20T14:00:30Z", 30),
            ("again at 2026-11-20T15:00+00:30", 1800),
            ("try again 2026-11-20T14:00:00.5Z", 0.5),
            ("try again at 20 Nov 2026 13:00:00 GMT", 0),
        ],
    )
    def test_may_be_a_date_that_is_asked_for(self, text: str, seconds: float) -> None:
        assert hints.waited_in(text, AT) == seconds

    @pytest.mark.parametrize(
        "text",
        [
            "born 20 Nov 2026 14:01:00 GMT",
            "try again at 31 Feb 2026 14:01:00 GMT",
            "try again at 20 Nov 2026 25:01:00 GMT",
            "try again at 2026-02-31T14:00:00Z",
            "try again at 2026-11-20T14:00:00",
            "try again at 20 Nov 2026 14:01:00",
            "try again at 20 nov 0000 14:01:00 GMT",
        ],
    )
    def test_is_no_date_that_does_not_exist_or_is_not_asked_for(self, text: str) -> None:
        assert hints.waited_in(text, AT) is None


class TestAWaitInAField:
    @pytest.mark.parametrize(
        ("value", "seconds"),
        [
            (0, 0),
            (17, 17),
            (1.5, 1.5),
            ("17", 17),
            (" 17 ", 17),
            ("1.5", 1.5),
            ("250ms", 0.25),
            ("2 m", 120),
            ("1h", 3600),
            ("3 s", 3),
            ("Fri, 20 Nov 2026 14:02:00 GMT", 120),
            ("2026-11-20T14:01:00+00:00", 60),
            (10**9 - 1, 10**9 - 1),
        ],
    )
    def test_is_a_number_a_text_or_a_date(self, value: Any, seconds: float) -> None:
        assert hints.waited(value, 1.0, AT) == seconds

    @pytest.mark.parametrize(
        "value",
        [
            True,
            False,
            None,
            -1,
            -0.5,
            10**9,
            float("nan"),
            float("inf"),
            "",
            "soon",
            "1234567890",
            "-5",
            "5 days",
            "1.5.5",
            [],
            {},
            [17],
        ],
    )
    def test_is_nothing_else(self, value: Any) -> None:
        assert hints.waited(value, 1.0, AT) is None

    @pytest.mark.parametrize(("name", "factor"), hints.WAITS.items())
    def test_has_its_unit_in_its_name(self, name: str, factor: float) -> None:
        assert hints.retry_after({name.upper(): 3_000}, "", AT) == pytest.approx(3_000 * factor)

    def test_comes_before_one_in_words(self) -> None:
        assert hints.retry_after({"retry_after": 3, "message": "wait 9"}, "wait 7", AT) == 3
        assert hints.retry_after({"message": "wait 9"}, "wait 7", AT) == 7
        assert hints.retry_after({"message": "wait 9"}, "", AT) == 9
        assert hints.retry_after("wait 8", "no word of it", AT) == 8
        assert hints.retry_after({"retry_after": "soon", "detail": "wait 9"}, "", AT) == 9
        assert hints.retry_after({"body": "wait 9"}, "", AT) is None
        assert hints.retry_after(None, "", AT) is None

    def test_is_looked_for_in_three_levels_and_forty_fields_and_in_no_list(self) -> None:
        inner = {"retry_after": 3}
        assert hints.retry_after({"a": {"b": inner}}, "", AT) == 3
        assert hints.retry_after({"a": {"b": {"c": inner}}}, "", AT) is None
        assert hints.retry_after([inner], "", AT) is None
        wide = {f"x{number}": 0 for number in range(39)}
        assert hints.retry_after({**wide, **inner}, "", AT) == 3
        assert hints.retry_after({**wide, "y": 0, **inner}, "", AT) is None

    def test_is_read_in_two_thousand_characters(self) -> None:
        assert hints.retry_after(None, "x " * 997 + "wait 9", AT) == 9
        assert hints.retry_after(None, "x " * 998 + "wait 9", AT) is None
        assert hints.retry_after({"message": "x " * 998 + "wait 9"}, "", AT) is None


class TestAStatus:
    @pytest.mark.parametrize(
        ("error", "status"),
        [
            ("404", 404),
            ("404: gone", 404),
            ("[503] x", None),
            ("503, busy", 503),
            ("500 - oops", 500),
            ("(404 Not Found)", 404),
            ("HTTP 502", 502),
            ("http/1.1 429", 429),
            ("got status code: 418", 418),
            ("error 500 there", 500),
            ("response=404", 404),
            ("409 Conflict", 409),
            ("410 gone", 410),
            ("422 unprocessable", 422),
            ("500 USD is more", None),
            ("4040", None),
            ("303 see other", None),
            ("600: no", None),
            ("code 404", None),
            ("", None),
        ],
    )
    def test_of_an_error_is_its_first_word_or_named(self, error: str, status: int | None) -> None:
        assert hints.status(None, error) == status
        assert hints.status(error, "") == status

    @pytest.mark.parametrize(
        ("result", "status"),
        [
            ({"status": 404}, 404),
            ({"statusCode": "404"}, 404),
            ({"code": " 503 "}, 503),
            ({"error": {"code": 500}}, 500),
            ({"HTTP-Status": 400}, 400),
            ({"status": 599}, 599),
            ({"status": 600}, None),
            ({"status": 399}, None),
            ({"status": True}, None),
            ({"status": 404.0}, None),
            ({"status": "4040"}, None),
            ({"status": "failed"}, None),
            ({"amount": 404}, None),
            ({"status": "x", "code": 404}, 404),
            ([{"status": 404}], None),
        ],
    )
    def test_of_a_result_stands_in_a_field(self, result: Any, status: int | None) -> None:
        assert hints.status(result, "") == status

    def test_of_a_result_comes_before_that_of_the_error(self) -> None:
        assert hints.status({"status": 404}, "HTTP 500") == 404

    def test_of_a_text_beside_an_error_is_not_read(self) -> None:
        assert hints.status("HTTP 500", "no word") is None

    @pytest.mark.parametrize(
        ("status", "cause"),
        [
            (None, None),
            (408, Cause.PASSING),
            (425, Cause.PASSING),
            (429, Cause.BUSY),
            (503, Cause.BUSY),
            (401, Cause.BROKEN),
            (407, Cause.BROKEN),
            (501, Cause.BROKEN),
            (505, Cause.BROKEN),
            (400, Cause.CALLER),
            (404, Cause.CALLER),
            (422, Cause.CALLER),
            (499, Cause.CALLER),
            (500, Cause.PASSING),
            (502, Cause.PASSING),
            (504, Cause.PASSING),
            (599, Cause.PASSING),
        ],
    )
    def test_says_whose_fault_it_is(self, status: int | None, cause: Cause | None) -> None:
        assert failures.of_status(status) is cause


class TestTheWordsOfAFailure:
    @pytest.mark.parametrize(
        ("text", "cause"),
        [
            ("Try again later", Cause.BUSY),
            ("try it again", Cause.BUSY),
            ("Try again with another name", None),
            ("a temporary outage", Cause.BUSY),
            ("rate-limited", Cause.BUSY),
            ("the system is busy", Cause.BUSY),
            ("it timed out", Cause.PASSING),
            ("connection was reset", Cause.PASSING),
            ("cannot connect", Cause.PASSING),
            ("ReadError", Cause.PASSING),
            ("unexpected EOF", Cause.PASSING),
            ("KeyError: 'a'", Cause.BROKEN),
            ("json.JSONDecodeError", Cause.BROKEN),
            ("NameError", Cause.BROKEN),
            ("errors of value", None),
            ("there is no such order", Cause.CALLER),
            ("there are no workers", None),
            ("only 3 are left", Cause.CALLER),
            ("it must be a number", Cause.CALLER),
            ("already paid", Cause.CALLER),
            ("not permitted", Cause.CALLER),
            ("", None),
            ("all is well", None),
        ],
    )
    def test_say_whose_fault_it_is(self, text: str, cause: Cause | None) -> None:
        assert failures.of_words(text) is cause

    def test_that_promise_better_come_before_those_that_complain(self) -> None:
        assert failures.of_words("invalid state, try again later") is Cause.BUSY
        assert failures.of_words("KeyError after the connection was reset") is Cause.PASSING
        assert failures.of_words("KeyError: 'a' is missing") is Cause.BROKEN

    @pytest.mark.parametrize(
        ("error", "result", "text"),
        [
            ("x" * 2_001, "y", "x" * 2_000),
            ("", "y" * 2_001, "y" * 2_000),
            ("", {"message": "a", "data": "b", "error": {"detail": "c"}}, "a c"),
            ("", {"message": 7}, ""),
            ("", None, ""),
            ("", ["a"], ""),
        ],
    )
    def test_are_the_error_or_the_message_of_the_result(
        self, error: str, result: Any, text: str
    ) -> None:
        assert failures.text_of(Failure("ok", "failed", error=error, result=result)) == text
