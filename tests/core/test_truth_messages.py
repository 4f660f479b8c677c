"""How a sign of failure stands in a short message, and what is not said of the call at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.truth import failure_wordings, phrases, setting
from policies.truth.roles import ToolRole
from policies.truth.sign import Sign
from tests.core.short_messages import LIMITS, shares, signs


class TestWhereItStands:
    def test_after_the_first_sentence_it_counts_half(self) -> None:
        assert shares("Looked everywhere. The order was not found.")["not_found"] == 0.5
        assert shares("Looked everywhere, the order was not found.")["not_found"] == 1.0
        assert shares("Hm! It was not found")["not_found"] == 0.5
        assert shares("Hm\nIt was not found")["not_found"] == 0.5

    def test_after_two_hundred_characters_it_counts_half(self) -> None:
        start = LIMITS.opening_chars
        assert shares("a" * (start - 1) + " not found")["not_found"] == 1.0
        assert shares("a" * start + " not found")["not_found"] == 0.5

    def test_beyond_what_a_message_has_it_is_not_read(self) -> None:
        room = LIMITS.message_chars
        assert "not_found" in shares("a" * (room - 10) + " not found")
        assert "not_found" not in shares("a" * (room - 9) + " not found")

    def test_in_a_text_much_longer_than_a_message_it_is_not_read(self) -> None:
        most = LIMITS.message_chars + 80
        told = "It was not found. "
        assert "not_found" in shares(told + "a" * (most - len(told)))
        assert "not_found" not in shares(told + "a" * (most - len(told) + 1))

    def test_in_three_lines_only_the_first_is_read_and_it_is_no_short_message(self) -> None:
        assert set(shares("It was not found\nSo sorry")) == {"not_found", "short_message"}
        assert set(shares("It was not found\nSo\nIt failed")) == {"not_found"}

    def test_in_more_lines_than_a_message_has_it_is_not_read(self) -> None:
        assert "not_found" in shares("It was not found\na\nb\nc")
        assert shares("It was not found\na\nb\nc\nd") == {}


class TestASingleWord:
    @pytest.mark.parametrize("word", sorted(failure_wordings.BARE))
    def test_that_servers_answer_with_is_a_failure(self, word: str) -> None:
        assert [sign.name for sign in signs(word)] == ["failure", "short_message"]
        assert signs(f" {word.upper()}!\n")[0] == Sign("failure", f"{word.upper()}!")

    @pytest.mark.parametrize("word", ["cancelled", "404", "nothing", "errors", "not-found", "ok"])
    def test_of_any_other_kind_is_a_value(self, word: str) -> None:
        assert signs(word) == []

    def test_is_the_answer_of_a_probe(self) -> None:
        assert signs("failed", role=ToolRole.PROBE) == []

    @pytest.mark.parametrize("word", ["Killed", "Terminated", "Aborted"])
    def test_may_be_the_end_of_a_process(self, word: str) -> None:
        assert [sign.name for sign in signs(word, role=ToolRole.SHELL)] == [
            "failure",
            "short_message",
        ]
        assert signs(word) == []

    def test_with_a_bracket_may_open_an_error(self) -> None:
        assert signs("KeyError('a')") == [Sign("opening", "KeyError('a')")]
        assert signs("total(3)") == []


class TestAnOpening:
    @pytest.mark.parametrize(
        "text",
        [
            "Error: the disk is gone",
            "[ERROR] the disk is gone",
            "Error (code 7) came",
            "Error - the disk",
            "Error while reading it",
            "An unexpected error occurred today",
            "The server error: x",
            "Fatal: not a git repository",
            "Failed to load it",
            "Failure! so sad",
            "Panic: so bad",
            "Conflict: two versions",
            "java.io.IOException: no disk",
            "git: error: x y",
            "disk.c: line 3: cannot read it",
            "Internal Server Error",
            "npm ERR! code E404",
            "Traceback (most recent call last):",
        ],
    )
    def test_is_an_announcement(self, text: str) -> None:
        assert shares(text)["opening"] == 1.0

    @pytest.mark.parametrize(
        "text",
        [
            "Errors are listed below",
            "Error handling guide",
            "Failure modes of bridges",
            "Deprecation warning: cannot say",
            "We had an error: x",
            "Exceptional work: done",
        ],
    )
    def test_is_no_heading_and_no_later_word(self, text: str) -> None:
        assert "opening" not in shares(text)

    def test_of_a_log_counts_half(self) -> None:
        assert shares("Error: a\nwarn: b")["opening"] == 0.5
        assert shares("Error: a\nand b")["opening"] == 1.0


class TestAStatusInTheFirstLine:
    @pytest.mark.parametrize(
        ("text", "quote"),
        [
            ("HTTP 404 came back", "HTTP 404 came back"),
            ("HTTP/1.1 503 Unavailable", "HTTP/1.1 503 Unavailable"),
            ("got status code: 500", "got status code: 500"),
            ("the server returned 502", "the server returned 502"),
            ("502 Bad Gateway", "502 Bad Gateway"),
            ("404 - Not here", "404 - Not here"),
            ("504: Gateway time", "504: Gateway time"),
            ("x" * 30 + " error 500", "x" * 19 + " error 500"),
        ],
    )
    def test_is_seen_with_what_stands_before_it(self, text: str, quote: str) -> None:
        assert Sign("http_status", quote) in signs(text)

    @pytest.mark.parametrize(
        "text",
        [
            "HTTP 200 came back",
            "room 404 is free",
            "404 rooms are free",
            "error 4040 here",
            "the first line\nHTTP 404",
            "code 399 or 600",
        ],
    )
    def test_is_no_other_number(self, text: str) -> None:
        assert "http_status" not in shares(text)

    def test_is_looked_for_in_two_hundred_characters(self) -> None:
        until = "x" * 190 + " error 500"
        assert len(until) == LIMITS.opening_chars
        assert "http_status" in shares(until)
        assert "http_status" not in shares("x" + until)

    def test_of_a_long_text_must_stand_in_a_short_line(self) -> None:
        first, rest = "HTTP 404 " + "x" * 91, "\n" + "y" * 400
        assert "http_status" in shares(first + rest)
        assert "http_status" not in shares(first + "x" + rest)
        assert "http_status" in shares(first + "x")


class TestHowItStands:
    def test_a_probe_reports_a_state(self) -> None:
        assert shares("Roaming is not enabled.", role=ToolRole.PROBE)["state_report"] == 1.0
        assert "state_report" not in shares("Roaming is not enabled.")

    def test_a_probe_that_was_not_answered_reports_none(self) -> None:
        assert "state_report" not in shares("The phone was not found", role=ToolRole.PROBE)
        assert "state_report" not in shares("Error: it is not enabled", role=ToolRole.PROBE)

    def test_what_somebody_said_is_reading(self) -> None:
        assert "reading" in shares("The order was not found", role=ToolRole.SPEECH)
        assert "reading" in shares("Error: it was not found", role=ToolRole.SPEECH)

    def test_what_people_wrote_of_the_world_is_reading(self) -> None:
        assert "reading" in shares("The server failed again", role=ToolRole.CONTENT)
        assert "reading" not in shares("The page was not found", role=ToolRole.CONTENT)
        assert "reading" not in shares("Error: the server failed", role=ToolRole.CONTENT)

    def test_what_people_wrote_at_length_is_reading(self) -> None:
        told = "The page was not found"
        assert "reading" not in shares(told.ljust(80, "."), role=ToolRole.CONTENT)
        assert "reading" in shares(told.ljust(81, "."), role=ToolRole.CONTENT)
        assert "reading" in shares(f"{told}\na\nb", role=ToolRole.CONTENT)


class TestSuccess:
    @pytest.mark.parametrize(
        "text",
        [
            "Message sent to ann@example.com",
            "Successfully saved it",
            "Ok, here it is",
            "Done with it",
            "Order 5 updated.",
            "The order was shipped",
            "Your booking is confirmed",
            "It has been quietly taken",
            "Payment made.",
            "All fields set.",
        ],
    )
    def test_is_what_was_done_at_the_beginning(self, text: str) -> None:
        assert "success_word" in shares(text)

    @pytest.mark.parametrize(
        "text",
        [
            "Message not sent to ann",
            "It must be confirmed",
            "Order could be updated.",
            "Order 5 failed.",
            "Access denied to all",
            "Order updated, but no mail sent",
            "Saved it, however late",
            "The account has been suspended",
            "Unsuccessful attempt made",
            "Already updated that",
        ],
    )
    def test_is_not_what_is_taken_back(self, text: str) -> None:
        assert "success_word" not in shares(text)

    def test_counts_when_the_failure_comes_after_it(self) -> None:
        assert "success_word" in shares("Booking confirmed. It cannot be cancelled.")
        assert "success_word" not in shares("An invalid card was saved successfully")

    def test_is_looked_for_in_the_first_sentence(self) -> None:
        assert "success_word" not in shares("The sky is blue. Message sent successfully")


class TestAnEmptyAnswer:
    @pytest.mark.parametrize(
        "text",
        [
            "No results for that",
            "There are no flights today",
            "Found 0 matching items",
            "Your search returned no hits",
            "No open tickets were found",
            "Nothing was found there",
            "The query returned nothing",
            "Search did not match any document",
            "zero rows came back",
        ],
    )
    def test_is_an_answer(self, text: str) -> None:
        assert "empty_answer" in shares(text)

    @pytest.mark.parametrize(
        "text",
        [
            "No order named that",
            "No results provided by you",
            "No document specified by you",
            "None of that helps",
            "We looked: no results",
        ],
    )
    def test_is_not_a_complaint_about_the_question(self, text: str) -> None:
        assert "empty_answer" not in shares(text)

    def test_of_a_reader_may_also_be_that_none_is_left(self) -> None:
        assert "empty_answer" in shares("No large rooms are available", role=ToolRole.READ)
        assert "empty_answer" not in shares("No large rooms are available")


class TestAsides:
    @pytest.mark.parametrize(
        "text",
        [
            "Ticket 'cannot log in: it failed' came in",
            'Ticket "cannot log in: it failed" came in',
            "Ticket `cannot log in: it failed` came in",
            "Ticket “cannot log in: it failed” came in",
            "See https://example.com/failed/denied today",
            "The file failed_jobs.py is here",
            "The path /tmp/failed/denied.txt is here",
            "It ran without any errors today",
            "It ran with 0 errors today",
            "Summary says errors: none today",
            "Its failure rate is low",
            "The number of failed jobs is low",
            "The mean squared error is low",
            "You will hear if it failed",
            "Ask them whether it failed",
            "Read how to cancel failed orders",
            "deprecationwarning: this failed\nthe sum is four",
        ],
    )
    def test_are_not_said_of_the_call(self, text: str) -> None:
        assert not set(shares(text)) & phrases.OF_CALL

    def test_end_where_they_end(self) -> None:
        assert "failure" in shares("If you ask, it failed")
        assert "failure" in shares("The 'upload' of files failed")
        assert "error_word" in shares("errors: 3 of the parts came with problem")

    def test_that_are_all_there_is_keep_their_words(self) -> None:
        assert "failure" in shares("'the whole upload failed'")
        assert "failure" in shares('"the upload failed"')

    def test_are_taken_out_of_short_messages_too(self) -> None:
        assert setting.without_asides("'ab' failed") == "_ failed"
        assert setting.without_asides("'abc' failed") == "'abc' failed"
        assert setting.without_asides("'abc' failed so") == "'abc' failed so"
        assert setting.without_asides("'abc' failed today") == "_ failed today"
        assert setting.without_asides("it is a.b today") == "it is _ today"
        assert setting.without_asides("it is a/b today") == "it is _ today"
        assert setting.without_asides("it is a_b today") == "it is _ today"
        assert setting.without_asides("a.b is bad or c_d") == "_ is bad or _"
        assert setting.without_asides("plain words") == "plain words"


class TestWhatIsNoMessage:
    @pytest.mark.parametrize(
        "text",
        [
            "# Not found",
            "1. It failed",
            "- it failed",
            "> it failed",
            "```\nit failed",
            "Q: has it failed?",
            "diff --git a b failed",
            "@@ -1 failed",
            "[1] it failed",
            "12) it failed",
        ],
    )
    def test_a_document_is_none(self, text: str) -> None:
        assert shares(text) == {}

    @pytest.mark.parametrize(
        ("text", "is_one"),
        [
            ("only one line: yes", False),
            ("radio: off\ncard: none", False),
            ("radio: off\ncard: none\nsignal: none", True),
            ("name|state\na|failed", True),
            ("name\tstate\na\tfailed", True),
            ("radio: off\nthen it failed\nand again", False),
            ("a\nb\nc\nd", False),
            ("a\nb\nc\nd\ne", True),
            ("2024-05-01 it failed\n2024-05-02 it failed\n2024-05-03 fine", True),
            ("10:00:01 a\n10:00:02 b\n10:00:03 c", True),
            ("may 12 10:00 a\nmay 13 10:00 b\nc", True),
        ],
    )
    def test_a_listing_is_none(self, text: str, is_one: bool) -> None:
        assert setting.is_listing(text, LIMITS.message_lines) is is_one

    @pytest.mark.parametrize(
        ("text", "is_one"),
        [("error a\nwarn b", True), ("error a\nb", False), ("errors\nwarned", False)],
    )
    def test_a_log_has_two_graded_lines(self, text: str, is_one: bool) -> None:
        assert setting.is_log(text) is is_one


@given(st.text(max_size=900), st.sampled_from(list(ToolRole)))
def test_any_text_is_read_and_each_sign_has_a_name_with_a_weight(text: str, role: ToolRole) -> None:
    for sign in signs(text, role=role):
        assert sign.name in LIMITS.weights
        assert 0 < sign.share <= 1
