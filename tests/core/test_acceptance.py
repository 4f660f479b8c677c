"""Done means what was written down before: criteria are read strictly and checked against what
happened; without an answer they fail.
"""

from typing import Any

import pytest

from policies.acceptance import (
    Attempt,
    BadCriteria,
    CallMade,
    checked,
    in_a_line,
    missing,
    parsed,
    problem,
    read,
)

TOLD = {
    "name": "told",
    "cel": "calls.exists(c, c.tool == 'send_email' && c.verdict == 'succeeded')",
    "sentence": "Write to the customer.",
}
REPORT = {
    "name": "report",
    "schema": {
        "type": "object",
        "required": ["total"],
        "properties": {"total": {"type": "number"}},
    },
}
MAIL = CallMade("send_email", {"to": "anna@example.com"}, "succeeded", {"status": "queued"})


def met(raw: dict[str, Any], attempt: Attempt) -> bool:
    (check,) = checked(read([raw]), attempt)
    return check.passed


def test_each_criterion_passes_or_fails_with_a_sentence() -> None:
    checks = checked(read([TOLD, REPORT]), Attempt('{"total": 5}'))
    assert [(check.name, check.passed, check.sentence) for check in checks] == [
        ("told", False, "Write to the customer."),
        ("report", True, "report: met."),
    ]
    assert missing(checks) == "This answer is not accepted yet:\n- Write to the customer."


def test_what_an_answer_lacks_reads_as_one_sentence_in_a_line() -> None:
    told = missing(checked(read([TOLD, REPORT]), Attempt("done")))
    assert "\n- " in told
    assert in_a_line(told).startswith("Not accepted: Write to the customer. ")
    assert "yet" not in in_a_line(told)
    assert [in_a_line(text) for text in ("", "- a\n- b")] == ["", "- a\n- b"]


@pytest.mark.parametrize("source", ["called('send_email')", "final.text", "run.steps + 1"])
def test_what_is_neither_true_nor_false_is_no_criterion(source: str) -> None:
    said = problem({"name": "told", "cel": source})
    assert said.startswith("It gives ")
    assert "not true or false: compare it, as in called('send_email') > 0." in said


@pytest.mark.parametrize("source", ["called('send_email') > 0", "final.json.ok", "final.json"])
def test_what_may_be_true_of_a_run_is_a_criterion(source: str) -> None:
    assert problem({"name": "told", "cel": source}) == ""


def test_an_accepted_answer_leaves_nothing_to_say() -> None:
    assert missing(checked(read([TOLD]), Attempt("done", [MAIL]))) == ""


def test_pretending_is_not_doing() -> None:
    attempt = Attempt(
        "I have sent the e-mail.",
        [
            CallMade("send_email", {}, "failed", {"error": "no"}),
            CallMade("send_email", {}, "unknown"),
        ],
    )
    assert not met(TOLD, attempt)
    assert not met({"name": "told", "cel": "called('send_email') == 1"}, attempt)
    assert met(
        {"name": "told", "cel": "called('send_email') == 1"}, Attempt("done", [MAIL, *attempt.made])
    )


@pytest.mark.parametrize(
    ("cel", "made", "expected"),
    [
        ("called('pay') == 0 || called('tell') > 0", [], True),
        ("called('pay') == 0 || called('tell') > 0", ["tell"], True),
        ("called('pay') == 0 || called('tell') > 0", ["pay", "tell"], False),
        ("!(called('pay') > 0 && called('tell') == 0)", [], True),
        ("called('pay') == 0", [], False),
        ("called('look') > 0", ["look"], False),
        ("final.text != ''", [], False),
    ],
)
def test_a_rule_about_calls_that_were_not_made_has_nothing_to_check(
    cel: str, made: list[str], expected: bool
) -> None:
    attempt = Attempt("done", [CallMade(tool, {}, "succeeded") for tool in made])
    [check] = checked(read([{"name": "c", "cel": cel}]), attempt)
    assert (check.passed, check.idle) == (True, expected)


