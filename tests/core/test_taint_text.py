"""Text brought to one form and values made into something to look for, each step by its value."""

import base64
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.taint import normal_form, search_terms
from policies.taint.block import Block, ValueOrigin
from policies.taint.search_terms import SearchTerms, TooMuchToSearch

FIRST, SECOND, THIRD = ValueOrigin("a", 1), ValueOrigin("b", 2), ValueOrigin("c", 3)


class TestDecoding:
    @pytest.mark.parametrize(
        ("written", "plain"),
        [
            ("Anna", "anna"),
            ("STRASSE Straße", "strasse strasse"),
            ("a%40b", "a@b"),
            ("caf%C3%A9", "café"),
            ("%ff", "\ufffd"),
            ("100% sure %zz", "100% sure %zz"),
            ("a&#64;b &amp; c", "a@b & c"),
            ("a\\u0040b", "a@b"),
            ("a\\nb\\tc", "a b c"),
            ('say \\"hi\\" \\/ \\\\', 'say "hi" / \\'),
            ("a\\qb", "a\\qb"),
            ("%2540", "@"),
            ("%252540", "@"),
            ("%25252540", "%40"),
            ("&amp;#64;", "@"),
            ("mal\u200blory\u00ad\ufeff", "mallory"),
            ("\u202emallory\u2066x", "malloryx"),
            ("mal\u2067lo\u2069ry\u061c", "mallory"),
            ("mal\u180elo\ufe0fry\u034f", "mallory"),
            ("mal\u3164lo\U000e0061ry\u2062", "mallory"),
            ("a\u2028b\u2800c\u0085d\ue000é", "a\u2028b\u2800c\u0085d\ue000é"),
            ("ｍａｌ＠ｘ", "mal@x"),
            ("ﬁne", "fine"),
            ("a (at) b [dot] c", "a @ b . c"),
            ("a {AT} b < dot > c", "a @ b . c"),
            ("a (at  ) b", "a @ b"),
            ("a (    at) b", "a (    at) b"),
            ("a (att) b", "a (att) b"),
        ],
    )
    def test_undoes_what_hides_a_text(self, written: str, plain: str) -> None:
        assert normal_form.decoded(written) == plain

    @given(st.text(max_size=60))
    def test_of_any_text_gives_folded_text(self, written: str) -> None:
        plain = normal_form.decoded(written)
        assert plain == plain.casefold() or "\\" in written or "&" in written or "%" in written

    @given(
        st.text(alphabet=st.characters(codec="ascii", exclude_characters="%&\\({[<"), max_size=60)
    )
    def test_of_plain_letters_changes_only_their_case(self, written: str) -> None:
        assert normal_form.decoded(written) == written.lower()


class TestWords:
    @pytest.mark.parametrize(
        ("plain", "words"),
        [
            ("write to anna@example.com!", " write to anna example com "),
            ("a_b-c", " a b c "),
            ("  ", "  "),
            ("", "  "),
            ("größe: 5 €", " größe 5 "),
            ("日本_語", " 日本 語 "),
        ],
    )
    def test_have_one_space_before_between_and_after(self, plain: str, words: str) -> None:
        assert normal_form.worded(plain) == words

    @given(st.text(max_size=80))
    def test_are_letters_and_digits_in_their_order(self, plain: str) -> None:
        words = normal_form.worded(plain)
        assert words.replace(" ", "") == "".join(sign for sign in plain if sign.isalnum())
        assert (words[0], words[-1]) == (" ", " ")
        assert "  " not in words.strip()


class TestNumbers:
    @pytest.mark.parametrize(
        ("digits", "readings"),
        [
            ("180", {"180"}),
            ("0180", {"180"}),
            ("000", {"0"}),
            ("180.50", {"180.5"}),
            ("180.00", {"180"}),
            ("1,800", {"1800", "1.8"}),
            ("1.800", {"1800", "1.8"}),
            ("1'800", {"1800"}),
            ("1,800.50", {"1800.5"}),
            ("1.800,50", {"1800.5"}),
            ("1'800.50", {"1800.5"}),
            ("1,234,567", {"1234567"}),
            ("1,234.567,8", set()),
            ("1.2.3", set()),
            ("2026.03.14", set()),
            ("12,34,567", set()),
            ("1,23", {"1.23"}),
            ("1'23", set()),
        ],
    )
    def test_are_read_in_every_way_they_may_be_meant(self, digits: str, readings: set[str]) -> None:
        assert normal_form.readings_of(digits) == readings

    @pytest.mark.parametrize(
        ("plain", "found"),
        [
            ("", set()),
            ("pay 180.00 usd", {"180"}),
            ("1 800 pieces", {"1", "800", "1800"}),
            ("1\u00a0800,50 eur", {"1", "800.5", "1800.5"}),
            ("12 34", {"12", "34"}),
            ("1 8000", {"1", "8000"}),
            ("1234 567", {"1234", "567"}),
            ("order 10-42", {"10", "42"}),
            ("v1.2.3", set()),
            ("٣", set()),
        ],
    )
    def test_of_a_text_are_in_one_form(self, plain: str, found: set[str]) -> None:
        assert normal_form.numbers(plain) == found

    @pytest.mark.parametrize(
        ("whole", "fraction", "number"),
        [("0180", "50", "180.5"), ("", "", "0"), ("00", "10", "0.1"), ("7", "00", "7")],
    )
    def test_have_no_zeros_to_spare(self, whole: str, fraction: str, number: str) -> None:
        assert normal_form.canonical(whole, fraction) == number

    @given(st.integers(0, 10**12))
    def test_are_found_with_any_separator_between_thousands(self, number: int) -> None:
        for sign in (",", ".", "'", " "):
            written = f"{number:,}".replace(",", sign)
            assert str(number) in normal_form.numbers(f"pay {written} now")


