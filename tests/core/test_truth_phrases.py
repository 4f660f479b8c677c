"""Each way of saying in a short message that it did not work, and words that only resemble it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.truth import failure_wordings, phrases
from tests.core.short_messages import shares

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


@given(st.sampled_from([text for _, text in SAID]), st.text("abc def.\n", max_size=80))
def test_a_hint_never_hides_what_its_pattern_would_find(text: str, before: str) -> None:
    """The quick look for a substring is a shortcut, not another opinion."""
    lowered = f"{before} {text}"
    for family in failure_wordings.FAMILIES:
        if family.pattern.search(lowered):
            assert any(hint in lowered for hint in family.hints), family.name
