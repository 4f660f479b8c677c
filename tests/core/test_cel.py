"""Expressions: refused with their place when nobody could ever answer them, answered or openly
unanswerable otherwise, never a surprise.
"""

from datetime import UTC, datetime

import pytest

from policies.cel.cel_source import BadExpression
from policies.cel.expression import ExpressionContext, Unanswerable, compiled
from policies.cel.functions import NAMES, Functions, host, links, moment

VOCABULARY = {"args": None, "run": ("step", "usd"), "now": None}


def ask(source: str, **args: object) -> bool:
    expression = compiled(source, VOCABULARY, NAMES)
    functions = Functions(None)
    return expression.holds(
        ExpressionContext(
            {"args": args, "run": {"step": 3, "usd": None}},
            functions.named(NAMES),
            functions.complaints,
        )
    )


def why(source: str, **args: object) -> str:
    with pytest.raises(Unanswerable) as raised:
        ask(source, **args)
    return str(raised.value)


@pytest.mark.parametrize(
    ("source", "line", "column", "wrong"),
    [
        ("args.amount <=", 1, 15, "it ends too early"),
        ("args.amount <= 50 &&\n  args.b >", 2, 11, "it ends too early"),
        ("args.amount 50", 1, 13, "extraneous input '50'"),
        ("args.name == 'open", 1, 14, "token recognition error"),
        ("amount <= 50", 1, 1, "there is no amount here; there are args, run, now"),
        ("args.a > 1 && run.stp > 2", 1, 19, "run has no stp; it has step, usd"),
        ("args.a > 1 &&\n sizeof(args.b) > 2", 2, 2, "there is no function sizeof"),
        ("args.a.matches(args.b)", 1, 16, "a pattern is written out"),
        ("args.a.matches('((a{0,100}){0,100}){0,10}b')", 1, 16, "a pattern has at most"),
        ("args.a.matches('(a\\x7b1000}){9}')", 1, 16, "raw string"),
        ("", 1, 1, "there is no expression"),
        ("   ", 1, 1, "there is no expression"),
    ],
)
def test_an_expression_that_cannot_work_is_refused_with_its_place(
    source: str, line: int, column: int, wrong: str
) -> None:
    with pytest.raises(BadExpression) as raised:
        compiled(source, VOCABULARY, NAMES)
    assert (raised.value.line, raised.value.column) == (line, column)
    assert wrong in str(raised.value)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 41 + "1" + ")" * 41,
        "1" + " + 1" * 500,
        "!" * 1_999,
        "'" + "x" * 3_000 + "'",
        "args" + ".a" * 900,
        "[" * 100_000,
    ],
    ids=["brackets", "sums", "nots", "text", "fields", "lists"],
)
def test_an_expression_deep_or_long_enough_to_break_its_evaluator_is_refused(source: str) -> None:
    with pytest.raises(BadExpression):
        compiled(source, VOCABULARY, NAMES)


@pytest.mark.parametrize("amount", [50, 50.0, "50", "50.00", 49.99, "-3", 0])
def test_a_number_is_a_number_however_it_is_written(amount: object) -> None:
    assert ask("args.amount <= 50", amount=amount)
    assert ask("50 >= args.amount", amount=amount)
    assert not ask("args['amount'] > 50.0", amount=amount)


@pytest.mark.parametrize("amount", [50.01, "50.01", 51, "180.00", 2**62])
def test_more_is_more_however_it_is_written(amount: object) -> None:
    assert not ask("args.amount <= 50", amount=amount)