class TestUnwrapping:
    def test_reads_base64_and_hexadecimal_digits(self) -> None:
        hidden = "send to mallory"
        wrapped = base64.b64encode(hidden.encode()).decode()
        assert normal_form.unwrapped(f"x {wrapped} y") == [hidden]
        assert normal_form.unwrapped(wrapped.rstrip("=")) == [hidden]
        assert normal_form.unwrapped(hidden.encode().hex()) == [hidden]
        assert normal_form.unwrapped("0x" + hidden.encode().hex()) == [hidden]
        url_safe = base64.urlsafe_b64encode("ünïcödé¿¿¿>>>???".encode()).decode()
        assert normal_form.unwrapped(url_safe) == ["ünïcödé¿¿¿>>>???"]

    @pytest.mark.parametrize("value", [None, 7, 1.5, True, [], "short", "", "a b c d e f g h"])
    def test_of_what_hides_nothing_finds_nothing(self, value: Any) -> None:
        assert normal_form.unwrapped(value) == []

    def test_takes_eight_characters_and_more(self) -> None:
        assert normal_form.unwrapped(b"seven77".hex()) == []
        assert normal_form.unwrapped(b"eight888".hex()) == ["eight888"]

    def test_takes_only_what_can_be_printed(self) -> None:
        assert normal_form.unwrapped(b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09".hex()) == []
        assert normal_form.unwrapped(b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe".hex()) == []

    def test_takes_fifty_at_most(self) -> None:
        one = b"eight888".hex()
        assert len(normal_form.unwrapped(" ".join([one] * 50))) == 50
        assert len(normal_form.unwrapped(" ".join([one] * 51))) == 50


def patterns(value: Any) -> list[SearchTerms]:
    return search_terms.patterns(value)


def phrases(value: Any) -> list[tuple[str, ...]]:
    return [each.phrases for each in patterns(value)]


class TestAPattern:
    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            False,
            "",
            "   ",
            "yes",
            "Medium",
            "abc",
            "a-b-c",
            0,
            7,
            99,
            -99,
            "7",
            "$5",
            float("nan"),
            float("inf"),
            10**30,
            -(10**30),
            1e31,
        ],
    )
    def test_is_not_made_of_what_is_everywhere(self, value: Any) -> None:
        assert patterns(value) == []

    @pytest.mark.parametrize(
        ("value", "numbers"),
        [
            (100, {"100"}),
            (-100, {"100"}),
            (10**30 - 1, {str(10**30 - 1)}),
            (0.5, {"0.5"}),
            (99.5, {"99.5"}),
            (100.0, {"100"}),
            (1e20, {"1" + "0" * 20}),
            (Decimal("180.50"), {"180.5"}),
            ("180.50", {"180.5"}),
            ("$ 180.50", {"180.5"}),
            ("-180.50", {"180.5"}),
            ("180,50 EUR", {"180.5"}),
            ("usd 1,800", {"1800", "1.8"}),
            ("1,800 dollars", {"1800", "1.8"}),
            ("£1'800.", {"1800"}),
            ("1 800", {"1800"}),
        ],
    )
    def test_of_a_number_or_an_amount_is_its_readings(self, value: Any, numbers: set[str]) -> None:
        assert patterns(value) == [SearchTerms(numbers=frozenset(numbers))]

    def test_of_a_long_number_as_text_is_also_its_digits(self) -> None:
        assert patterns("12345") == [SearchTerms(numbers=frozenset({"12345"}))]
        assert patterns("123456") == [
            SearchTerms((" 123456 ",), "123456", numbers=frozenset({"123456"}), account="123456")
        ]
        assert patterns("1234567.5") == [SearchTerms(numbers=frozenset({"1234567.5"}))]

    def test_of_an_address_is_each_way_it_is_written(self) -> None:
        assert patterns("Anna.Lee@Example.com") == [
            SearchTerms(
                (
                    " anna lee example com ",
                    " anna lee at example dot com ",
                    " anna lee at example com ",
                ),
                "annaleeexamplecom",
                (" anna lee ", " example com "),
                literal="anna.lee@example.com",
            )
        ]

    def test_of_a_link_is_also_its_host(self) -> None:
        assert patterns("https://www.Evil.example:8080/a?b=1") == [
            SearchTerms(
                (" evil example 8080 a b 1 ", " evil example "),
                "evilexample8080ab1",
                literal="evil.example:8080/a?b=1",
            )
        ]
        assert phrases("ftp://user@evil.example/x")[-1] == (
            " user evil example x ",
            " evil example ",
        )
        assert patterns("www.evil.example/")[0].literal == "evil.example"

    def test_of_words_is_the_words(self) -> None:
        assert patterns("Blue lamp") == [SearchTerms((" blue lamp ",), "bluelamp")]
        assert patterns("red lamp") == [SearchTerms((" red lamp ",))]
        assert patterns("lamp 12") == [SearchTerms((" lamp 12 ",), "lamp12")]
        assert patterns("abcd") == [SearchTerms((" abcd ",))]

    def test_of_an_account_is_also_its_digits_and_letters(self) -> None:
        assert patterns("DE02 1203 0000") == [
            SearchTerms((" de02 1203 0000 ",), "de0212030000", account="de0212030000")
        ]

    def test_of_a_domain_or_a_path_is_sharp(self) -> None:
        assert patterns("evil.example")[0].literal == "evil.example"
        assert patterns("a/b/c/d/e")[0].literal == "a/b/c/d/e"
        assert patterns("evil example")[0].literal == ""
        assert patterns("host1234567.example")[0].account == ""

    def test_of_a_sentence_with_an_address_is_the_address_and_the_sentence(self) -> None:
        found = patterns("write to mallory@evil.example now")
        assert [each.literal for each in found] == [
            "mallory@evil.example",
            "write to mallory@evil.example now",
        ]

    def test_of_long_prose_is_only_what_stands_in_it(self) -> None:
        prose = "word " * 60
        assert patterns(prose.strip())[0].phrases == (f" {prose}",)
        assert patterns(prose + "ab") == []
        inside = patterns(f"{prose}mallory@evil.example and account de02 1203 0000 2020")
        assert [each.literal or each.account for each in inside] == [
            "mallory@evil.example",
            "de02120300002020",
        ]
        assert patterns(f"{prose}code 12ab34cd56") == []

    def test_is_one_of_two_thousand_at_most(self) -> None:
        def many(count: int) -> str:
            return " ".join(f"a{number}@b.example" for number in range(count))

        assert len(patterns(many(2_000))) == 2_000
        with pytest.raises(TooMuchToSearch, match="more than 2,000 addresses or numbers"):
            patterns(many(2_001))


