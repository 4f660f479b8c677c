"""Runs that supervision has something to say of: unmet criteria, a loop, a budget used up."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from policies.budgets import periods as budget_periods
from policies.budgets.models import Budget, Escrow
from policies.budgets.rules import BudgetWindow
from runs.engine import events as e
from runs.engine.vocabulary import StopReason
from runs.models import Run
from tests.pages.lives import Life, agent, life
from tests.pages.people import person, signed_in

CRITERIA = [
    {
        "name": "looked-up",
        "cel": "called('get_order') > 0",
        "sentence": "The order has not been looked up.",
    },
    {
        "name": "told",
        "cel": "called('send_email') > 0",
        "sentence": "The customer has not been told.",
    },
]


def page(run: Run, group: str = "operator", rest: str = "") -> str:
    return signed_in(group).get(f"/runs/{run.pk}/{rest}").content.decode()


def careful(**facts: Any) -> Life:
    """A run of an agent whose criteria are `CRITERIA`."""
    one = life(person("operator", "otto"), of=agent("careful", acceptance=CRITERIA, **facts))
    one.lease()
    return one


def loop(one: Life, first: int = 1) -> None:
    """Three nearly identical searches from step `first` on, and the finding that names them."""
    for colour in ("red", "green", "blue"):
        one.step(
            "web_search",
            {"query": f"price of the {colour} lamp today", "page": 1},
            {"found": "nothing"},
        )
    facts: Mapping[str, Any] = {
        "kind": "near",
        "score": 0.87,
        "calls": [f"{first + more}.0" for more in range(3)],
    }
    detail = (
        "web_search was called 3 times with nearly the same arguments and brought nothing new"
        " (steps 0, 1, 2)."
    )
    one.happen(
        e.RunPaused(
            at=one.after(0.1),
            reason=StopReason.LOOP_DETECTED,
            rule="loop-near",
            detail=detail,
            facts=facts,
        )
    )


def looping(one: Life, first: int = 1) -> Run:
    loop(one, first)
    return one.written()


def budget(name: str = "day-cap", amount: str = "10", **facts: Any) -> Budget:
    return Budget.objects.create(name=name, amount=Decimal(amount), **facts)


def drawn(of: Budget, spent: str, reserved: str = "0", holder: str = "") -> None:
    begun = budget_periods.begin(BudgetWindow(of.window), timezone.now())
    Escrow.objects.create(
        budget=of,
        holder=holder,
        starts_at=begun,
        spent=Decimal(spent),
        reserved=Decimal(reserved),
        warned=0,
    )


def out_of_budget(one: Life, rule: str = "day-cap", need: str = "0.5") -> Run:
    facts = {
        "limit": "day",
        "budget": rule,
        "version": 2,
        "need": need,
        "window": "day",
        "measure": "usd",
        "amount": "10",
    }
    detail = "$9.90 of today's $10.00 are spent or reserved; this call could cost $0.50."
    at = one.after(0.1)
    one.happen(
        e.RunPaused(
            at=at,
            reason=StopReason.BUDGET_EXCEEDED,
            rule=f"budget:{rule}",
            detail=detail,
            facts=facts,
        )
    )
    return one.written()


def life_of_otto() -> Life:
    one = life(person("operator", "otto"))
    one.lease()
    return one
