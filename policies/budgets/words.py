"""What people read about budgets: amounts, who they are for, why a call does not fit, which line
was crossed. Pure.
"""

from decimal import Decimal

from console import figures
from policies.budgets.periods import RUNNING
from policies.budgets.rules import BudgetAction, BudgetRule, BudgetScope, BudgetWindow, Measure

COULD = {
    Measure.USD: "could cost",
    Measure.TOKENS: "could take",
    Measure.STEPS: "takes",
    Measure.SECONDS: "could take",
}
GONE = {
    Measure.USD: "spent",
    Measure.TOKENS: "used",
    Measure.STEPS: "taken",
    Measure.SECONDS: "used",
}


def plain(number: Decimal) -> str:
    """Whole numbers with their thousands apart; others to one place."""
    return f"{int(number):,}" if number == number.to_integral_value() else f"{number:,.1f}"


def figure(measure: Measure, number: Decimal) -> str:
    """The bare figure, with its sign or unit where it would be bare otherwise."""
    if measure is Measure.USD:
        return figures.exact_money(number)
    return figures.allowance(float(number)) if measure is Measure.SECONDS else plain(number)


def amount(measure: Measure, number: Decimal) -> str:
    """The figure with what it counts: `$10.00`, `10,000 tokens`, `50 steps`,
    `1 h of running time`."""
    unit = {
        Measure.TOKENS: " tokens",
        Measure.STEPS: " steps",
        Measure.SECONDS: " of running time",
    }.get(measure, "")
    return figure(measure, number) + unit


def whose(budget: BudgetRule, holder: str = "") -> str:
    """` for refund-desk`, ` for each user`; nothing when it is everybody's.

    `holder` is whose bucket it is, where each has one.
    """
    if budget.scope is BudgetScope.GLOBAL:
        return ""
    if holder:
        return f" for {holder}"
    names = ", ".join(dict(budget.called).get(word, word) for word in budget.who.split())
    if names == "*":
        return f" for each {budget.scope}" if budget.each else f" for all {budget.scope}s"
    return f" for each of {names}" if budget.each else f" for {names}"


def bucket(budget: BudgetRule, holder: str = "") -> str:
    """`today's $10.00 for refund-desk`."""
    return (
        f"{RUNNING[budget.window]} {amount(budget.measure, budget.amount)}{whose(budget, holder)}"
    )


def standing(budget: BudgetRule, holder: str, gone: Decimal) -> str:
    """`$9.90 of today's $10.00 are spent or reserved`."""
    word = GONE[budget.measure] if not budget.shared else f"{GONE[budget.measure]} or reserved"
    return f"{figure(budget.measure, gone)} of {bucket(budget, holder)} are {word}"


def does_not_fit(budget: BudgetRule, holder: str, gone: Decimal, need: Decimal) -> str:
    """Why a call is not made. `gone`: spent and reserved so far."""
    if budget.window is BudgetWindow.CALL:
        could, most = COULD[budget.measure], amount(budget.measure, budget.amount)
        return (
            f"This call {could} {figure(budget.measure, need)}; one call may take"
            f" {most}{whose(budget, holder)} at most."
        )
    if budget.measure is Measure.STEPS or (budget.measure is Measure.SECONDS and not budget.shared):
        return f"{standing(budget, holder, gone)}."
    return (
        f"{standing(budget, holder, gone)}; this call {COULD[budget.measure]}"
        f" {figure(budget.measure, need)}."
    )


def no_price(budget: BudgetRule, holder: str) -> str:
    return (
        f"Nobody knows what this model costs, so it cannot be held to {bucket(budget, holder)}: "
        f"write"
        f" its prices on the agent's page (price in, price out), or say in the budget {budget.name}"
        " what an unknown price counts as."
    )


def goes_on_with(budget: BudgetRule, holder: str, gone: Decimal, cheaper: str) -> str:
    """Why a run continues on a cheaper model."""
    return (
        f"{standing(budget, holder, gone)}; from {budget.downgrade_at} % on, runs go on with"
        f" {cheaper}."
    )


def crossed(budget: BudgetRule, holder: str, gone: Decimal, line: int) -> str:
    return f"{standing(budget, holder, gone)}: the line at {line} % is crossed."


def consequence(action: BudgetAction, model: str) -> str:
    """What happens to a run whose call does not fit, for lists."""
    return {
        BudgetAction.STOP: "stops",
        BudgetAction.PAUSE: "pauses",
        BudgetAction.DOWNGRADE: f"goes on with {model or 'the usual model'}, then stops",
    }[action]
