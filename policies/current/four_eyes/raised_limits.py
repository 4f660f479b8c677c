"""When a budget or a limit lets more through after an edit than before it, and when that is over
the bound of the rule. Pure.

A raise waits when what it leads to is over the bound, whatever it was before: many small raises
come to the bound as one large one does. What takes a budget out of force leads past every bound.
"""

from dataclasses import dataclass
from decimal import Decimal

from console import figures
from policies.current.four_eyes.rules import RowFacts, Widening, covered

NO_LIMIT = "no limit"
EACH = "the whole amount for each"
SHARED = "one amount for all"
MILDER = {"action": ("stop", "pause", "downgrade"), "unpriced": ("refuse", "fallback", "zero")}
"""Columns of a budget whose values let more and more through, with the strictest first."""
OF_A_RUN = {
    "max_steps": "steps",
    "max_tokens": "tokens",
    "max_usd": "usd",
    "max_seconds": "seconds",
}
"""The limits of one run, as an agent has them, and what each counts."""


@dataclass(frozen=True, slots=True)
class RaiseBounds:
    """Up to which amounts one person may raise alone. Zero: every raise waits."""

    usd: Decimal = Decimal(0)
    tokens: Decimal = Decimal(0)
    steps: Decimal = Decimal(0)
    seconds: Decimal = Decimal(0)

    def exceeded(self, measure: str, old: Decimal, new: Decimal) -> bool:
        return new > old and new > getattr(self, measure)


def budget(before: RowFacts, after: RowFacts, bounds: RaiseBounds) -> tuple[Widening, ...]:
    """What a budget lets through that it did not. A new one only holds back."""
    if not before.get("enabled"):
        return ()
    measure, old = str(before["measure"]), Decimal(before["amount"])
    if not after.get("enabled"):
        return (Widening("at most", amount(measure, old), NO_LIMIT),)
    new = Decimal(after["amount"])
    found = [*(milder(name, before, after) for name in MILDER), cheaper(before, after)]
    if (measure, before["window"]) != (after["measure"], after["window"]):
        period = f"{amount(str(after['measure']), new)} within {after['window']}"
        found.append(
            Widening("at most", f"{amount(measure, old)} within {before['window']}", period)
        )
    elif bounds.exceeded(measure, old, new):
        found.append(Widening("at most", amount(measure, old), amount(measure, new)))
    return (*filter(None, found), *for_fewer(before, after))


def milder(name: str, before: RowFacts, after: RowFacts) -> Widening | None:
    old, new = str(before[name]), str(after[name])
    order = MILDER[name]
    return Widening(name, old, new) if order.index(new) > order.index(old) else None


def cheaper(before: RowFacts, after: RowFacts) -> Widening | None:
    """Calls whose price is unknown count for less, and so more of them fit."""
    old, new = before["fallback"], after["fallback"]
    counts = before["unpriced"] == after["unpriced"] == "fallback" and old and new
    if not counts or Decimal(new) >= Decimal(old):
        return None
    return Widening("fallback price", figures.plain(old), figures.plain(new))


def for_fewer(before: RowFacts, after: RowFacts) -> tuple[Widening, ...]:
    """Where it holds fewer runs than it did, or gives each the amount that all had."""
    found = []
    if after["each"] and not before["each"]:
        found.append(Widening("shared", SHARED, EACH))
    if after["scope"] != "global" and (
        before["scope"] != after["scope"] or not covered(str(before["who"]), str(after["who"]))
    ):
        found.append(Widening("for whom", whom(before), whom(after)))
    return tuple(found)


def whom(facts: RowFacts) -> str:
    return "everybody" if facts["scope"] == "global" else f"{facts['scope']}: {facts['who']}"


def agent(before: RowFacts, after: RowFacts, bounds: RaiseBounds) -> tuple[Widening, ...]:
    """Which limits of one run an agent's edit raises over the bound. A new agent raises none."""
    if not before or not after:
        return ()
    found = [
        limit(measure, Decimal(before[name]), Decimal(after[name]), bounds)
        for name, measure in OF_A_RUN.items()
    ]
    return tuple(filter(None, found))


def limit(measure: str, old: Decimal, new: Decimal, bounds: RaiseBounds) -> Widening | None:
    """One limit of one run."""
    if not bounds.exceeded(measure, old, new):
        return None
    return Widening(f"{measure} of a run", amount(measure, old), amount(measure, new))


def bounds_raised(before: RowFacts, after: RowFacts) -> tuple[Widening, ...]:
    """What a rule of four eyes no longer holds back: switched off, or with a higher bound."""
    if not before.get("enabled"):
        return ()
    if not after.get("enabled"):
        return (Widening("four eyes", "on", "off"),)
    return tuple(
        Widening(f"alone up to, {name}", figures.plain(before[key]), figures.plain(after[key]))
        for name in ("usd", "tokens", "steps", "seconds")
        if Decimal(after[key := f"alone_{name}"]) > Decimal(before[key])
    )


def amount(measure: str, number: Decimal) -> str:
    """`$12.50`, `15 min`, `200,000 tokens`."""
    match measure:
        case "usd":
            return figures.exact_money(number)
        case "seconds":
            return figures.allowance(float(number))
        case _:
            return f"{number:,.0f} {measure}"
