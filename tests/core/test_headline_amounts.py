"""A headline says the sum that is asked for, in the currency it is asked in, and who gets it: a
person approves what it says.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.rules import amounts, headlines, stakes
from approvals.rules.request_vocabulary import RequestKind

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    "amount amount_cents totalUsd to bcc recipients currency order_id price fee email".split()
)


def said(tool: str = "transfer", **args: Any) -> str:
    return headlines.said(RequestKind.CALL, tool, args)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"amount": 150}, "Transfer 150.00"),
        ({"amount": 150, "currency": "USD"}, "Transfer $150.00"),
        ({"amount": 150, "currency": "eur"}, "Transfer €150.00"),
        ({"amount": 150, "currency": "CHF"}, "Transfer 150.00 CHF"),
        ({"amount": -5, "currency": "USD"}, "Transfer -$5.00"),
        ({"amount_usd": 150}, "Transfer $150.00"),
        ({"totalEur": 1500.5}, "Transfer €1,500.50"),
        ({"usd": 3}, "Transfer $3.00"),
        ({"amount_cents": 15000}, "Transfer 15,000 cents"),
        ({"amountInCents": 15000, "currency": "EUR"}, "Transfer €150.00"),
        ({"amount_minor": 15000}, "Transfer 15,000 minor units"),
        ({"amount_minor": 15000, "currency": "JPY"}, "Transfer 15,000 JPY"),
        ({"price": 900, "currency": "JPY"}, "Transfer 900 JPY"),
        ({"amount": "1,250.00 GBP"}, "Transfer £1,250.00"),
        ({"amount": "€12.50"}, "Transfer €12.50"),
        ({"refund_amount": 12.5}, "Transfer 12.50"),
        ({"amount": 5, "to_currency": "EUR", "currency": "USD"}, "Transfer 5.00"),
    ],
)
def test_a_sum_is_in_its_own_currency_or_in_none(args: dict[str, Any], expected: str) -> None:
    assert said(**args) == expected


@pytest.mark.parametrize(
    "args",
    [
        {"total_pixels": 100},
        {"summary": "5"},
        {"presumably": 1},
        {"amount": 1e308},
        {"amount": 10**400},
        {"amount": float("nan")},
        {"amount": True},
        {"amount": "5 apples"},
        {"amount": [5]},
        {"fees_of_arms": 3},
        {"totals": {"usd": 5}},
    ],
)
def test_what_is_no_sum_of_money_is_not_said_as_one(args: dict[str, Any]) -> None:
    assert list(amounts.found(args)) == []
    assert "$" not in said(**args)
    assert ".00" not in said(**args)
    assert len(said(**args)) < 120


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ({"to": "a@x.example"}, "Send email to a@x.example"),
        ({"to": ["a@x", "b@y"], "subject": "hi"}, "Send email to 2: a@x, b@y"),
        ({"to": "a@x, b@y; c@z"}, "Send email to 3: a@x, b@y, c@z"),
        ({"to": list("abcde")}, "Send email to 5: a, b, c, …"),
        ({"to": "a@x", "bcc": "evil@z"}, "Send email to a@x and 1 unseen"),
        ({"to": ["a@x", "b@y"], "bcc": ["c", "d"]}, "Send email to 2: a@x, b@y and 2 unseen"),
        ({"bcc": ["c", "d"]}, "Send email to 2 unseen"),
        ({"recipients": [{"email": "a@x"}, {"name": "nobody"}]}, "Send email to a@x"),
        ({"to": [], "email": "a@x"}, "Send email to a@x"),
    ],
)
def test_all_who_get_it_are_counted_and_the_unseen_are_said(
    args: dict[str, Any], expected: str
) -> None:
    assert said("send_email", **args) == expected


@given(st.dictionaries(NAMES, ANY, max_size=5))
def test_a_headline_is_one_short_line_whatever_the_arguments_are(args: dict[str, Any]) -> None:
    text = said("send_email", **args)
    assert len(text) < 260
    assert "\n" not in text
    assert headlines.brief("send_email", args)
    assert 0 <= stakes.amount(args) < 1e15


def test_cents_are_not_at_stake_a_hundred_times_over() -> None:
    assert stakes.amount({"amount_cents": 15_000}) == 150
    assert stakes.amount({"amount": 149, "price": 3}) == 149
    assert stakes.amount({"amount": -4}) == 0
