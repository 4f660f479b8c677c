"""What a turn of a model cost, as its step says it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from console.journal.records import JournalRecord
from runs.reading import turn_costs


def turn(**facts: Any) -> JournalRecord:
    at = datetime(2026, 11, 20, 15, 47, tzinfo=UTC)
    return JournalRecord("step.planned", at, "supervisor", UUID(int=7), **facts)


def test_an_estimate_is_marked_where_there_is_no_room_for_a_word() -> None:
    estimated = turn(tokens_in=2_157, usd=Decimal("0.5"), data={"estimated": True})
    assert turn_costs.tokens(estimated) == "~2,157 → 0"
    assert turn_costs.cost(estimated) == "~$0.50"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (
            {
                "tokens_in": 2_000,
                "tokens_out": 500,
                "usd": Decimal("0.01"),
                "data": {"cached": 500},
            },
            "2,000 tokens sent (25% cached), 500 answered · $0.010, $4.00 for a million",
        ),
        ({"tokens_in": 20, "tokens_out": 5}, "20 tokens sent, 5 answered · no price"),
        (
            {"tokens_in": 20, "tokens_out": 5, "usd": Decimal(0)},
            "20 tokens sent, 5 answered · $0.00",
        ),
        (
            {"tokens_in": 1_000, "usd": Decimal("0.5"), "data": {"estimated": True}},
            "about 1,000 tokens sent, 0 answered · about $0.50, $500.00 for a million",
        ),
        ({"usd": Decimal(1)}, ""),
    ],
)
def test_a_step_says_its_tokens_its_cost_and_what_a_million_tokens_came_to(
    facts: dict[str, Any], said: str
) -> None:
    assert turn_costs.paid(turn(**facts)) == said
