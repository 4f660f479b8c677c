"""Who looks at a card is told to the others by name, and told apart by id."""

from datetime import UTC, datetime

import pytest

from approvals import presence
from tests.approvals.desk import person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_others_are_seen_and_oneself_is_not_under_whatever_name() -> None:
    anna, bert = person("anna"), person("bert")
    assert presence.look(901, anna, NOW) == []
    assert presence.look(901, bert, NOW) == ["anna"]
    anna.username = "anna-renamed"
    assert presence.look(901, anna, NOW) == ["bert"]
    assert "anna" not in presence.look(901, anna, NOW)
