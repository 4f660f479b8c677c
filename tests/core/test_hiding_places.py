"""Whoever looks for a planted key finds it in each way that it may be written: a search that finds
nothing anywhere would prove nothing.
"""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest

from tests.runtime import hiding_places

KEY = 'sk-planted/0+9="x&Qr7zWm3vTn8kLp'


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY[:14],
        KEY[-14:],
        quote(KEY, safe=""),
        quote_plus(KEY),
        html.escape(KEY),
        json.dumps(KEY),
        json.dumps(json.dumps({"key": KEY})),
        KEY.encode().hex(),
        KEY.encode().hex().upper(),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(f"user:{KEY}".encode()).decode(),
        base64.urlsafe_b64encode(f"me:{KEY}".encode()).decode(),
    ],
)
def test_it_is_found_however_it_is_written(written: str) -> None:
    assert hiding_places.holds(f"before {written} after", KEY)


def test_it_is_not_found_where_it_is_not() -> None:
    assert not hiding_places.holds(f"[OPENAI_API_KEY] {'0123456789abcdef' * 9} {'Zm9v' * 20}", KEY)


def test_a_page_leads_on_within_the_house_only() -> None:
    assert hiding_places.within("/runs/1/", "audit/?all=1") == "/runs/1/audit/?all=1"
    assert hiding_places.within("/runs/1/", "https://elsewhere.example/x") == "/runs/1/"
