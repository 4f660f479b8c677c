"""Did a call that came back succeed?

The surest word decides; where there is none, the signs in what came back.
"""

from typing import Any

import pytest

from policies.truth import assessment
from policies.truth.roles import ToolRole, role_of
from policies.truth.schema import compiled
from policies.truth.sign import WEIGHTS
from policies.verdicts import Meaning, Outcome, Verdict


def judged(result: Any, tool: str = "do_thing", **facts: Any) -> Meaning:
    return assessment.judge(assessment.CallSeen(tool, result, **facts))


def verdict(result: Any, tool: str = "do_thing", **facts: Any) -> Verdict:
    return judged(result, tool, **facts).verdict


FAILURES = {
    "an error field": ("get_invoice", '{"error": "no such invoice"}'),
    "an error object": ("get_invoice", {"error": {"code": 404, "message": "nothing here"}}),
    "a flag that it failed": (
        "call_tool",
        {"isError": True, "content": [{"type": "text", "text": "it broke"}]},
    ),
    "success is false": ("pay", {"success": False, "message": "over the daily amount"}),
    "a failed status": ("pay", {"status": "declined", "reason": "ask your bank"}),
    "an HTTP status in the body": ("fetch_rates", {"statusCode": 503, "message": "later"}),
    "a message instead of data": ("get_member", {"message": "Unknown member: 12"}),
    "a message instead of data, as Python prints it": (
        "get_member",
        "{'message': \"genre must be one of ['a', 'b']\"}",
    ),
    "an error wrapped in a result": ("get_member", {"result": {"error": "locked out"}}),
    "an error in a text in a result": ("get_member", {"result": '{"error": "locked out"}'}),
    "a list of one error": (
        "create_lead",
        [{"message": "last name", "errorCode": "REQUIRED_FIELD_MISSING"}],
    ),
    "a denied confirmation": ("send_letter", {"sent": False}),
    "an exit code": ("bash", {"stdout": "", "stderr": "boom", "exit_code": 2}),
    "an exit code in words": ("bash", "Exit code: 127\nsh: jq: no"),
    "an exception that ends the output": (
        "run_code",
        "line one\nTraceback (most recent call last):\n  File \"a.py\", line 3\nKeyError: 'a'\n",
    ),
    "an exception of another language": (
        "node",
        "boot\nTypeError: x is not a function\n    at main (/app/a.js:3:11)\n",
    ),
    "a missing command": ("bash", "bash: frobnicate: command not found"),
    "an announcement": ("read_file", "Error: the disk is gone"),
    "something not found": ("get_order", "Order O-17 not found"),
    "something impossible": ("cancel_order", "A shipped order cannot be cancelled"),
    "a rule of the tool": ("renew_loan", "Member must be active to renew"),
    "too little": ("transfer", "Insufficient funds"),
    "too much": ("upload", "File too large (limit 10 MB)"),
    "a mismatch": ("book_seats", "Payment does not add up: 300 expected, 250 paid"),
    "a lack of rights": ("edit_page", "You do not have permission to edit this page."),
    "a lack of service": ("get_rates", "Service temporarily unavailable"),
    "a bare refusal": ("get_rates", "Forbidden"),
    "a status line": ("get_rates", "502 Bad Gateway"),
    "an error page": (
        "fetch_page",
        "<html><head><title>404 Not Found</title></head><body>Not here</body></html>",
    ),
    "a page where data belongs": (
        "get_invoice",
        "<!doctype html><html><head><title>Sign in</title></head></html>",
    ),
    "an error page in a body that calls itself fine": (
        "get_rates",
        {"status": 200, "body": "<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"},
    ),
    "an error page for results": (
        "web_search",
        {"status": "ok", "results": "<html><title>503 Service Unavailable</title></html>"},
    ),
    "noise in a body": (
        "get_invoice",
        {"status": 200, "body": "\x00\x01\ufffd\ufffd\x02abc\ufffd\x03\x04 and so on and on"},
    ),
    "an XML error": ("get_object", '<?xml version="1.0"?>\n<Error><Code>NoSuchKey</Code></Error>'),
    "noise": ("get_invoice", "\x00\x01\ufffd\ufffd\x02abc\ufffd\x03\x04"),
    "a lost object": ("get_invoice", "[object Object]"),
    "a panic": ("run_job", "thread 'main' panicked at src/main.rs:4:17:\nindex out of bounds"),
    "a trace of a fourth language": (
        "run_job",
        (
            "app.rb:2:in `foo': undefined method `bar' for nil (NoMethodError)\n\tfrom app.rb:5:in"
            " `<main>'"
        ),
    ),
    "a trace of a fifth": (
        "run_job",
        "PHP Fatal error:  Uncaught Error: Call to undefined function foo() in /srv/x.php:3",
    ),
    "a trace of a sixth": (
        "run_job",
        "** (ArithmeticError) bad argument in arithmetic expression\n    iex:1: :erlang./(1, 0)",
    ),
    "an error page for whoever reads pages": (
        "fetch_url",
        "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
    ),
    "a page that wants a sign-in": (
        "fetch_url",
        "<!doctype html><html><head><title>Sign in</title></head><body><form></form></body></html>",
    ),
    "an error by its number": ("send_sms", {"to": "+1555", "errorCode": 30003}),
    "errors of a form": ("create_user", {"non_field_errors": ["too short"]}),
    "a letter that came back": ("send_mail", {"status": "bounced", "to": "a@example.com"}),
    "a parser's complaint": ("parse_order", "Expecting ',' delimiter: line 4 column 2 (char 55)"),
    "bad credentials": (
        "get_repository",
        {"message": "Bad credentials", "documentation_url": "https://docs.example.com/rest"},
    ),
    "a bracketed announcement": ("translate", "[ERROR] the backend timed out after 10 s"),
}

