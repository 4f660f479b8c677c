"""The words of an expression: where they stand, which of them nobody knows, what they may cost."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.cel import cel_source, functions
from policies.cel.cel_source import BadExpression
from policies.cel.expression import ExpressionContext, Unanswerable, compiled
from policies.cel.functions import NAMES, Functions

VOCABULARY = {"args": None, "run": ("step", "usd"), "now": None}


def holds(source: str, **args: Any) -> bool:
    asked = Functions(None)
    known = {"args": args, "run": {"step": 3, "usd": None}}
    context = ExpressionContext(known, asked.named(NAMES), asked.complaints)
    return compiled(source, VOCABULARY, NAMES).holds(context)


def refused(source: str) -> BadExpression:
    with pytest.raises(BadExpression) as raised:
        compiled(source, VOCABULARY, NAMES)
    return raised.value


def texts(source: str) -> list[str]:
    return [word.text for word in cel_source.tokens(source)]


class TestWords:
    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("", []),
            ("a.b<=5", ["a", ".", "b", "<=", "5"]),
            ("a // said\n&& b", ["a", "&&", "b"]),
            ("'a b' + r'\\d' + \"c\\\"d\"", ["'a b'", "+", "r'\\d'", "+", '"c\\"d"']),
            ("'''a'b''' + \"\"\"c\"d\"\"\"", ["'''a'b'''", "+", '"""c"d"""']),
            ("0x1Fu 1.5e-3 .5 7u", ["0x1Fu", "1.5e-3", ".5", "7u"]),
            ("a==b!=c||!d", ["a", "==", "b", "!=", "c", "||", "!", "d"]),
            ("a1_b", ["a1_b"]),
            ("'open", ["'", "open"]),
            ("é", ["é"]),
        ],
    )
    def test_are_told_apart_without_spaces_and_remarks(self, source: str, words: list[str]) -> None:
        assert texts(source) == words

    def test_are_four_hundred_at_most(self) -> None:
        assert len(texts("a " * 400)) == 400
        with pytest.raises(BadExpression, match="at most 400 words, this one has 401") as raised:
            cel_source.tokens("a " * 401)
        assert raised.value.column == 801

    def test_are_two_thousand_characters_at_most(self) -> None:
        assert texts("'" + "a" * 1_998 + "'")
        with pytest.raises(BadExpression, match="at most 2000 characters, this one has 2001"):
            cel_source.tokens("'" + "a" * 1_999 + "'")

    @pytest.mark.parametrize(("left", "right"), ["()", "[]", "{}"])
    def test_are_in_forty_brackets_at_most(self, left: str, right: str) -> None:
        assert len(texts(left * 40 + right * 40)) == 80
        with pytest.raises(BadExpression, match="brackets are nested more than 40 deep") as raised:
            cel_source.tokens(left * 41 + right * 41)
        assert raised.value.column == 41

    @pytest.mark.parametrize(
        ("source", "place", "said"),
        [
            ("abc", 0, "Line 1, column 1 at “abc”: no"),
            ("ab\ncd e", 5, "Line 2, column 3 at “ e”: no"),
            ("abc", 3, "Line 1, column 4 at the end: no"),
            ("ab  ", 2, "Line 1, column 3 at the end: no"),
            ("a" * 30, 5, f"Line 1, column 6 at “{'a' * 20}”: no"),
            ("a\nb", 0, "Line 1, column 1 at “a”: no"),
        ],
    )
    def test_that_are_wrong_are_told_with_their_place(
        self, source: str, place: int, said: str
    ) -> None:
        wrong = BadExpression(source, place, "no")
        assert (str(wrong), wrong.wrong) == (said, "no")