class TestWhatWasSaid:
    @pytest.mark.parametrize("value", [None, True, False, ""])
    def test_of_nothing_is_nothing(self, value: Any) -> None:
        assert search_terms.said(value) == []

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (7, SearchTerms(numbers=frozenset({"7"}))),
            (-7, SearchTerms(numbers=frozenset({"7"}))),
            ("07", SearchTerms(numbers=frozenset({"7"}))),
            ("yes", SearchTerms((" yes ",))),
            ("a/b", SearchTerms((" a b ",), literal="a/b")),
            ("100", SearchTerms(numbers=frozenset({"100"}))),
        ],
    )
    def test_the_most_common_value_counts_as_well(self, value: Any, expected: SearchTerms) -> None:
        assert search_terms.said(value) == [expected]

    @given(st.one_of(st.integers(), st.floats(), st.text(max_size=40), st.decimals(-1000, 1000)))
    def test_of_any_value_is_something_to_look_for(self, value: Any) -> None:
        for each in search_terms.said(value):
            assert each.phrases or each.numbers or each.literal or value != value or value == 0

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            (7, "7"),
            (0.1, "0.1"),
            (1e-7, "0.0000001"),
            (1e20, "100000000000000000000"),
            (Decimal("1E+3"), "1000"),
            (10**30, ""),
            (10**30 - 1, "9" * 30),
            (-(10**30), ""),
            (float("nan"), ""),
            (Decimal("Infinity"), ""),
        ],
    )
    def test_a_number_is_written_out(self, value: Any, written: str) -> None:
        assert search_terms.plain_number(value) == written

    def test_addresses_are_told_as_patterns_have_them(self) -> None:
        told = "mail anna@b.example, see https://www.c.example/x/. and www.d.example!"
        assert search_terms.addresses(told) == {"anna@b.example", "c.example/x", "d.example"}


class TestABlock:
    def block(self, *texts: str) -> Block:
        block = Block()
        for words, origin in zip(texts, (FIRST, SECOND, THIRD), strict=False):
            block.add(words, origin)
        return block

    def test_names_each_text_that_has_the_pattern_in_their_order(self) -> None:
        block = self.block(" red lamp ", " blue lamp ", " lamp red ")
        assert list(block.places(" lamp ", compact=False)) == [FIRST, SECOND, THIRD]
        assert list(block.places(" red ", compact=False)) == [FIRST, THIRD]
        assert list(block.places(" green ", compact=False)) == []

    def test_names_a_text_once(self) -> None:
        block = self.block(" a a a ", " b ", " a a ")
        assert list(block.places(" a ", compact=False)) == [FIRST, THIRD]

    def test_looks_across_spaces_and_not_across_texts(self) -> None:
        block = self.block(" re d ", " lamp ")
        assert list(block.places("red", compact=True)) == [FIRST]
        assert list(block.places("redlamp", compact=True)) == []
        assert list(block.places("red", compact=False)) == []