SUCCESSES = {
    "errors that were asked for": (
        "list_errors",
        {"errors": [{"id": 1, "message": "NullPointer"}], "total": 1},
    ),
    "a number of errors that was asked for": ("count_errors", {"errors": 3}),
    "an error code of nothing": ("send_sms", {"to": "+1555", "errorCode": 0}),
    "a long page about errors": (
        "fetch_url",
        "<html><head><title>How to mend a 404 error page</title></head><body>"
        + "<p>Look at the log first.</p>" * 60
        + "</body></html>",
    ),
    "a probe's reason": ("validate_address", {"valid": False, "reason": "no such domain"}),
    "a probe's status": (
        "check_site",
        {"url": "https://shop.example.com", "reachable": False, "status": 503},
    ),
    "a record": ("get_order", {"order_id": "1", "status": "shipped", "items": [{"name": "lamp"}]}),
    "a record of a failed thing": (
        "get_job",
        {
            "id": 7,
            "name": "b",
            "status": "failed",
            "error": "exit 1",
            "branch": "main",
            "created_at": "x",
        },
    ),
    "rows of failed things": (
        "list_jobs",
        [
            {"id": 1, "status": "failed", "error": "memory"},
            {"id": 2, "status": "failed", "error": "disk"},
        ],
    ),
    "a ticket about an error": (
        "get_ticket",
        {
            "id": 3,
            "title": "Error 500: cannot log in",
            "body": "It failed",
            "state": "open",
            "by": "ann",
        },
    ),
    "empty error fields": ("pay", {"success": True, "error": None, "errors": [], "id": 5}),
    "a word for no error": ("pay", {"errcode": 0, "errmsg": "ok"}),
    "counts of errors": ("get_metrics", {"requests": 1000, "errors": 12, "failed": 3}),
    "a number that looks like a status": ("get_area_code", {"country": "US", "code": 415}),
    "a bare number": ("calculate", "404"),
    "a bare state": ("get_flight_status", "cancelled"),
    "a state that was asked for": ("can_send_pictures", "Your phone cannot send pictures."),
    "another state that was asked for": ("check_line", "Roaming is not enabled."),
    "a confirmation": ("send_email", "Message sent to ann@example.com"),
    "a confirmation with a caveat": (
        "book_hotel",
        "Booking confirmed. Cancellation is not possible after 1 May.",
    ),
    "a confirmation of a refusal": ("reject_request", "Request 55 rejected."),
    "a quotation": ("create_ticket", "Ticket 'Cannot log in: error 500' created."),
    "a promise for later": ("start_job", "Job started. You will be told if it fails."),
    "no errors": ("deploy", "Deployed version 12 with 0 errors."),
    "no results": ("search_flights", "No flights found for that day."),
    "an empty list": ("search_flights", "[]"),
    "a letter about failure": (
        "read_email",
        "Dear all,\n\nunfortunately the server failed again and I cannot come.\n\nAnn",
    ),
    "a log": (
        "get_log",
        (
            "2024-05-01 10:00 ERROR failed to connect\n2024-05-01 10:01 INFO connected\n2024-05-01"
            " 10:02 INFO done"
        ),
    ),
    "documentation of errors": (
        "read_file",
        "# Errors\n\nWhen a file is not found, the server answers 404.\n",
    ),
    "search results about errors": (
        "web_search",
        [{"title": "How to fix: permission denied", "snippet": "Error: permission denied"}],
    ),
    "a page about errors": (
        "fetch_page",
        "<html><head><title>Troubleshooting guide</title></head><body>Error 404</body></html>",
    ),
    "a page about errors in a body": (
        "fetch_page",
        {
            "status": 200,
            "body": (
                "<html><head><title>Troubleshooting guide</title></head><body>Error"
                " 404</body></html>"
            ),
        },
    ),
    "a page that was asked for in a field": (
        "get_template",
        {"id": 4, "html": "<html><head><title>Invoice</title></head></html>"},
    ),
    "a report of many states": (
        "run_diagnosis",
        "Radio: OFF\nCard: missing\nSignal: none\nNetwork: not available",
    ),
    "an ordinary listing": ("bash", "errors\nfailed_jobs.py\nnot_found.html"),
    "a zero exit code": ("bash", {"stdout": "ok", "stderr": "warning: old", "exit_code": 0}),
    "a warning before a result": ("run_code", "DeprecationWarning: this has been disabled\n42"),
}