class TestPaths:
    @pytest.mark.parametrize(
        ("source", "paths"),
        [
            ("args.a.b > 1", ["args.a.b"]),
            ("size(args.a) > args.b", ["args.a", "args.b"]),
            ("args.a.size() > 1", ["args.a"]),
            ("args.size()", ["args"]),
            ("args['a'].b[0]", ["args['a'].b[0]"]),
            ("args[run.step]", ["args"]),
            ("args['a'", ["args"]),
            ("args[", ["args"]),
            ("args.", ["args"]),
            ("run.args.a", []),
            ("'args.a'", []),
            ("args.a[1].b.c == args", ["args.a[1].b.c", "args"]),
        ],
    )
    def test_are_a_name_and_its_fields(self, source: str, paths: list[str]) -> None:
        found = cel_source.paths(cel_source.tokens(source), "args")
        assert [path for path, _, _ in found] == paths

    @pytest.mark.parametrize(
        ("source", "tolerant"),
        [
            ("args.a <= 50", "n(args.a) <= 50"),
            ("args.a > -5", "n(args.a) > -5"),
            ("50 > args.a", "50 > n(args.a)"),
            ("args.a.b < 1 && 2 >= args['c']", "n(args.a.b) < 1 && 2 >= n(args['c'])"),
            ("args.a == 50", "args.a == 50"),
            ("args.a < args.b", "args.a < args.b"),
            ("args.a < '50'", "args.a < '50'"),
            ("args.a <", "args.a <"),
            ("args.a", "args.a"),
            ("args.a.size() < 5", "args.a.size() < 5"),
            ("'args.a < 5'", "'args.a < 5'"),
            ("-5 < args.a", "-5 < n(args.a)"),
            ("> args.a", "> args.a"),
        ],
    )
    def test_held_against_a_number_may_be_text(self, source: str, tolerant: str) -> None:
        words = cel_source.tokens(source)
        assert cel_source.comfortable(source, words, "args", "n") == tolerant

    @pytest.mark.parametrize(
        ("source", "numeric", "compared"),
        [
            ("args.a <= 50", 'n["args.a"] <= 50', ("args.a",)),
            ("1 < args.a && args.a < 5", '1 < n["args.a"] && n["args.a"] < 5', ("args.a",)),
            (
                "args.b > 1 || args.a.c < 2",
                'n["args.b"] > 1 || n["args.a.c"] < 2',
                ("args.b", "args.a.c"),
            ),
            ("run.a > 5 && args.a == 5", "run.a > 5 && args.a == 5", ()),
            ("args['a'] < 5 && args.b < 5", "args['a'] < 5 && args.b < 5", ()),
            ("args.l.all(args, args.k > 3)", "args.l.all(args, args.k > 3)", ()),
            ("args.l.all(x, x > args.a - 3)", "args.l.all(x, x > args.a - 3)", ()),
        ],
    )
    def test_held_against_numbers_are_read_as_numbers(
        self, source: str, numeric: str, compared: tuple[str, ...]
    ) -> None:
        assert cel_source.with_numbers(source, "args", "n") == (numeric, compared)

    def test_of_calls_are_sent_elsewhere(self) -> None:
        source = "f(a) + f (f(b)) + f + g.f(1)"
        words = cel_source.tokens(source)
        assert cel_source.renamed(source, words, {"f": "long"}) == (
            "long(a) + long (long(b)) + f + g.long(1)"
        )

    def test_of_whole_calls_are_replaced_by_names(self) -> None:
        source = "links(args).size() + size( links ( args ) ) + x.links(args) + links(run)"
        words = cel_source.tokens(source)
        assert cel_source.prepared(source, words, {"links(args)": "known"}) == (
            "known.size() + size( known ) + x.links(args) + links(run)"
        )

    @pytest.mark.parametrize(
        ("source", "names"),
        [
            ("args.all(x, x > 1)", ["x"]),
            ("args.map(x, x.filter(y, y))", ["x", "y"]),
            ("all(x, x)", []),
            ("args.all", []),
            ("args.all(", []),
            ("args.any(x, x)", []),
        ],
    )
    def test_of_macros_bring_names_with_them(self, source: str, names: list[str]) -> None:
        words = cel_source.tokens(source)
        assert list(cel_source.bound_names(words)) == names
        assert cel_source.macros(words) == len(names)


