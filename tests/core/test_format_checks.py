"""Formats of a tool's arguments that are enforced, each by what fits and what does not; and text
that no table can hold.
"""

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from console.doors import storable_text
from runs.tools.format_checks import FORMATS, LONGEST

FITS: dict[str, tuple[str, ...]] = {
    "date-time": (
        "2026-11-20T15:47:01Z",
        "2026-11-20t15:47:01z",
        "2026-11-20 15:47:01+01:00",
        "2026-11-20T15:47:01.123456-05:00",
    ),
    "date": ("2026-11-20", "2024-02-29", "0001-01-01"),
    "time": ("15:47", "15:47:01", "15:47:01.5Z", "23:59:59+02:00"),
    "email": ("anna@example.com", "a.b+c@sub.example.co", "ä@example.com", "a@localhost"),
    "uri": ("https://example.com", "mailto:anna@example.com", "urn:isbn:123", "file:///tmp/x"),
    "uuid": ("00000000-0000-0000-0000-000000000007",),
    "ipv4": ("127.0.0.1", "255.255.255.255"),
    "ipv6": ("::1", "2001:db8::8a2e:370:7334", "::ffff:127.0.0.1"),
}
WRONG: dict[str, tuple[str, ...]] = {
    "date-time": (
        "2026-11-20T15:47:01",
        "2026-11-20",
        "2026-13-20T15:47:01Z",
        "2026-11-20T25:47:01Z",
        "tomorrow",
        "2026-11-20T15:47:01Z\n",
        "٢٠٢٦-11-20T15:47:01Z",
    ),
    "date": ("2026-02-29", "20.11.2026", "2026-1-2", "2026-11-20T00:00:00Z", ""),
    "time": ("3:47", "24:00", "15:60", "15:47:61", "noon"),
    "email": ("anna", "@example.com", "anna@", "a b@example.com", "a@@b", "a@b..c", "a@.com"),
    "uri": ("example.com", "//example.com", "", "https:", "http://[::1"),
    "uuid": ("7", "00000000000000000000000000000007", "{00000000-0000-0000-0000-00000000007}"),
    "ipv4": ("127.0.0", "256.0.0.1", "1.2.3.4.5", "127.0.0.01", "::1"),
    "ipv6": ("127.0.0.1", ":::", "2001:db8::g"),
}
ALL_FITTING = [(name, value) for name, values in FITS.items() for value in values]
ALL_WRONG = [(name, value) for name, values in WRONG.items() for value in values]


def test_every_format_is_tried_from_both_sides() -> None:
    assert set(FITS) == set(WRONG) == set(FORMATS) == set(LONGEST)


@pytest.mark.parametrize(("name", "value"), ALL_FITTING)
def test_what_fits(name: str, value: str) -> None:
    assert FORMATS[name](value) is True


@pytest.mark.parametrize(("name", "value"), ALL_WRONG)
def test_what_does_not(name: str, value: str) -> None:
    assert FORMATS[name](value) is False


@given(st.sampled_from(sorted(FORMATS)), st.text(max_size=200))
def test_no_text_breaks_a_check(name: str, value: str) -> None:
    assert FORMATS[name](value) in (True, False)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_longer_than_any_such_value_is_not_even_read(name: str) -> None:
    fitting = FITS[name][0]
    assert FORMATS[name](fitting + "0" * LONGEST[name]) is False


# text that no table can hold

NUL, HALF = "a\x00b", "a\ud800b"


@pytest.mark.parametrize(
    ("text", "illegible"),
    [
        ("", False),
        ("plain", False),
        ("größer €", False),
        ("\U0001f600", False),
        ("\ufffd", False),
        (NUL, True),
        (HALF, True),
        ("\udfff", True),
        ("ä\x00", True),
    ],
)
def test_only_a_nul_and_half_a_character_are_illegible(text: str, illegible: bool) -> None:
    assert storable_text.illegible(text) is illegible


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_everything_that_can_be_typed_may_be_sent(text: str) -> None:
    assert storable_text.illegible(text) is False


def test_address_query_cookies_and_headers_are_looked_at() -> None:
    request = RequestFactory().get(
        "/audit/", {"q": "refund"}, headers={"x-odd": "header"}, content_type="text/plain"
    )
    request.COOKIES["sid"] = "cookie"
    seen = set(storable_text.outside(request))
    assert {"/audit/", "q", "refund", "sid", "cookie", "header"} <= seen


def test_fields_and_names_of_a_form_are_looked_at_and_only_of_one_that_is_posted() -> None:
    posted = RequestFactory().post("/x/", {"goal": "Refund", "note": ["one", "two"]})
    assert set(storable_text.form(posted)) == {"goal", "Refund", "note", "one", "two"}
    assert storable_text.form(RequestFactory().get("/x/", {"goal": "Refund"})) == ()