@pytest.mark.parametrize(("tool", "result"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_seen(tool: str, result: Any) -> None:
    assert verdict(result, tool) is Verdict.FAILED


@pytest.mark.parametrize(("tool", "result"), SUCCESSES.values(), ids=SUCCESSES)
def test_a_success_that_speaks_of_failure_is_not_one(tool: str, result: Any) -> None:
    assert verdict(result, tool) is Verdict.SUCCEEDED


@pytest.mark.parametrize("result", [None, "", "  \n", "null", "None"])
def test_nothing_is_unknown(result: Any) -> None:
    assert judged(result) == Meaning(Verdict.UNKNOWN, "empty", "Nothing came back.")


def test_data_that_breaks_off_is_unknown() -> None:
    assert judged('{"items": [{"name": "lamp"}, {"name": "cha').rule == "truncated"
    assert verdict('{"items": [{"name": "lamp"}, {"name": "cha') is Verdict.UNKNOWN


def test_the_sentence_names_what_was_found() -> None:
    assert (
        judged({"error": {"code": 9, "message": "no such invoice"}}).sentence
        == "The result carries an error: no such invoice"
    )
    assert judged("Order not found").sentence == "The result reads as a failure: Order not found"
    assert len(judged("Error: " + "very " * 500 + "wrong").sentence) < 200


def test_a_failed_call_failed_whatever_it_says() -> None:
    told = judged("Message sent", outcome=Outcome.ERROR, error="connection reset")
    assert (told.verdict, told.rule, told.sentence) == (
        Verdict.FAILED,
        "transport",
        "The call failed: connection reset",
    )


def test_a_timeout_says_nothing_of_a_call_that_acts() -> None:
    assert verdict(None, outcome=Outcome.TIMEOUT, effect="irreversible") is Verdict.UNKNOWN
    assert verdict(None, outcome=Outcome.TIMEOUT, effect="read") is Verdict.FAILED


def test_the_tools_own_check_is_believed_over_the_words() -> None:
    assert judged({"error": "seen and handled"}, check=Verdict.SUCCEEDED).rule == "own_check"
    assert verdict("Message sent", check=Verdict.FAILED) is Verdict.FAILED
    assert verdict("Order not found", check=Verdict.UNKNOWN) is Verdict.FAILED


class TestOutputSchema:
    complaint = staticmethod(
        compiled({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}})
    )

    def test_a_result_that_breaks_it_failed(self) -> None:
        told = judged({"id": "seven"}, complaint=self.complaint)
        assert (told.verdict, told.rule) == (Verdict.FAILED, "output_schema")
        assert "id must be a whole number" in told.sentence

    def test_garbage_in_place_of_data_failed(self) -> None:
        assert verdict("<<<%%% lorem", complaint=self.complaint) is Verdict.FAILED

    def test_a_result_that_fits_may_still_carry_an_error(self) -> None:
        assert verdict({"id": 7}, complaint=self.complaint) is Verdict.SUCCEEDED
        assert verdict({"id": 7, "error": "not saved"}, complaint=self.complaint) is Verdict.FAILED

    def test_a_schema_may_promise_nothing(self) -> None:
        assert verdict(None, complaint=compiled({"type": "null"})) is Verdict.SUCCEEDED

    def test_what_is_no_schema_is_refused(self) -> None:
        with pytest.raises(ValueError, match="not a JSON Schema"):
            compiled({"type": "banana"})

    def test_a_reference_to_elsewhere_is_a_complaint_and_fetches_nothing(self) -> None:
        assert (
            "refers to"
            in judged({}, complaint=compiled({"$ref": "https://example.com/schema.json"})).sentence
        )


class TestThresholds:
    def test_a_weight_can_be_changed(self) -> None:
        tolerant = assessment.DEFAULTS.edited({"weights": {"not_found": 0.0}})
        assert (
            assessment.judge(assessment.CallSeen("get_order", "Order not found"), tolerant).verdict
            is Verdict.SUCCEEDED
        )
        assert tolerant.weights["invalid"] == WEIGHTS["invalid"]

    def test_the_line_of_failure_can_be_moved(self) -> None:
        strict = assessment.DEFAULTS.edited({"failed_at": 5.0})
        told = assessment.judge(assessment.CallSeen("get_order", "Order not found"), strict)
        assert (told.verdict, told.sentence) == (
            Verdict.UNKNOWN,
            "It may have failed. The result reads as a failure: Order not found",
        )

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"colour": 1}, "colour"),
            ({"weights": {"smell": 1}}, "smell"),
            ({"failed_at": "high"}, "not a number: failed_at"),
            ({"failed_at": float("nan")}, "not a number: failed_at"),
            ({"weights": {"not_found": True}}, "not a number: not_found"),
            ({"unknown_at": 2}, "doubt must begin"),
        ],
    )
    def test_nonsense_is_refused_by_name(self, changes: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            assessment.DEFAULTS.edited(changes)


@pytest.mark.parametrize(
    ("name", "effect", "role"),
    [
        ("get_order", "", ToolRole.READ),
        ("send_email", "", ToolRole.ACT),
        ("readEmail", "", ToolRole.CONTENT),
        ("search_tickets", "", ToolRole.CONTENT),
        ("check_line", "", ToolRole.PROBE),
        ("check_line", "irreversible", ToolRole.ACT),
        ("execute_code", "irreversible", ToolRole.SHELL),
        ("translate", "", ToolRole.SPEECH),
        ("whatever", "read", ToolRole.READ),
    ],
)
def test_the_role_of_a_tool_follows_from_its_name_and_effect(
    name: str, effect: str, role: ToolRole
) -> None:
    assert role_of(name, effect) is role
