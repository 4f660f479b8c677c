"""Where in a run its words were found, in a few words that say which value it was."""

import json
from typing import Any
from uuid import UUID

import pytest

from runs.search import found_places

ORDER = {
    "call": "1.1",
    "result": {
        "customer": {"email": "rosa.thorne1@example.com", "name": "Rosa Thorne"},
        "lines": [{"name": "Lantern floor lamp, smoked glass", "price": 180.0}],
        "order_id": 9104,
    },
}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("9104", "order_id: 9104"),
        ("rosa.thorne1@example.com", "email: rosa.thorne1@example.com"),
        ("lantern", "name: Lantern floor lamp, smoked glass"),
        ("180.00", "price: 180.0"),
        ("customer", ""),
    ],
)
def test_the_value_that_has_the_words_is_shown_under_its_own_name(words: str, said: str) -> None:
    assert found_places.around(json.dumps(ORDER), found_places.in_text(words)) == said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"thought": "Then the lamp."}, "Then the lamp."),
        ({"planner": "lamp", "final": "Sent the\nlamp back."}, "Sent the lamp back."),
        (
            {"result": {"body": f"{'before ' * 9}lamp{' after' * 9}"}},
            f"body: …{'before ' * 5}lamp{' after' * 6}…",
        ),
    ],
)
def test_prose_needs_no_name_and_is_cut_around_the_words(data: dict[str, Any], said: str) -> None:
    assert found_places.around(json.dumps(data), found_places.in_text("lamp")) == said


def test_an_event_whose_content_was_erased_since_it_was_found_shows_nothing_of_it() -> None:
    erased = found_places.FirstEvent(UUID(int=1), 4, 2, "get_order", "call.returned", None)
    place = found_places.place(erased, found_places.in_text("lamp"))
    assert (place.seq, place.step, place.what, place.said) == (4, 2, "get_order", "")
