"""What a run does with its grants: when it asks, what it spends from, what it gives back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

from policies.budgets.allowance import LIFETIME, Allowance
from policies.budgets.rules import (
    ZERO,
    Amounts,
    BudgetAction,
    BudgetScope,
    BudgetWindow,
    Measure,
    Unpriced,
)
from policies.decision import DecisionKind
from tests.core.budgets_in_memory import (
    NOON,
    BucketInMemory,
    EscrowInMemory,
    budget,
    life,
    want,
)

DAY = budget("10")
ONE = (DAY,)


def house(amount: str = "10", *more: tuple[int, str]) -> EscrowInMemory:
    return EscrowInMemory({1: Decimal(amount), **{number: Decimal(text) for number, text in more}})


def only(escrow: EscrowInMemory) -> BucketInMemory:
    (bucket,) = escrow.buckets.values()
    return bucket


def test_a_few_calls_are_made_from_one_grant() -> None:
    escrow = house("1000")
    run = life(escrow)
    for _ in range(8):
        assert run.ask("0.01", (replace(DAY, amount=Decimal(1000)),)).allowed
        run.pay("0.01")
    assert escrow.moves == 1
    assert only(escrow).reserved == Decimal("0.08")


def test_what_was_spent_is_counted_with_the_next_grant() -> None:
    escrow = house("1000")
    run = life(escrow)
    for _ in range(9):
        run.ask("0.01", ONE)
        run.pay("0.01")
    assert (only(escrow).spent, escrow.moves) == (Decimal("0.08"), 2)


def test_calls_that_cost_less_than_feared_make_a_grant_last_longer() -> None:
    escrow = house("1000")
    run = life(escrow)
    for _ in range(60):
        assert run.ask("0.01", ONE).allowed
        run.pay("0.001")
    assert escrow.moves == 1


def test_near_the_end_a_grant_is_for_exactly_one_call() -> None:
    escrow = house("1")
    life(escrow).ask("0.10", ONE)
    assert only(escrow).reserved == Decimal("0.10")


def test_a_call_that_does_not_fit_is_refused_and_reserves_nothing() -> None:
    escrow = house("1")
    first, second = life(escrow, 1), life(escrow, 2)
    assert first.ask("0.60", ONE).allowed
    drawn = second.ask("0.60", ONE)
    assert not drawn.allowed
    assert drawn.facts["reserved"] == "0.6"
    assert only(escrow).reserved == Decimal("0.60")


def test_the_last_cent_may_be_spent() -> None:
    escrow = house("1")
    run = life(escrow)
    for _ in range(4):
        assert run.ask("0.25", (replace(DAY, amount=Decimal(1)),)).allowed
        run.pay("0.25")
    assert not run.ask("0.000000001", ONE).allowed


def test_a_call_whose_cost_nobody_knows_counts_as_its_estimate() -> None:
    escrow = house()
    run = life(escrow)
    run.ask("0.30", ONE)
    run.pay(None)
    run.ask("0.10", ONE)
    run.leave()
    assert only(escrow).spent == Decimal("0.40")  # the second one was never settled either


def test_a_call_without_a_known_price_in_a_priced_model_counts_as_its_estimate() -> None:
    escrow = house()
    run = life(escrow)
    run.ask("0.30", ONE)
    run.allowance.settle(Amounts(tokens=100, usd=None))
    run.leave()
    assert only(escrow).spent == Decimal("0.30")


def test_a_run_that_ends_gives_back_what_it_did_not_spend() -> None:
    escrow = house("1000")
    run = life(escrow)
    run.ask("0.50", ONE)
    run.pay("0.20")
    run.leave()
    assert (only(escrow).spent, only(escrow).reserved) == (Decimal("0.20"), ZERO)
    assert {grant.amount for grant in escrow.grants.values()} == {ZERO}


def test_leaving_twice_changes_nothing() -> None:
    escrow = house()
    run = life(escrow)
    run.ask("0.50", ONE)
    run.pay("0.20")
    run.leave()
    run.leave()
    assert only(escrow).spent == Decimal("0.20")


def test_an_edit_is_noticed_at_the_next_call_in_spite_of_a_grant() -> None:
    escrow = house("1000")
    run = life(escrow)
    run.ask("0.01", ONE)
    run.pay("0.01")
    escrow.amounts[1] = Decimal("0.015")
    lowered = replace(DAY, amount=Decimal("0.015"), version=2)
    drawn = run.ask("0.01", (lowered,))
    assert (drawn.allowed, drawn.version) == (False, 2)
    assert (
        drawn.sentence
        == "$0.01 of today's $0.015 are spent or reserved; this call could cost $0.01."
    )


def test_raising_an_amount_lets_the_next_call_through() -> None:
    escrow = house("0.01")
    run = life(escrow)
    assert not run.ask("0.02", ONE).allowed
    escrow.amounts[1] = Decimal(1)
    assert run.ask("0.02", (replace(DAY, amount=Decimal(1), version=2),)).allowed


def test_a_budget_that_is_switched_off_takes_its_grant_back() -> None:
    escrow = house()
    run = life(escrow)
    run.ask("0.01", ONE)
    run.pay("0.01")
    assert run.ask("5000", ()).allowed
    assert (only(escrow).spent, only(escrow).reserved) == (Decimal("0.01"), ZERO)


def test_a_grant_is_not_spent_from_for_long_without_asking() -> None:
    escrow = house("1000")
    run = life(escrow)
    run.ask("0.01", ONE)
    run.pay("0.01")
    run.ask("0.01", ONE, NOON + LIFETIME - timedelta(seconds=1))
    assert escrow.moves == 1
    run.pay("0.01")
    run.ask("0.01", ONE, NOON + LIFETIME)
    assert escrow.moves == 2


def test_a_call_much_dearer_than_those_before_is_asked_for_though_the_grant_would_do() -> None:
    escrow = house("1000")
    run = life(escrow)
    run.ask("0.10", ONE)
    run.pay("0.10")
    run.ask("0.15", ONE)
    assert escrow.moves == 1
    run.pay("0.15")
    run.ask("0.30", ONE)
    assert escrow.moves == 2


def test_at_midnight_a_new_day_begins_and_the_old_one_keeps_what_it_paid_for() -> None:
    escrow, night = house(), NOON.replace(hour=23, minute=59, second=55)
    run = life(escrow)
    run.ask("0.50", ONE, night)
    run.pay("0.40")
    run.ask("0.50", ONE, night + timedelta(seconds=10))
    yesterday, today = (escrow.buckets[key] for key in sorted(escrow.buckets))
    assert (yesterday.spent, yesterday.reserved) == (Decimal("0.40"), ZERO)
    assert (today.spent, today.reserved) == (ZERO, Decimal("0.50"))


def test_a_used_up_month_is_new_on_its_first_day() -> None:
    escrow, monthly = house("1"), budget("1", window=BudgetWindow.MONTH)
    run, last = life(escrow), NOON.replace(day=31, hour=23, minute=59, second=59)
    run.ask("1", (monthly,), last)
    run.pay("1")
    assert not run.ask("1", (monthly,), last).allowed
    assert run.ask("1", (monthly,), last + timedelta(seconds=1)).allowed


def test_either_all_budgets_grant_or_none_does() -> None:
    escrow = house("10", (2, "0.10"))
    small = budget(
        "0.10",
        id=2,
        name="small",
        scope=BudgetScope.AGENT,
        who="refund-*",
        action=BudgetAction.PAUSE,
    )
    drawn = life(escrow).ask("0.20", (DAY, small))
    assert (drawn.rule, drawn.kind) == ("budget:small", DecisionKind.PAUSE)
    assert all(bucket.reserved == 0 for bucket in escrow.buckets.values())


def test_each_user_has_a_bucket_of_their_own() -> None:
    escrow, each = house("1"), (budget("1", scope=BudgetScope.USER, who="*", each=True),)
    assert life(escrow, 1, user="anna").ask("0.80", each).allowed
    assert life(escrow, 2, user="bert").ask("0.80", each).allowed
    assert not life(escrow, 3, user="anna").ask("0.80", each).allowed


def test_a_used_up_budget_refuses_even_what_costs_nothing() -> None:
    escrow = house("0.50")
    run = life(escrow)
    run.ask("0.50", ONE)
    run.pay("0.60")
    assert not run.ask("0", ONE).allowed
    assert not run.ask("0", ONE).allowed


def test_what_costs_nothing_is_asked_for_once() -> None:
    escrow = house("0.50")
    run = life(escrow)
    for _ in range(50):
        assert run.ask("0", ONE).allowed
        run.pay("0")
    assert escrow.moves == 1


def test_the_next_life_of_a_run_takes_over_the_grant_and_counts_the_call_that_was_cut_off() -> None:
    escrow = house("1000")
    first = life(escrow)
    first.ask("0.10", ONE)
    first.pay("0.08")
    first.ask("0.10", ONE)  # its worker dies here
    second = life(escrow, epoch=2)
    second.spent = Decimal("0.08")
    second.ask("0.10", ONE)
    bucket = only(escrow)
    # the most expensive call the dead one could have been making
    assert bucket.spent == Decimal("0.08") + Decimal("0.15")
    assert bucket.reserved == sum(grant.amount for grant in escrow.grants.values())


def test_a_worker_that_was_taken_over_is_told_and_changes_nothing() -> None:
    escrow = house()
    first = life(escrow)
    first.ask("0.10", ONE)
    life(escrow, epoch=2).ask("0.10", ONE)
    before = replace(only(escrow))
    drawn = first.ask("5", ONE)
    assert (drawn.allowed, drawn.sentence) == (False, "Another worker has taken this run over.")
    first.leave()
    assert only(escrow) == before


def test_a_cut_off_step_is_no_step() -> None:
    escrow, steps = house("10"), (budget("10", measure=Measure.STEPS),)
    first = life(escrow)
    first.ask("0.10", steps)
    life(escrow, epoch=2).ask("0.10", steps)
    assert only(escrow).spent == 0


def test_steps_and_tokens_are_counted_like_money() -> None:
    escrow = house("3")
    run, steps = life(escrow), (budget("3", measure=Measure.STEPS),)
    for _ in range(3):
        assert run.ask("0", steps).allowed
        run.pay("0")
    assert run.ask("0", steps).sentence == "3 of today's 3 steps are taken or reserved."


def test_an_unknown_price_never_reaches_the_store() -> None:
    escrow = house()
    run = life(escrow)
    drawn = escrow.draw(run.allowance, want(None, None), ONE)
    assert (drawn.allowed, escrow.moves) == (False, 0)


def test_a_fallback_price_holds_a_model_that_has_none() -> None:
    escrow, limit = (
        house("0.01"),
        (budget("0.01", unpriced=Unpriced.FALLBACK, fallback=Decimal(10)),),
    )
    run = life(escrow)
    assert escrow.draw(run.allowance, want(None, None, takes=600), limit).allowed
    run.allowance.settle(Amounts(tokens=500, usd=None))
    drawn = escrow.draw(run.allowance, want(None, None, takes=600, tokens=500), limit)
    assert (
        drawn.sentence
        == "$0.005 of today's $0.01 are spent or reserved; this call could cost $0.006."
    )


def test_a_question_that_is_dropped_and_put_again_is_counted_once() -> None:
    allowance = Allowance(uuid4(), 1, "desk", "olga")
    asked = want("0.01")
    for _ in range(3):  # begun, and dropped before the store has answered
        assert next(allowance.drawing(asked, ONE))
    assert allowance.asked == 0
    assert house().draw(allowance, asked, ONE).allowed
    assert allowance.asked == 1


def test_a_run_that_no_budget_holds_asks_nothing_and_still_counts_what_nobody_knows() -> None:
    escrow = house()
    run = life(escrow)
    assert run.ask("0.25", ()).allowed
    run.pay(None)
    assert (run.allowance.unknown.usd, escrow.moves) == (Decimal("0.25"), 0)


def test_a_budget_that_is_made_while_a_run_goes_on_holds_it_from_then_on() -> None:
    escrow = house("0.10")
    run = life(escrow)
    assert run.ask("0.25", ()).allowed
    run.pay("0")
    assert not run.ask("0.25", (budget("0.10"),)).allowed
    assert escrow.moves == 1


def test_a_grant_goes_back_when_the_last_budget_is_gone() -> None:
    escrow = house()
    run = life(escrow)
    assert run.ask("0.25", ONE).allowed
    run.pay("0.25")
    assert run.ask("0.25", ()).allowed
    assert not run.allowance.held
    assert only(escrow).reserved == 0
    assert run.ask("0.25", ()).allowed
    assert escrow.moves == 2