@pytest.mark.parametrize(
    ("cel", "expected"),
    [
        ("final.text.contains('1042')", True),
        ("final.json == null", True),
        ("run.steps <= 5 && run.calls == 2 && run.tokens < 1000 && run.usd < 0.1", True),
        ("run.goal.contains('Refund')", True),
        ("calls.all(c, c.tool != 'issue_refund' || c.args.amount <= 50)", True),
        ("calls.filter(c, c.result.refund > 0).size() == 1", False),
        ("size(final.text) > 500", False),
        ("final.json.total > 1", False),
    ],
)
def test_criteria_speak_of_answer_run_and_calls(cel: str, expected: bool) -> None:
    made = [
        CallMade("get_order", {"order_id": 1042}, "succeeded", {"x": 1}),
        CallMade("issue_refund", {"amount": "12.50"}, "succeeded", {"refund": 3}),
    ]
    attempt = Attempt(
        "Order 1042 is settled.", made, steps=4, calls=2, tokens=900, goal="Refund order 1042"
    )
    assert met({"name": "c", "cel": cel}, attempt) is expected


def test_a_criterion_without_an_answer_fails_and_says_why() -> None:
    (check,) = checked(
        read([{"name": "total", "cel": "final.json.total > 1"}]), Attempt('{"sum": 3}')
    )
    assert not check.passed
    assert check.sentence == "total is not met: it cannot be answered, since total is not there."
    assert not met({"name": "cheap", "cel": "run.usd < 1"}, Attempt("done", usd=None))


def test_before_there_is_an_answer_criteria_are_open() -> None:
    assert [
        check.passed
        for check in checked(
            read([REPORT, {"name": "said", "cel": "final.text != ''"}]), Attempt(None)
        )
    ] == [False, False]


@pytest.mark.parametrize(
    ("final", "value"),
    [
        ('{"total": 5}', {"total": 5}),
        ('```json\n{"total": 5}\n```', {"total": 5}),
        (" [1, 2] ", [1, 2]),
        ('{"total": NaN}', None),
        ("total is 5", None),
        ('{"total": 5} and that is all', None),
        ("[" * 5_000 + "]" * 5_000, None),
        ("[" * 200_000, None),
        (None, None),
        ("", None),
    ],
    ids=["object", "fenced", "list", "nan", "prose", "both", "deep", "abyss", "none", "empty"],
)
def test_an_answer_is_json_only_when_all_of_it_is(final: str | None, value: Any) -> None:
    assert parsed(final) == value


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ({}, "Acceptance criteria are a list"),
        ([{"name": "x"}] * 51, "at most 50"),
        (["text"], "Criterion 1: it needs a name"),
        ([{"name": " ", "cel": "true"}], "it needs a name"),
        ([{"name": "x"}], "Criterion 1 “x”: it needs either cel or schema"),
        ([{"name": "x", "cel": "true", "schema": {}}], "it needs either cel or schema"),
        ([{"name": "x", "cel": 5}], "cel is text"),
        ([{"name": "x", "cel": "true", "color": "red"}], "it has color, but a criterion has"),
        (
            [TOLD, {"name": "x", "cel": "final.text =="}],
            "Criterion 2 “x”: Line 1, column 14 at the end: it ends too early",
        ),
        (
            [{"name": "x", "cel": "answer == 5"}],
            (
                "Line 1, column 1 at “answer == 5”: there is no answer here; there are final, run,"
                " calls"
            ),
        ),
        ([{"name": "x", "cel": "tainted(final.text)"}], "there is no function tainted"),
        ([{"name": "x", "schema": {"type": "objekt"}}], "not a JSON Schema"),
        ([TOLD, TOLD], "There are two criteria named “told”."),
    ],
)
def test_criteria_nobody_could_meet_are_refused_with_their_place(raw: Any, wrong: str) -> None:
    with pytest.raises(BadCriteria) as raised:
        read(raw)
    assert wrong in str(raised.value)


def test_very_large_results_do_not_keep_the_end_of_a_run_from_being_judged() -> None:
    made = [CallMade("read", {"n": n}, "succeeded", ["x" * 1_000] * 100) for n in range(100)]
    attempt = Attempt("done", [*made, MAIL])
    assert met(TOLD, attempt)
    assert met(
        {"name": "last", "cel": "calls[99].result != null && calls[0].result == null"}, attempt
    )
    assert met({"name": "queued", "cel": "calls[100].result.status == 'queued'"}, attempt)