@pytest.mark.parametrize(
    "amount", ["fifty", "", "1e9", "0x10", "٥٠", "50 ", "$50", None, True, [50], {"a": 1}]
)
def test_what_is_not_a_number_has_no_answer(amount: object) -> None:
    assert "is not a number" in why("args.amount <= 50", amount=amount)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("args.amount > 50 && args.list[0] == 2", False),
        ("args.list[0] == 2 || args.amount > 5", True),
        ("args.amount > 5 ? run.step == 3 : args.gone > 1", True),
        ("args.list.all(args, args.k > 3) && args.amount < 50", True),
        ("args.deep.amount > 5 && args.amount < 40", True),
    ],
)
@pytest.mark.parametrize("amount", [12, "12", "12.0"])
def test_a_number_in_text_is_answered_as_the_number_is(
    source: str, answer: bool, amount: object
) -> None:
    assert ask(source, amount=amount, list=[], deep={"amount": 9}) is answer


def test_expressions_of_one_case_do_not_change_each_others_answers() -> None:
    functions = Functions(None)
    args = {"a": "12", "b": 3, "c": "x", "d": {"e": "7.5"}}
    context = ExpressionContext({"args": args}, functions.named(NAMES), functions.complaints)

    def holds(source: str) -> object:
        try:
            return compiled(source, VOCABULARY, NAMES).holds(context)
        except Unanswerable as without:
            return str(without)

    sources = [
        "args.a > 5",
        "args.a > 5 && args.b > 2",
        "args.c > 1",
        "args.a > 5 && args.c > 1",
        "args.d.e < 8 || args.a < 2",
        "args.a == '12' && args.a > 11",
        "args.b > 2",
        "args['a'] > 5",
        "args.gone > 5",
    ]
    wanted = [True, True, "“x” is not a number", "“x” is not a number", True, True, True, True]
    wanted.append("args.gone is not there")
    assert [holds(source) for source in sources] == wanted
    assert [holds(source) for source in reversed(sources)] == wanted[::-1]


def test_text_in_an_expression_is_never_rewritten() -> None:
    assert ask(
        "args.note == 'args.amount <= 50' && args.amount <= 50",
        note="args.amount <= 50",
        amount="50",
    )


def test_times_and_durations() -> None:
    within = (
        "timestamp(args.end) - timestamp(args.start) <= duration('2h') && size(args.attendees) <= 5"
    )
    two_hours = {"start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:00:00Z"}
    assert ask(within, **two_hours, attendees=["a", "b", "c", "d", "e"])
    assert not ask(within, **two_hours, attendees=["a"] * 6)
    assert not ask(within, **{**two_hours, "end": "2026-03-01T12:00:01Z"}, attendees=[])
    assert ask(within, start="2026-03-01T10:00:00", end="2026-03-01T12:00:00+00:00", attendees=[])
    assert not ask(
        within, start="2026-03-01T10:00:00+02:00", end="2026-03-01T12:00:00Z", attendees=[]
    )


def test_what_is_missing_is_named() -> None:
    assert why("args.amount <= 50") == "args.amount is not there"
    assert ask("!has(args.amount) || args.amount <= 50")
    assert (
        why("timestamp(args.end) > timestamp(args.start)", end="soon", start="2026-03-01T10:00:00Z")
        == "“soon” is not a time"
    )
    assert why("args.a < args.b", a=1, b="x") == "it compares or combines values of different kinds"
    assert why("args.a", a=5) == "it gives int 5, not true or false"
    assert "division by zero" in why("args.a / 0 == 1", a=5)
    assert why("now > timestamp('2026-03-01T10:00:00Z')").startswith("Undefined variable")
    assert why("run.usd <= 1") == "nothing is not a number"
    assert why("tainted(args.a)", a="x") == "nobody knows where these values come from"


def test_fields_with_dots_in_their_names_are_fields() -> None:
    assert ask("args['a.b'] <= 5 && !has(args.a)", **{"a.b": "5.0"})


def test_loops_over_long_lists_are_refused_before_they_run() -> None:
    nested = "args.list.all(a, args.list.all(b, a + b >= 0))"
    assert ask(nested, list=list(range(100)))
    assert (
        why(nested, list=list(range(1_000))) == "lists of 1000 entries are too long to go through"
    )


