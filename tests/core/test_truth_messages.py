"""Which signs are seen in the words of a short message, and what is not said of the call at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.truth import failure_wordings, phrases, setting
from policies.truth.roles import ToolRole
from policies.truth.scan import ScanContext
from policies.truth.sign import Sign, TruthThresholds

ACT = "do_thing"
LIMITS = TruthThresholds()


def signs(text: str, tool: str = ACT, role: ToolRole = ToolRole.ACT) -> list[Sign]:
    return list(phrases.signs_of_message(text, ScanContext(tool, role, LIMITS)))


def shares(text: str, tool: str = ACT, role: ToolRole = ToolRole.ACT) -> dict[str, float]:
    return {sign.name: sign.share for sign in signs(text, tool, role)}


FAMILIES = {
    "not_found": """
        the order was not found
        user notfound here
        there is no such file
        the table does not exist
        the table doesn't exist
        a non-existent host
        unknown member: 12
        unrecognized option given
        undefined variable there
        'x' is not recognized here
        the tool is not a known one
        name 'y' is not defined
        we couldn't find the order
        the server can not say; cannot locate it
        no customer found
        no route matched that path
        no flight with that number
    """,
    "invalid": """
        the date is invalid
        a malformed header
        illegal characters inside
        that is incorrect sadly
        unsupported media type
        the name is ambiguous here
        division by zero
        wrong number of legs
        the amount is not valid
        this is not a supported format
        parse error near line 3
        syntax error near line 3
        validation failed on it
        f() takes 2 positional arguments
        unexpected token in json
        a wrong password was given
        bad credentials were given
        expecting property name enclosed
        unterminated string literal
        unbalanced parenthesis there
    """,
    "failure": """
        the upload failed
        an unsuccessful attempt
        it was not successful
        the job aborted early
        the process crashed hard
        something went wrong
    """,
    "unable": """
        a shipped order cannot be cancelled
        you can't do that
        it could not be done
        unable to comply
        we are not able to comply
        that is not possible
        you can only cancel one
        only owners can do that
        i do not understand you
    """,
    "denied": """
        access denied by rule
        that is forbidden to you
        an unauthorised request
        the card was refused
        the card was declined
        the sender is blocked
        you are not allowed in
        you haven't been subscribed to it
        you do not have any access
        an unauthenticated request
        authentication required here
    """,
    "throttled": """
        you hit the rate limit
        the quota is used up
        too many requests today
        we throttle you now
        limit reached for today
        the model is overloaded now
    """,
    "limit": """
        the file is too large
        it exceeds what we take
        there is a limit of 5
        insufficient funds there
        there is not enough left
        five is the maximum here
        we are out of stock
        it is outside the valid range
        the pool is exhausted now
    """,
    "requirement": """
        the member must be active
        a name is required
        it requires a name
        a name is missing
        the date needs to be later
        the value has to be set
        one required field is empty
        the date is in the past
        it should match the pattern
        it should be a number
        expected 3 items but got 2
        no date was provided
    """,
    "mismatch": """
        the sums do not match
        the sum doesn't add up
        the plan does not cover this
        a mismatch of versions
        it is not equal to that
        an inconsistent state came back
    """,
    "unavailable": """
        the service is unavailable
        the host is unreachable
        the call timed out
        connection refused by peer
        it is not available
        it is no longer working
        it is not configured
        there is no connection here
        it is out of service
        the host is offline
        the night is fully booked
        tickets are sold out
        the line is busy
        no healthy upstream here
        no seats left
    """,
    "disabled": """
        the account is disabled
        the card has expired
        the token has been revoked
        the account was suspended yesterday
        your offer expired yesterday
    """,
    "conflict": """
        the name already exists
        the seat is already taken
        a duplicate key came in
        it conflicts with another
        conflict on the row
        the port is in use
    """,
    "error_word": """
        there were errors
        an exception came
        it is our fault
        there is a problem here
        got a keyerror there
    """,
    "not_done": """
        we did not send it
        it was not be saved
        your mail hasn't gone out
        it is not yet shipped
        no changes were made
    """,
    "not_so": """
        the door is not red
        the door isn't red
        the value is non-negative
    """,
    "negation": """
        there is no way
        it never works
        nothing came of it
    """,
}
SAID = [
    (name, line.strip()) for name, lines in FAMILIES.items() for line in lines.strip().splitlines()
]


@pytest.mark.parametrize(("name", "text"), SAID)
def test_each_way_of_saying_that_it_did_not_work_is_heard(name: str, text: str) -> None:
    assert shares(text)[name] == 1.0


@pytest.mark.parametrize(("name", "text"), SAID)
def test_each_way_is_heard_in_capitals_and_after_a_curly_apostrophe(name: str, text: str) -> None:
    loud = text.upper().replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
    assert name in shares(loud)


HARMLESS = [
    "it is out of the box ready",
    "the list is out of date today",
    "they are out of order 66",
    "the door should be ready soon",
    "your parcel should be there by noon",
    "it is already installed there",
    "it is already up to date",
    "my faulty memory serves well",
    "a terror attack drill",
    "the limits are shown below",
    "a valid card was given",
    "the founder spoke first",
    "permission granted to all",
    "the requirements are listed below",
    "notable things happened today",
    "nowhere else but here",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_words_that_only_resemble_a_failure_are_none(text: str) -> None:
    assert not set(shares(text)) & (phrases.OF_CALL - {"not_found", "not_done"})


def test_mere_negations_say_nothing_more_once_a_clearer_family_has_spoken() -> None:
    assert set(shares("the order was not found")) == {"not_found", "short_message"}
    assert set(shares("the door is not red")) == {"not_so", "short_message"}
    assert set(shares("that is no answer")) == {"negation"}


@pytest.mark.parametrize(
    ("text", "tool", "names"),
    [
        ("It was rejected", "reject_request", set()),
        ("It was rejected", "send_request", {"denied", "short_message"}),
        ("The account is disabled", "disable_account", set()),
        ("The account is disabled", "pay_account", {"disabled", "short_message"}),
        ("The upload failed", "fail_upload", set()),
        ("It was refused", "ref_pay", {"denied", "short_message"}),
        ("It was refused", "refu_pay", set()),
        ("The upload is not found", "found_upload", {"not_found", "short_message"}),
    ],
)
def test_a_tool_that_rejects_says_rejected_when_it_succeeded(
    text: str, tool: str, names: set[str]
) -> None:
    assert set(shares(text, tool)) - {"success_word"} == names


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


@given(st.sampled_from([text for _, text in SAID]), st.text("abc def.\n", max_size=80))
def test_a_hint_never_hides_what_its_pattern_would_find(text: str, before: str) -> None:
    """The quick look for a substring is a shortcut, not another opinion."""
    lowered = f"{before} {text}"
    for family in failure_wordings.FAMILIES:
        if family.pattern.search(lowered):
            assert any(hint in lowered for hint in family.hints), family.name