class TestNames:
    @pytest.mark.parametrize(
        "source",
        [
            "args.anything.at.all == true", "run.step > 1 && run['other'] == null", "1 in [1, 2]",
            "args.list.all(x, x.run > 1)", "now > timestamp('2026-01-01T00:00:00Z')",
            "string(type(args.a)) == 'int' || dyn(args) == null", "has(args.a) && 1 in args.a",
            "lower(args.a) == 'x'", "run.step == int(args.a)",
        ],
    )  # fmt: skip
    def test_that_somebody_knows_are_taken(self, source: str) -> None:
        assert compiled(source, VOCABULARY, NAMES).source == source

    @pytest.mark.parametrize(
        ("source", "wrong"),
        [
            ("amount > 1", "there is no amount here; there are args, run, now"),
            ("args.a > 1 && usd > 2", "there is no usd here; there are args, run, now"),
            ("run.cost > 1", "run has no cost; it has step, usd"),
            ("x.all(x, y)", "there is no y here; there are args, run, now"),
            ("sizeof(args)", "there is no function sizeof; there are bytes, contains, double, "),
            ("all(args)", "there is no function all; there are bytes, contains, double, "),
            ("args.a.trim() == ''", "there is no function trim; there are bytes, contains, "),
        ],
    )
    def test_that_nobody_knows_are_refused(self, source: str, wrong: str) -> None:
        assert refused(source).wrong.startswith(wrong)

    @pytest.mark.parametrize("source", ["run.", "args.", "run..step", "run.(1)", "args.a."])
    def test_that_break_off_are_refused_with_their_place(self, source: str) -> None:
        assert refused(source).line == 1


class TestAPattern:
    @pytest.mark.parametrize(
        ("pattern", "text", "fits"),
        [
            ("'^[A-Z]{3}$'", "ABC", True),
            ("'^[A-Z]{3}$'", "AB", False),
            (r"r'^\d{2,4}$'", "123", True),
            ("'a{64}'", "a" * 64, True),
            ("'a{8}b{8}'", "aaaaaaaabbbbbbbb", True),
            ("'a{3,}'", "aaa", True),
        ],
    )
    def test_that_is_written_out_is_held_against_a_text(
        self, pattern: str, text: str, fits: bool
    ) -> None:
        assert holds(f"args.a.matches({pattern})", a=text) is fits

    @pytest.mark.parametrize(
        "pattern",
        ["'a{65}'", "'a{1000}'", "'a{9}b{8}'", "'(a{1000}){1000}'", "'a{0,65}'", "'a{65,}'",
         f"'{'a' * 199}'"],
    )  # fmt: skip
    def test_that_multiplies_or_is_long_is_refused(self, pattern: str) -> None:
        assert refused(f"args.a.matches({pattern})").wrong == (
            "a pattern has at most 200 characters, its repetitions multiplied at most 64"
        )

    def test_of_two_hundred_characters_is_taken(self) -> None:
        assert holds(f"args.a.matches('{'a' * 198}')", a="a" * 198)

    @pytest.mark.parametrize(
        "call",
        ["args.a.matches(args.b)", "args.a.matches('a' + 'b')", "matches(args.a, 'b')"],
    )
    def test_that_is_made_up_is_refused(self, call: str) -> None:
        assert refused(call).wrong == (
            "a pattern is written out, as in args.code.matches('^[A-Z]{3}$')"
        )

    @pytest.mark.parametrize("pattern", [r"'\\x41'", r"'\\u0041'", r"'\\101'", r"b'\\x41'"])
    def test_with_escapes_of_its_own_is_written_raw(self, pattern: str) -> None:
        source = f"args.a.matches({pattern})".replace("\\\\", "\\")
        assert "a pattern with such escapes is written as a raw string" in refused(source).wrong


