"""What an event can be found by."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.journal import content_words as words
from console.journal.records import ALWAYS_HIDDEN, USER_HIDDEN, VISIBLE, JournalRecord

AT = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)


def record(
    kind: str = "call.returned", visibility: str = USER_HIDDEN, **data: Any
) -> JournalRecord:
    return JournalRecord(kind, AT, "tool", UUID(int=1), tool="get_order", visibility=visibility,
                         verdict="succeeded", data=data)  # fmt: skip


def finds(asked: str, data: Mapping[str, Any]) -> bool:
    found = words.of_content(data)
    return all((words.WORD, word) in found for word in words.asked(asked))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("refund", "Refund the order."),
        ("STRASSE", "Hauptstraße, straße"),
        ("cafe\u0301", "Café"),
        ("1234.5", "1,234.50 euros"),
        ("1,234.50", "it is 1234.5"),
        ("order-104711", "order-104711 was lost"),
        ("104711", "order-104711 was lost"),
        ("anna@example.com", "write to Anna@Example.com."),
        ("example.com", "write to anna@example.com"),
        ("007", "agent 007"),
        ("two words", "words that are two"),
    ],
)
def test_a_text_is_found_by_its_words_however_they_are_written(asked: str, said: str) -> None:
    assert finds(asked, {"text": said})


@pytest.mark.parametrize(
    ("asked", "said"),
    [("fund", "Refund it"), ("7", "agent 007"), ("two words", "words"), ("12", "1,234")],
)
def test_a_text_is_not_found_by_less_than_a_word(asked: str, said: str) -> None:
    assert not finds(asked, {"text": said})


def test_numbers_in_arguments_are_found_with_and_without_commas() -> None:
    data = {"args": {"amount": 1234.5, "order": 104711, "sure": True}}
    assert finds("1,234.50", data)
    assert finds("104,711", data)
    assert not finds("true", data)


def test_a_whole_value_is_found_as_such() -> None:
    found = words.of_content({"args": {"note": "Two  Words", "amount": 12.50}})
    assert {(words.VALUE, "two words"), (words.VALUE, "12.5")} <= found
    assert (words.VALUE, "two") not in found


def test_names_of_fields_and_what_nobody_said_are_not_searched() -> None:
    assert words.of_content({"key": "secret", "args": {"customer": "x"}}) == {
        (words.WORD, "x"),
        (words.VALUE, "x"),
    }


def test_of_a_value_kept_apart_its_beginning_and_end_are_found() -> None:
    mark = {
        "$spilled": {"sha256": "00", "size": 9, "form": "text", "head": "first", "tail": "last"}
    }
    assert finds("first last", {"result": mark})


def test_what_is_always_hidden_has_no_key_at_all() -> None:
    assert words.keys(7, record(visibility=ALWAYS_HIDDEN, text="secret")) == []


def test_who_may_not_read_an_event_asks_for_other_keys() -> None:
    hidden, seen = (
        words.keys(7, record(visibility=who, text="x")) for who in (USER_HIDDEN, VISIBLE)
    )
    assert not set(hidden) & set(seen)


def test_details_of_guarded_kinds_are_found_only_by_who_sees_tools() -> None:
    paused = record("run.paused", VISIBLE, detail="refund failed")
    found = set(words.keys(7, paused, frozenset({"run.paused"})))
    place = words.bucket(7)
    assert place | words.digest(USER_HIDDEN, words.WORD, "refund") in found
    assert place | words.digest(VISIBLE, words.WORD, "refund") not in found
    assert place | words.digest(VISIBLE, "tool", "get_order") not in found
    assert place | words.digest(VISIBLE, "kind", "run.paused") in found


def test_neighbours_share_a_bucket_and_strangers_do_not() -> None:
    assert words.bucket(1) == words.bucket(2)
    assert words.bucket(1) != words.bucket(1 + (1 << words.SPAN))


@given(st.integers(0, 2**38 - 1), st.integers(0, 2**38 - 1))
def test_no_two_buckets_share_a_key(one: int, other: int) -> None:
    keys = {words.bucket(each) | words.digest(VISIBLE, "word", "refund") for each in (one, other)}
    same = one >> words.SPAN == other >> words.SPAN
    assert len(keys) == (1 if same else 2)
    assert max(keys) < 2**63


def test_keys_of_a_word_in_neighbouring_buckets_stand_side_by_side() -> None:
    refund, lamp = (words.digest(VISIBLE, "word", each) for each in ("refund", "lamp"))
    places = [words.bucket(each << words.SPAN) for each in range(2**words.BESIDE)]
    assert max(each | refund for each in places) - min(each | refund for each in places) < 2**8
    ordered = sorted(place | word for place in places for word in (refund, lamp))
    assert len({key >> words.BESIDE for key in ordered[: len(places)]}) == 1


def test_an_event_is_found_by_the_families_of_its_names() -> None:
    found = words.of_envelope(record("run.paused"))
    assert {("kind", "run.paused"), ("kind", "run."), ("verdict", "succeeded")} <= found