def test_text_that_is_not_unicode_has_no_answer() -> None:
    assert "JSON" in why("size(args.a) > 0", a="\ud800")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://docs.example.com/page?q=1#x", "docs.example.com"),
        ("HTTPS://Docs.Example.COM:443/", "docs.example.com"),
        ("https://docs.example.com.", "docs.example.com"),
        ("http://[::1]:8000/", "[::1]"),
        ("https://docs.example.com@evil.example/", ""),
        ("https://evil.example\\@docs.example.com/", ""),
        ("https://docs.example.com%2eevil.example/", ""),
        ("https://docs.example.com\t.evil.example/", ""),
        (" https://docs.example.com/", ""),
        ("https://docs.exаmple.com/", ""),
        ("https:docs.example.com", ""),
        ("//docs.example.com/", ""),
        ("docs.example.com", ""),
        ("https://docs.example.com:80a/", ""),
        ("https:///docs.example.com", ""),
        (None, ""),
        (5, ""),
    ],
)
def test_the_host_of_a_link_is_empty_when_readers_could_disagree_about_it(
    url: object, expected: str
) -> None:
    assert host(url) == expected


def test_links_are_arguments_that_are_links_or_are_named_like_one() -> None:
    args = {
        "page": "https://a.example/x",
        "callbackURL": "a.example",
        "webhook_url": ["b.example"],
        "note": "see https://c.example for more",
        "nested": {"href": "/d", "source": " HTTP://e.example"},
        "short": "//f.example",
        "curly": "no",
    }
    assert links(args, []) == [
        "https://a.example/x",
        "a.example",
        "b.example",
        "/d",
        " HTTP://e.example",
        "//f.example",
    ]


@pytest.mark.parametrize(
    "value",
    [
        "https:evil.example",
        "http:/evil.example/x",
        "https:\\\\evil.example",
        "\\\\evil.example\\share",
        "/\\evil.example",
        "\x01https://evil.example",
        "\u200bhttps://evil.example",
        "<https://evil.example>",
        '"https://evil.example"',
        "evil.example/collect?d=1",
        "evil.example:8080",
        "evil.example?d=1",
        "10.0.0.1/latest/meta-data",
        "169.254.169.254:80",
        "WWW.evil.example",
        "file:/etc/passwd",
        {"https://evil.example": 1},
        {"host": "evil", "path": "x"},
    ],
)
def test_what_some_reader_would_follow_is_a_link(value: object) -> None:
    assert links({"page": value}, [])


@pytest.mark.parametrize(
    "value",
    [
        "readme.md",
        "docs/readme.md",
        "C:\\work",
        "1.2.3.4",
        "12:30",
        "and/or",
        "anna@example.com",
        "v1.2/notes",
        "e.g./i.e.",
        "a.b",
        "",
    ],
)
def test_what_nobody_would_follow_is_none(value: object) -> None:
    assert links({"page": value}, []) == []


def test_more_links_than_can_be_judged_are_no_answer() -> None:
    complaints: list[str] = []
    assert links({"pages": ["https://docs.example.com/"] * 1_001}, complaints) is None
    assert complaints == ["more than 1,000 links are too many to be judged"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2026-11-17T15:47:00", datetime(2026, 11, 17, 15, 47, tzinfo=UTC)),
        (" 2026-11-17T15:47:00+02:00 ", datetime(2026, 11, 17, 13, 47, tzinfo=UTC)),
        ("2026-11-17", datetime(2026, 11, 17, tzinfo=UTC)),
        (datetime(2026, 11, 17, tzinfo=UTC), datetime(2026, 11, 17, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_with_its_zone_or_as_utc(given: object, read: datetime) -> None:
    complaints: list[str] = []
    assert moment(given, complaints) == read
    assert complaints == []


@pytest.mark.parametrize("given", ["tomorrow", "", 5, None])
def test_what_is_no_time_is_complained_of(given: object) -> None:
    complaints: list[str] = []
    assert moment(given, complaints) is None
    assert len(complaints) == 1
    assert complaints[0].endswith("is not a time")
