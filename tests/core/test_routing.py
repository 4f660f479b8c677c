"""Which of an agent's models takes a step: the first rule that holds, kept for a while."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.routing import rules
from policies.routing.rules import PLAN, STEP, BadRouting, RoutingFacts
from runs.engine import events as e
from runs.engine.engine_errors import PlannerFault
from runs.engine.fold import folded
from runs.engine.vocabulary import Outcome, Verdict
from runs.supervision.routing_rules import Routing, left
from tests.core.runs_in_memory import START, answering, calling, running, world

STUCK = {"name": "stuck", "when": "run.failures >= 2 || run.loop > 0.5", "tier": "plan", "hold": 3}
FIRST = {"name": "first", "when": "run.step == 1", "tier": "plan", "hold": 1}
POOR = {"name": "poor", "when": "run.left < 0.2", "tier": "step"}
RULES = rules.read([POOR, STUCK, FIRST])


@pytest.mark.parametrize(
    ("facts", "tier", "rule"),
    [
        (RoutingFacts(1), PLAN, "first"),
        (RoutingFacts(2), STEP, ""),
        (RoutingFacts(5, "failed", 2), PLAN, "stuck"),
        (RoutingFacts(5, loop=0.6), PLAN, "stuck"),
        (RoutingFacts(5, loop=0.5), STEP, ""),
        (RoutingFacts(1, left=0.1), STEP, "poor"),
        (RoutingFacts(5, "failed", 9, left=0.1), STEP, "poor"),
    ],
)
def test_the_first_rule_that_holds_decides(facts: RoutingFacts, tier: str, rule: str) -> None:
    found = rules.chosen(RULES, facts)
    assert (found.tier, found.rule) == (tier, rule)


def test_a_rule_without_an_answer_does_not_hold() -> None:
    odd = rules.read([{"when": "run.verdict > 3", "tier": "plan"}])
    assert rules.chosen(odd, RoutingFacts(1, "failed")) == rules.USUAL


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({}, "a list of at most 20"),
        ([{"when": "true", "tier": "plan"}] * 21, "a list of at most 20"),
        ([1], "Rule 1 has name, when, tier and hold"),
        ([{"when": "true"}], "Rule 1 has name, when, tier and hold"),
        ([{"when": "true", "tier": "plan", "model": "x"}], "Rule 1 has name, when, tier and hold"),
        ([{"when": "true", "tier": "best"}], "its tier is plan or step"),
        ([{"when": "true", "tier": "plan", "hold": 0}], "hold is a number of steps"),
        ([{"when": "true", "tier": "plan", "hold": True}], "hold is a number of steps"),
        ([{"when": "run.mood == 1", "tier": "plan"}], "Rule 1 “rule-1”"),
        ([{"when": "run.step ==", "tier": "plan"}], "Rule 1 “rule-1”"),
        ([{"when": "args.amount > 1", "tier": "plan"}], "Rule 1 “rule-1”"),
        ([FIRST, FIRST], "two rules named “first”"),
    ],
)
def test_rules_that_could_not_be_asked_are_refused_with_their_place(
    raw: Any, sentence: str
) -> None:
    with pytest.raises(BadRouting, match=sentence.replace("(", r"\(")):
        rules.read(raw)


def test_nothing_changes_while_what_was_chosen_is_held() -> None:
    stuck = RoutingFacts(6, "failed", 4)
    calm = RoutingFacts(7)
    made = rules.change(RULES, stuck, STEP, held_until=0)
    assert made is not None
    assert (made.tier, made.hold) == (PLAN, 3)
    assert rules.change(RULES, replace(calm, step=8), PLAN, held_until=9) is None
    back = rules.change(RULES, replace(calm, step=9), PLAN, held_until=9)
    assert back is not None
    assert (back.tier, back.rule) == (STEP, "")
    assert rules.change(RULES, stuck, PLAN, held_until=0) is None
    assert rules.change((), stuck, STEP, held_until=0) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1), st.floats(0, 1)), max_size=60))
def test_a_model_keeps_its_steps_as_long_as_it_was_promised(
    course: list[tuple[int, float, float]],
) -> None:
    tier, held_until, since = STEP, 0, -100
    for step, (failures, loop, share) in enumerate(course, 1):
        facts = RoutingFacts(step, "", failures, loop, share)
        made = rules.change(RULES, facts, tier, held_until)
        if made is not None:
            assert step >= held_until
            assert made.tier != tier
            tier, held_until, since = made.tier, step + made.hold, step
        assert since <= step


def observed(*events: e.RunEvent) -> Routing:
    snapshot = {
        "planner": "openai:small",
        "tiers": {"plan": "openai:large"},
        "routing": [POOR, STUCK],
    }
    found = Routing.of(snapshot)
    found.observe(events)
    return found


def returned(verdict: Verdict) -> e.CallReturned:
    return e.CallReturned(
        at=START, step=1, tool="read", call="1.1", outcome=Outcome.OK, verdict=verdict
    )


FAILED = e.PlanFailed(
    at=START, step=2, fault=PlannerFault.TRANSIENT, message="busy", retry_at=START
)


def test_failures_in_a_row_are_counted_and_a_success_ends_them() -> None:
    state = running()
    bad, good = returned(Verdict.FAILED), returned(Verdict.SUCCEEDED)
    assert observed(bad).change(state, 0.0) is None
    made = observed(bad, FAILED).change(state, 0.0)
    assert made is not None
    assert (made.tier, made.planner, made.rule) == (PLAN, "openai:large", "stuck")
    assert observed(bad, bad, good).change(state, 0.0) is None
    assert observed(good).change(state, 0.9) is not None


def test_what_a_budget_forced_no_rule_takes_back() -> None:
    forced = e.RunDowngraded(at=START, planner="openai:cheap")
    state = folded([forced], running())
    assert state.forced
    assert observed(FAILED, FAILED).change(state, 1.0) is None


def test_an_agent_with_one_model_has_no_rules() -> None:
    assert Routing.of({"planner": "openai:x", "routing": [STUCK]}).found == ()
    assert Routing.of({"tiers": {"plan": "openai:y"}, "planner": "openai:x"}).found == ()


def test_the_share_that_is_left_is_of_the_runs_own_limit() -> None:
    state = running(usd="4")
    assert left(state) == 1.0
    assert left(replace(state, usd=Decimal(1))) == 0.75
    assert left(replace(state, usd=Decimal(9))) == 0.0


def test_the_routed_model_brings_its_own_prices_and_window_and_is_held() -> None:
    routed = e.RunRouted(
        at=START,
        step=4,
        tier=PLAN,
        planner="openai:large",
        hold=3,
        price_in=Decimal(9),
        price_out=Decimal(18),
        window=99_000,
    )
    state = folded([routed], replace(running(), scale=2.0, learned_window=5))
    assert (state.planner, state.tier, state.held_until) == ("openai:large", PLAN, 7)
    assert (state.price_in, state.window, state.learned_window) == (Decimal(9), 99_000, None)
    assert state.scale == 1.0
    assert not state.forced


def test_a_run_that_was_never_routed_stays_with_the_usual_model() -> None:
    state = world([calling("read"), answering()]).live()
    assert (state.tier, state.held_until, state.forced) == (STEP, 0, False)
