"""What is decided of the next turn ahead holds of one state, for a moment, and reserves no more
than what is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.rules import BudgetRule
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from runs.engine import events as e
from runs.engine.actions import Plan
from runs.engine.limits import Estimate
from runs.engine.ports import Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import Control, Outcome, RunStatus, Verdict
from runs.runtime import plan_preview
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.lease import Lease
from runs.runtime.plan_preview import NOTHING_DECIDED, planning_follows
from runs.supervision.shared_budgets import BudgetGuard, want
from tests.core.budgets_in_memory import NOON, EscrowInMemory, budget
from tests.core.runs_in_memory import START, calling, running

RETURNED = e.CallReturned(
    at=START, step=1, call="1.1", tool="read", outcome=Outcome.OK, verdict=Verdict.SUCCEEDED
)
NO_TOOLS: Any = None


def test_a_turn_follows_once_every_call_is_back() -> None:
    assert planning_follows([RETURNED], running())
    assert planning_follows([RETURNED, RETURNED], running())


@pytest.mark.parametrize(
    "changes",
    [
        {"status": RunStatus.PAUSED},
        {"status": RunStatus.COMPENSATING},
        {"control": Control.PAUSE},
        {"control": Control.KILL},
        {"queue": calling("read").calls},
        {"flights": ("a call",)},
        {"proposed": ""},
    ],
)
def test_no_turn_follows_on_what_comes_first(changes: dict[str, Any]) -> None:
    assert not planning_follows([RETURNED], replace(running(), **changes))


def test_rules_are_told_of_results_ahead_and_of_nothing_else() -> None:
    hint = e.HintGiven(at=START, step=1, text="look twice", rule="hint")
    assert not planning_follows([RETURNED, hint], running())


@dataclass
class Asked(OwnRules):
    """Rules with one word on going on, and on what is held of the budgets."""

    word: Decision = ALLOWED
    held: Decision | None = ALLOWED
    asked: list[Estimate] = field(default_factory=list)

    def watch(self, state: RunState, now: datetime) -> Decision:
        return self.word

    def at_hand(self, state: RunState, estimate: Estimate, now: datetime) -> Decision | None:
        self.asked.append(estimate)
        return self.held


def rules(**given: Any) -> Asked:
    return Asked(NO_TOOLS, lambda schema, args: [], **given)


def stepped() -> RunState:
    """A run that has taken a step."""
    return replace(running(), step=1)


def test_the_next_turn_is_decided_and_reserved_as_it_will_be_asked_for() -> None:
    state, asked = stepped(), rules()
    found = plan_preview.previewed(state, asked, START, "be brief")
    assert isinstance(found.action, Plan)
    assert found.action.window.prompt == "be brief"
    assert asked.asked == [found.action.estimate]
    assert found.reserved_for(found.action) is ALLOWED
    another = replace(found.action)
    assert another == found.action
    assert found.reserved_for(another) is None, "one reservation is for one turn"


def test_it_holds_of_that_very_state_and_for_a_moment() -> None:
    state = stepped()
    found = plan_preview.previewed(state, rules(), START, "")
    soon = START + timedelta(seconds=0.3)
    assert found.action_on(state, soon) is found.action
    assert found.action_on(replace(state), soon) is None
    assert found.action_on(state, START + timedelta(seconds=2)) is None


def test_nothing_is_reserved_where_something_else_follows() -> None:
    pause = Decision(DecisionKind.PAUSE, "loops", reason=StopReason.LOOP_DETECTED)
    asked = rules(word=pause)
    assert plan_preview.previewed(stepped(), asked, START, "") is NOTHING_DECIDED
    assert asked.asked == []


def test_rules_that_know_nothing_of_budgets_are_asked_when_it_is_time() -> None:
    plain = OwnRules(NO_TOOLS, lambda schema, args: [])
    assert plain.at_hand(running(), Estimate(1, 1, Decimal(0)), START) is None


@dataclass
class InMemory:
    """A store of grants that is asked at once."""

    budgets: tuple[BudgetRule, ...]
    escrow: EscrowInMemory = field(default_factory=lambda: EscrowInMemory({1: Decimal(10)}))
    drawn: int = 0

    def in_force(self) -> tuple[BudgetRule, ...]:
        return self.budgets

    async def draw(
        self, allowance: Allowance, wanted: Want, all_budgets: tuple[BudgetRule, ...]
    ) -> Decision:
        self.drawn += 1
        return self.escrow.draw(allowance, wanted, all_budgets)

    async def give_back(self, allowance: Allowance, wanted: Want) -> None:
        self.escrow.give_back(allowance, wanted)


LEASE = Lease(UUID(int=1), "w1", 1, {"name": "desk"}, UUID(int=2), "olga", 7)


def drawn(guard: BudgetGuard, state: RunState, guess: Estimate) -> Decision:
    try:
        guard.draw(state, guess, NOON).send(None)
    except StopIteration as end:
        said: Decision = end.value
        return said
    raise AssertionError("a store in memory waits for nothing")


def calls(cost: str) -> Estimate:
    return Estimate(10, 5, Decimal(cost))


def test_what_no_grant_covers_is_neither_asked_for_nor_reserved() -> None:
    guard = BudgetGuard(LEASE, store := InMemory((budget(),)))
    assert guard.at_hand(running(), calls("0.25"), NOON) is None
    assert (store.drawn, guard.allowance.held, guard.allowance.asked) == (0, {}, 0)
    guard.settle(None)
    assert guard.allowance.unknown.usd == 0


def test_what_a_grant_covers_is_reserved_without_asking() -> None:
    guard = BudgetGuard(LEASE, store := InMemory((budget(),)))
    assert drawn(guard, running(), calls("0.25")).allowed
    guard.settle(Usage(10, 5, Decimal(0)))
    assert guard.at_hand(running(), calls("0.25"), NOON) is ALLOWED
    assert store.drawn == 1
    guard.settle(None)
    assert guard.allowance.unknown.usd == Decimal("0.25"), "nobody knows what it cost"


def test_a_call_of_unknown_price_is_not_reserved_ahead() -> None:
    guard = BudgetGuard(LEASE, InMemory((budget(),)))
    assert drawn(guard, running(), calls("0.25")).allowed
    assert guard.at_hand(running(), Estimate(10, 5, None), NOON) is None


def unasked(guard: BudgetGuard) -> None:
    """It is not asked after all."""
    guard.settle(Usage())


def unsettled(guard: BudgetGuard) -> None:
    """The next draw comes first."""


@given(
    costs=st.lists(st.decimals("0", "1", places=2), min_size=1, max_size=6),
    ahead=st.decimals("0", "1", places=2),
    after=st.sampled_from([unasked, unsettled]),
)
def test_what_is_reserved_ahead_and_never_asked_changes_no_later_word(
    costs: list[Decimal], ahead: Decimal, after: Callable[[BudgetGuard], None]
) -> None:
    cap, state = (budget("2.50"),), running()
    plain, eager = (BudgetGuard(LEASE, InMemory(cap)) for _ in range(2))
    for cost in costs:
        if eager.at_hand(state, calls(str(ahead)), NOON) is not None:
            after(eager)
        words = [drawn(guard, state, calls(str(cost))) for guard in (plain, eager)]
        assert words[0] == words[1]
        if not words[0].allowed:
            break
        for guard in (plain, eager):
            guard.settle(Usage(10, 5, cost))
        state = replace(state, usd=state.usd + cost, step=state.step + 1)
    assert plain.allowance.unknown == eager.allowance.unknown
    assert want(state, calls("0"), NOON).so_far.usd == state.usd
