"""What each of a run's models cost, and what was saved: told by the journal alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from console.journal.records import JournalRecord, Stored
from runs.reading import model_costs
from runs.reading.model_costs import CostRow, ModelCosts

RUN = UUID(int=7)
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
SMALL = {"price_in": "1", "price_out": "2"}
LARGE = {"price_in": "10", "price_out": "20"}
Told = tuple[str, dict[str, Any], dict[str, Any]]
CREATED: Told = ("run.created", {"planner": "small"}, {})
LEASED: Told = ("run.leased", SMALL, {})
TO_LARGE: Told = ("run.routed", {"planner": "large", "tier": "plan", **LARGE}, {})
TO_SMALL: Told = ("run.routed", {"planner": "small", "tier": "step", **SMALL}, {})


def told(*events: Told) -> list[Stored]:
    return [
        Stored(
            number,
            RUN,
            number,
            JournalRecord(kind, NOW, "planner", RUN, data=data, **columns),
        )
        for number, (kind, data, columns) in enumerate(events, 1)
    ]


def step(usd: str | None, sent: int = 100_000, answered: int = 1_000, **data: Any) -> Told:
    cost = None if usd is None else Decimal(usd)
    return "step.planned", data, {"tokens_in": sent, "tokens_out": answered, "usd": cost}


def costs(*events: Told) -> ModelCosts:
    found = model_costs.costs(told(CREATED, LEASED, *events))
    assert found is not None
    return found


def sentences(*events: Told) -> Sequence[str]:
    return costs(*events).sentences


def test_each_model_is_told_with_what_it_was_used_for() -> None:
    found = costs(TO_LARGE, step("1.02"), TO_SMALL, step("0.102"), step("0.102"))
    assert found.rows == [
        CostRow("better model", "large", 1, "100,000 → 1,000", "", "$1.02"),
        CostRow("usual model", "small", 2, "200,000 → 2,000", "", "$0.20"),
    ]


def test_what_cheaper_models_saved_is_against_the_costliest_one_asked_each_time() -> None:
    assert sentences(TO_LARGE, step("1.02"), TO_SMALL, step("0.102"), step("0.102")) == [
        "Cheaper models saved about $1.84 against asking large each time."
    ]


def test_tokens_that_were_cached_are_cheap_for_the_costliest_model_as_well() -> None:
    [saved] = sentences(TO_LARGE, step("1.02"), TO_SMALL, step("0.0102", cached=99_000))
    assert saved.startswith("Cheaper models saved about $0.092 ")


def test_one_model_without_a_cache_says_no_more_than_the_meters() -> None:
    assert model_costs.costs(told(CREATED, LEASED, step("0.1"), step("0.1"))) is None
    assert model_costs.costs(told(CREATED, LEASED)) is None
    assert model_costs.costs([]) is None


def test_what_the_caches_saved_is_told_of_one_model_too() -> None:
    found = costs(step("0.02", cached=90_000, saved="0.08"), step("0.02", saved="0.01"))
    assert found.sentences == ["What providers had in their caches saved $0.090."]
    assert found.rows[0].cached == "45%"


def test_summaries_and_judging_are_rows_of_their_own() -> None:
    columns = {"tokens_in": 50_000, "tokens_out": 500, "usd": Decimal("0.001")}
    found = costs(
        step("0.102"),
        ("context.compacted", {"model": "tiny", "estimated": True}, columns),
        ("judge.answered", {}, {**columns, "model": "strict"}),
    )
    assert [(each.use, each.model, each.cost) for each in found.rows] == [
        ("usual model", "small", "$0.10"),
        ("summaries", "tiny", "about $0.0010"),
        ("judging", "strict", "$0.0010"),
    ]
    assert found.rows[1].tokens == "about 50,000 → 500"
    assert found.sentences == ["Cheaper models saved about $0.050 against asking small each time."]


def test_a_summary_that_no_model_wrote_is_no_question() -> None:
    digest: Told = ("context.compacted", {"by": "digest"}, {})
    assert model_costs.costs(told(CREATED, LEASED, step("0.1"), digest)) is None


def test_a_cheaper_model_that_a_budget_named_is_a_row_as_well() -> None:
    down: Told = ("run.downgraded", {"planner": "tiny", "price_in": "0.1", "price_out": "0.2"}, {})
    found = costs(step("0.102"), down, step("0.0102"))
    assert [each.model for each in found.rows] == ["small", "tiny"]
    assert found.sentences == ["Cheaper models saved about $0.092 against asking small each time."]


def test_a_turn_that_came_to_nothing_was_paid_for_by_the_model_that_had_the_steps() -> None:
    failed: Told = ("step.plan_failed", {}, {"tokens_in": 10, "tokens_out": 0, "usd": Decimal(1)})
    free: Told = ("step.plan_failed", {}, {})
    found = costs(TO_LARGE, failed, free, TO_SMALL, step("0.1"))
    assert [(each.model, each.asked) for each in found.rows] == [("large", 1), ("small", 1)]


def test_an_unknown_price_is_said_and_never_counted_as_nothing() -> None:
    bare: Told = ("run.routed", {"planner": "new", "tier": "plan"}, {})
    found = costs(step("0.102"), bare, step(None), TO_SMALL, step(None), step("0.102"))
    assert [each.cost for each in found.rows] == ["at least $0.20", "no known price"]
    assert found.sentences == []


def test_a_person_who_names_another_planner_changes_whose_steps_they_are() -> None:
    word: Told = ("run.continued", {"planner": "other"}, {})
    stays: Told = ("run.continued", {"planner": ""}, {})
    leased: Told = ("run.leased", LARGE, {})
    found = costs(step("0.1"), stays, LEASED, step("0.1"), word, leased, step("1"))
    assert [(each.model, each.asked) for each in found.rows] == [("small", 2), ("other", 1)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 10**6), st.integers(0, 10**4)), min_size=1))
def test_nothing_is_saved_by_asking_the_costliest_and_never_more_than_it_would_have_cost(
    course: list[tuple[bool, int, int]],
) -> None:
    found = model_costs.ModelCourse()
    for stored in told(CREATED, LEASED, TO_LARGE):
        found.hear(stored.record)
    large, small = found.prices["large"], found.prices["small"]
    spent = Decimal(0)
    for dear, sent, answered in course:
        price = large if dear else small
        usd = price.of(sent, answered)
        spent += usd
        moved = told(TO_LARGE if dear else TO_SMALL, step(str(usd), sent, answered))
        for stored in moved:
            found.hear(stored.record)
    costliest = sum((large.of(sent, answered) for _, sent, answered in course), Decimal(0))
    saved = sum((model_costs.spared(each, large) for each in found.questions), Decimal(0))
    assert abs(costliest - spent - saved) < Decimal("1e-9")
    assert all(
        model_costs.spared(each, large) == 0 for each in found.questions if each.model == "large"
    )
