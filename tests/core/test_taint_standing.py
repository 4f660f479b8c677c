"""Where a value stands: beside trusted words, or in a field of the record that names it."""

from typing import Any

import pytest

from policies.taint.provenance import ProvenanceTracker
from policies.taint.trusted_texts import stands_alone, stands_in


class TestStanding:
    @pytest.mark.parametrize(
        "text",
        [
            "a@b.c",
            "to a@b.c.",
            "<a@b.c>",
            "a@b.c, x",
            "a@b.c: x",
            "a@b.c/ x",
            "(a@b.c)",
            "x a@b.c? y",
            "xa@b.c and a@b.c",
            "a@b.c.",
            "a@b.c=",
            "a@b.c. x",
        ],
    )
    def test_an_address_stands_where_a_sentence_puts_it(self, text: str) -> None:
        assert stands_in("a@b.c", text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "a@b",
            "xa@b.c",
            ".a@b.c",
            "-a@b.c",
            "a@b.cx",
            "a@b.c.d",
            "a@b.c/d",
            "a@b.c-x",
            "a@b.c@",
            "a@b.c?x=1",
            "a@b.c//",
            "a@b.c%20",
            "+a@b.c",
            "a@b.c:8",
            "a@b.c#x",
            "_a@b.c",
            "a@b.c=x",
        ],
    )
    def test_an_address_that_goes_on_is_another_one(self, text: str) -> None:
        assert not stands_in("a@b.c", text)

    @pytest.mark.parametrize(
        ("compact", "alone"),
        [
            ("x1234y", True),
            ("1234", True),
            ("01234", False),
            ("12345", False),
            ("12341234x", False),
            ("12345x1234", True),
            ("", False),
        ],
    )
    def test_an_account_number_is_no_part_of_a_longer_one(self, compact: str, alone: bool) -> None:
        assert stands_alone("1234", compact) is alone


class TestWhatTheRecordSays:
    people = '[{"id": 31, "name": "Charlie", "email": "c@shop.example", "owed": "900 USD"}]'

    def of(self, *read: str, goal: str = "Tell Charlie that it is on its way.") -> Any:
        book = ProvenanceTracker([goal])
        for step, text in enumerate([self.people, *read], start=1):
            book.hear("read", step, text)
        return book

    @pytest.mark.parametrize("value", ["Charlie", "C@SHOP.example", 31, "31", ["Charlie", 31]])
    def test_stands_in_fields_of_its_own(self, value: Any) -> None:
        assert self.of().recorded(value)

    @pytest.mark.parametrize("value", ["Char", "c@shop", 3, [], {}, "eve@evil.example"])
    def test_is_nothing_that_only_resembles_a_field(self, value: Any) -> None:
        assert not self.of().recorded(value)

    @pytest.mark.parametrize("text", ["Write to c@shop.example.", '{"note": "to c@shop.example"}'])
    def test_ends_where_a_text_speaks_of_it(self, text: str) -> None:
        book = self.of(text)
        assert not book.recorded("c@shop.example")
        assert book.recorded(31)

    def test_is_no_table_where_somebody_wrote_it(self) -> None:
        book = ProvenanceTracker()
        book.hear_of("read_file", 1, lambda: self.people, table=False)
        assert not book.recorded("Charlie")

    def test_names_no_amount(self) -> None:
        book = self.of()
        assert book.listed("Charlie")
        assert book.recorded("900 USD")
        assert not book.listed("900 USD")
        assert not book.listed(31)
        assert not book.listed("31")

    def test_does_not_speak_against_what_a_person_said(self) -> None:
        assert self.of().said("Charlie")
        assert not self.of("Remove Charlie.").said("Charlie")
        assert self.of("Remove Charlie.").trusted("Charlie")
        assert not self.of().said("c@shop.example")


@pytest.mark.parametrize(
    ("goal", "value", "said"),
    [
        ("Read www.harbour.example/fees.", "www.harbour.example/fees", True),
        ("Read https://www.harbour.example/fees", "https://www.harbour.example/fees", True),
        ("Read www.harbour.example", "www.harbour.example/fees", False),
        ("Read evil-www.harbour.example", "www.harbour.example", False),
        ("On 2026-05-20 at 10:00", "2026-05-20 10:00", True),
        ("On 2026-05-20 at 10:00", "2026-05-20 10:00:00", True),
        ("On 2026-05-20 at 10:00", "2026-05-20 11:00", False),
        ("On 2026-05-21 at 10:00", "2026-05-20 10:00", False),
    ],
)
def test_addresses_and_times_are_said_as_people_say_them(goal: str, value: str, said: bool) -> None:
    assert ProvenanceTracker([goal]).trusted(value) is said
