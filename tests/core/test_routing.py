"""Which of an agent's models takes a step: the first policy that holds, kept for a while."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.rules import BudgetAction, BudgetRule
from policies.cel.cel_source import BadExpression
from policies.decision import Decision
from policies.routing import rules
from policies.routing.rules import PLAN, STEP, Routed, RoutingFacts, RoutingRule
from runs.engine import events as e
from runs.engine.engine_errors import PlannerFault
from runs.engine.fold import folded
from runs.engine.state import ForcedPlanner, RunState
from runs.engine.vocabulary import Outcome, StopReason, Verdict
from runs.runtime.lease import Lease
from runs.supervision import routing_rules, shared_budgets
from runs.supervision.routing_rules import Routing, left
from runs.supervision.shared_budgets import NOTHING, BudgetGuard
from tests.core.budgets_in_memory import NOON, EscrowInMemory, budget
from tests.core.runs_in_memory import START, answering, calling, running, world


def rule(name: str, condition: str, tier: str = PLAN, **given: Any) -> RoutingRule:
    facts = {"version": 1, "agents": "*", "tools": "*", "hold": 3, **given}
    return RoutingRule(
        name=name,
        condition=condition,
        tier=tier,
        compiled=rules.expression(condition),
        **facts,
    )


POOR = rule("poor", "run.left < 0.2", STEP)
STUCK = rule("stuck", "run.failures >= 2 || run.loop > 0.5", version=4)
FIRST = rule("first", "run.step == 1", hold=1)
RULES = (POOR, STUCK, FIRST)


@pytest.mark.parametrize(
    ("facts", "tier", "named"),
    [
        (RoutingFacts(1), PLAN, "routing:first"),
        (RoutingFacts(2), STEP, "routing"),
        (RoutingFacts(5, "", "failed", 2), PLAN, "routing:stuck"),
        (RoutingFacts(5, loop=0.6), PLAN, "routing:stuck"),
        (RoutingFacts(5, loop=0.5), STEP, "routing"),
        (RoutingFacts(1, left=0.1), STEP, "routing:poor"),
        (RoutingFacts(5, "", "failed", 9, left=0.1), STEP, "routing:poor"),
    ],
)
def test_the_first_policy_that_holds_decides(facts: RoutingFacts, tier: str, named: str) -> None:
    found = rules.chosen(RULES, "refund-desk", facts)
    assert (found.tier, found.rule) == (tier, named)


def test_what_was_chosen_names_the_policy_with_its_version_and_why() -> None:
    found = rules.chosen(RULES, "refund-desk", RoutingFacts(5, loop=0.9))
    assert found == Routed(
        PLAN, "routing:stuck", 4, "run.failures >= 2 || run.loop > 0.5 holds.", 3
    )


@pytest.mark.parametrize(
    ("agent", "tool", "tier"),
    [
        ("refund-desk", "issue_refund", PLAN),
        ("refund-bot", "issue_refund", PLAN),
        ("research", "issue_refund", STEP),
        ("refund-desk", "kb_search", STEP),
        ("refund-desk", "", STEP),
    ],
)
def test_a_policy_may_be_for_some_agents_and_after_some_tools(
    agent: str, tool: str, tier: str
) -> None:
    after = rule("after", "", agents="refund-*", tools="issue_* undo_*")
    assert rules.chosen((after,), agent, RoutingFacts(4, tool)).tier == tier


def test_a_policy_for_any_tool_holds_before_the_first_call_as_well() -> None:
    always = rule("always", " ")
    found = rules.chosen((always,), "desk", RoutingFacts(1))
    assert (found.tier, found.sentence) == (PLAN, "Its policy holds.")
    some = rule("some", "run.verdict == 'failed'", tools="pay")
    said = rules.chosen((some,), "desk", RoutingFacts(2, "pay", "failed")).sentence
    assert said == "run.verdict == 'failed' holds after a call of pay."


def test_a_policy_without_an_answer_does_not_hold() -> None:
    odd = rule("odd", "run.verdict > 3")
    assert rules.chosen((odd,), "desk", RoutingFacts(1, "", "failed")) == rules.USUAL


@pytest.mark.parametrize("source", ["run.mood == 1", "run.step ==", "args.amount > 1", "agent"])
def test_a_condition_that_could_not_be_asked_is_refused(source: str) -> None:
    with pytest.raises(BadExpression):
        rules.expression(source)


def test_nothing_changes_while_what_was_chosen_is_held() -> None:
    stuck = RoutingFacts(6, "", "failed", 4)
    calm = RoutingFacts(7)
    made = rules.change(RULES, "desk", stuck, STEP, held_until=0)
    assert made is not None
    assert (made.tier, made.hold) == (PLAN, 3)
    assert rules.change(RULES, "desk", replace(calm, step=8), PLAN, held_until=9) is None
    back = rules.change(RULES, "desk", replace(calm, step=9), PLAN, held_until=9)
    assert back is not None
    assert (back.tier, back.rule, back.version) == (STEP, "routing", 0)
    assert rules.change(RULES, "desk", stuck, PLAN, held_until=0) is None
    assert rules.change((), "desk", stuck, STEP, held_until=0) is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0, 1), st.floats(0, 1)), max_size=60))
def test_a_model_keeps_its_steps_as_long_as_it_was_promised(
    course: list[tuple[int, float, float]],
) -> None:
    tier, held_until, since = STEP, 0, -100
    for step, (failures, loop, share) in enumerate(course, 1):
        facts = RoutingFacts(step, "", "", failures, loop, share)
        made = rules.change(RULES, "desk", facts, tier, held_until)
        if made is not None:
            assert step >= held_until
            assert made.tier != tier
            tier, held_until, since = made.tier, step + made.hold, step
        assert since <= step


SNAPSHOT = {"name": "desk", "planner": "openai:small", "tiers": {"plan": "openai:large"}}


def observed(*events: e.RunEvent) -> Routing:
    found = Routing.of(SNAPSHOT)
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
    assert observed(bad).change(state, 0.0, (STUCK,)) is None
    made = observed(bad, FAILED).change(state, 0.0, (STUCK,))
    assert made is not None
    assert (made.tier, made.planner, made.rule) == (PLAN, "openai:large", "routing:stuck")
    assert observed(bad, bad, good).change(state, 0.0, (STUCK,)) is None
    assert observed(good).change(state, 0.9, (STUCK,)) is not None


def test_a_policy_after_a_tool_looks_at_the_last_call() -> None:
    after = (rule("after", "run.tool == 'read'", tools="read"),)
    assert observed().change(running(), 0.0, after) is None
    assert observed(returned(Verdict.SUCCEEDED)).change(running(), 0.0, after) is not None


def test_back_from_the_better_model_the_usual_one_of_the_run_goes_on() -> None:
    state = replace(running(), tier=PLAN, usual="openai:other", planner="openai:large")
    made = observed().change(state, 0.0, (STUCK,))
    assert made is not None
    assert (made.tier, made.planner) == (STEP, "openai:other")


def test_what_a_budget_forced_no_policy_takes_back() -> None:
    forced = e.RunDowngraded(at=START, planner="openai:cheap", rule="budget:day", version=2)
    state = folded([forced], replace(running(), tier=PLAN))
    assert state.forced == ForcedPlanner("budget:day", 2)
    assert state.tier == STEP
    assert observed(FAILED, FAILED).change(state, 1.0, (STUCK,)) is None


def test_what_a_budget_gives_back_is_the_usual_model_under_the_budgets_name() -> None:
    forced = e.RunDowngraded(at=START, planner="openai:cheap", rule="budget:day", version=2)
    state = folded([forced], replace(running(), usual="openai:small"))
    assert state.forced is not None
    back = routing_rules.given_back(state, state.forced)
    assert (back.tier, back.planner, back.rule, back.version, back.hold) == (
        STEP,
        "openai:small",
        "budget:day",
        2,
        0,
    )
    routed = e.RunRouted(at=START, step=4, tier=STEP, planner=back.planner, hold=0)
    after = folded([routed], state)
    assert (after.forced, after.planner, after.held_until) == (None, "openai:small", 4)


def test_a_person_who_names_another_planner_makes_it_the_usual_one() -> None:
    state = replace(running(), usual="openai:small", tier=PLAN, forced=ForcedPlanner("budget:day"))
    stopped = e.RunStopped(at=START, reason=StopReason.PLANNER_FAILURE)
    word = e.RunContinued(at=START, planner="openai:other", note="mended")
    after = folded([stopped, word], state)
    assert (after.planner, after.usual, after.tier, after.forced) == (
        "openai:other",
        "openai:other",
        STEP,
        None,
    )


def test_an_agent_with_one_model_is_not_routed() -> None:
    found = Routing.of({"planner": "openai:x", "name": "desk"})
    assert found.change(running(), 1.0, (rule("always", ""),)) is None


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
    assert (state.tier, state.held_until, state.forced) == (STEP, 0, None)


LEASE = Lease(UUID(int=1), "w1", 1, {"name": "desk"}, UUID(int=2), "olga", 7)


class Unasked:
    """Budgets in force, whose store is never asked by the guard itself."""

    def __init__(self, budgets: tuple[BudgetRule, ...]) -> None:
        self.budgets = budgets

    def in_force(self) -> tuple[BudgetRule, ...]:
        return self.budgets

    async def draw(
        self, allowance: Allowance, wanted: Want, all_budgets: tuple[BudgetRule, ...]
    ) -> Decision:
        raise AssertionError("asked")

    async def give_back(self, allowance: Allowance, wanted: Want) -> None:
        raise AssertionError("asked")


def given_room(budgets: tuple[BudgetRule, ...], state: RunState, at: datetime = NOON) -> bool:
    """What the guard of a run's budgets says, once it has drawn on them."""
    escrow, guard = EscrowInMemory({1: Decimal(10)}), BudgetGuard(LEASE, Unasked(budgets))
    escrow.draw(guard.allowance, shared_budgets.want(state, NOTHING, at), budgets)
    return guard.has_room(state, at)


@pytest.mark.parametrize(
    ("version", "at", "gives"),
    [(3, NOON, False), (4, NOON, True), (3, NOON + timedelta(days=1), True)],
)
def test_a_budget_gives_back_in_its_next_period_or_when_it_was_changed(
    version: int, at: datetime, gives: bool
) -> None:
    cheaper = budget(action=BudgetAction.DOWNGRADE, version=version)
    forced = ForcedPlanner("budget:day-usd", 3, NOON + timedelta(hours=12))
    state = replace(running(), forced=forced, usual="openai:small", planner="openai:tiny")
    assert given_room((cheaper,), state, at) is gives


def test_a_run_that_nothing_was_taken_from_is_given_nothing_back() -> None:
    assert not given_room((), replace(running(), forced=None))