class TestALink:
    @pytest.mark.parametrize(
        "text",
        [
            "https://evil.example", " https://evil.example", "\n" * 30 + "https://evil.example",
            "\u2066https://evil.example", "\u202ehttps://evil.example", "\u061chttps://a.b",
            "\U000e0061https://evil.example", "\u3164 " * 4_000 + "https://evil.example",
            "ht\u2060tps://evil.example", "\u200b\u200b//evil.example", "<https://evil.example>",
            "WWW.evil.example", "evil.example/x", "127.0.0.1:80", "javascript:/x", "file:///etc",
        ],
    )  # fmt: skip
    def test_is_one_whatever_stands_before_it_unseen(self, text: str) -> None:
        assert functions.links({"a": text}, []) == [text]

    @pytest.mark.parametrize(
        "text", ["see https://evil.example", "evil", "evil.example", "a: b", "1.2.3.4", "", "é//x"]
    )
    def test_is_not_one_within_prose(self, text: str) -> None:
        assert functions.links({"a": text}, []) == []

    @pytest.mark.parametrize("name", ["url", "baseUrl", "webhook_endpoint", "callback", "HREF"])
    def test_is_whatever_a_field_of_that_name_holds(self, name: str) -> None:
        assert functions.links({name: "plain"}, []) == ["plain"]
        assert functions.links({name: 7}, []) == []

    @pytest.mark.parametrize(
        ("url", "host"),
        [
            ("https://Docs.Example.com/a", "docs.example.com"),
            ("https://example.com.", "example.com"),
            ("https://example.com:8080", "example.com"),
            ("https://[::1]:80/", "[::1]"),
            ("https://example.com?x", "example.com"),
            ("https://user@example.com", ""),
            ("https://ex%61mple.com", ""),
            ("https://example.com\\@evil.example", ""),
            (" https://example.com", ""),
            ("https://exämple.com", ""),
            ("https:example.com", ""),
            ("example.com", ""),
            ("", ""),
            (None, ""),
        ],
    )
    def test_leads_to_a_host_or_nobody_knows(self, url: Any, host: str) -> None:
        assert functions.host(url) == host


class TestValues:
    @pytest.mark.parametrize(
        ("value", "number"),
        [
            (5, 5),
            (5.5, 5.5),
            ("5", 5),
            ("5.50", 5.5),
            ("+5", 5),
            ("-5", -5),
            ("9" * 15, int("9" * 15)),
        ],
    )
    def test_are_numbers_also_as_text(self, value: Any, number: float) -> None:
        complaints: list[str] = []
        assert (functions.number(value, complaints), complaints) == (number, [])

    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            (True, "True"),
            (None, "nothing"),
            ("", "“”"),
            ("five", "“five”"),
            ("1e3", "“1e3”"),
            ("9" * 16, f"“{'9' * 16}”"),
            ("٥", "“٥”"),
            ([1], "[1]"),
            ("x" * 50, f"“{'x' * 40}”"),
        ],
    )
    def test_that_are_no_numbers_are_complained_of(self, value: Any, shown: str) -> None:
        complaints: list[str] = []
        assert functions.number(value, complaints) is None
        assert complaints == [f"{shown} is not a number"]

    @pytest.mark.parametrize(
        ("value", "moment"),
        [
            ("2026-03-14T09:30:00", datetime(2026, 3, 14, 9, 30, tzinfo=UTC)),
            (" 2026-03-14T09:30:00Z ", datetime(2026, 3, 14, 9, 30, tzinfo=UTC)),
            ("2026-03-14", datetime(2026, 3, 14, tzinfo=UTC)),
            ("soon", None),
            (None, None),
            (7, None),
        ],
    )
    def test_are_times_also_as_text(self, value: Any, moment: datetime | None) -> None:
        complaints: list[str] = []
        assert functions.moment(value, complaints) == moment
        assert bool(complaints) is (moment is None)

    def test_of_texts_are_read_only_so_often(self) -> None:
        asked = Functions(None)
        text = "x" * (functions.MOST_READ // 2)
        assert asked.lower(text) == text
        assert asked.lower(text) == text
        assert asked.lower("y") is None
        assert asked.complaints == ["its texts are too much to read as often as it wants to"]

    def test_that_are_no_text_are_not_lowered(self) -> None:
        asked = Functions(None)
        assert asked.lower(7) is None
        assert asked.complaints == ["7 is not text"]

    @pytest.mark.parametrize("name", ["tainted", "trusted", "origins"])
    def test_have_no_origin_where_nobody_kept_book(self, name: str) -> None:
        asked = Functions(None)
        assert asked.named(NAMES)[name]("x") is None
        assert asked.complaints == ["nobody knows where these values come from"]


PARTS = st.sampled_from(
    """args run now .a .step [0] ['a'] ( ) , . [ ] { } < <= == && || ! - + 5 1.5 'a' r'b' "c" true
    null in size( has( .all(x, .matches( x timestamp( //x é ' \n""".split(" ")
)


@given(st.lists(PARTS, max_size=14).map("".join))
def test_whatever_is_put_together_is_an_expression_or_refused_as_none(source: str) -> None:
    with suppress(BadExpression, Unanswerable):
        assert holds(source, a=1) in (True, False)
