"""Two calls that would do the same are known by one key, however they are worded."""

from typing import Any

import pytest

from approvals.rules import call_keys

REFUND = {"order_id": 1063, "amount": 72.0, "recipient": "ines@example.com", "reason": "broken"}


def key(args: dict[str, Any], tool: str = "issue_refund", effect: str = "irreversible") -> str:
    return call_keys.key(tool, args, effect)


@pytest.mark.parametrize(
    "other",
    [
        {"reason": "arrived damaged"},
        {"amount": "72.00", "recipient": "Ines@Example.com"},
        {"order_id": "1063", "note": "asap"},
    ],
)
def test_the_same_sum_for_the_same_receiver_is_the_same_call(other: dict[str, Any]) -> None:
    assert key({**REFUND, **other}) == key(REFUND) != ""


@pytest.mark.parametrize(
    "other", [{"amount": 60.0}, {"recipient": "zoe@example.com"}, {"order_id": 1064}]
)
def test_another_sum_or_receiver_is_another_call(other: dict[str, Any]) -> None:
    assert key({**REFUND, **other}) != key(REFUND)


def test_without_money_all_arguments_make_the_call() -> None:
    letter = {"to": "ines@example.com", "subject": "Hello", "text": "Your parcel"}
    assert key(letter, "send_email") == key({**letter, "subject": " HELLO "}, "send_email") != ""
    assert key(letter, "send_email") != key({**letter, "text": "Your refund"}, "send_email")
    assert key({"amount": 5}, "tip") != key({"amount": 5, "to": "ines@example.com"}, "tip")


def test_another_tool_is_another_call_and_reading_twice_is_nothing() -> None:
    assert key(REFUND, "charge") != key(REFUND)
    assert key(REFUND, effect="read") == key({}) == key({"note": None}) == ""
