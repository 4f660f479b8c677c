"""Which argument of a call is money, and how people write it: in the currency that the arguments
name, or in none. Pure.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from console import figures

MONEY: Final = frozenset("amount price total sum fee refund cost charge payment deposit".split())
CURRENCIES: Final = frozenset(
    "usd eur gbp chf jpy cny inr aud cad nzd sek nok dkk pln czk huf brl mxn zar krw sgd hkd ils"
    " thb clp".split()
)
MINOR: Final = frozenset("cents cent pence minor".split())
"""Of units a hundredth of which is one of the currency."""
WHOLE: Final = frozenset({"JPY", "KRW", "CLP"})
"""Currencies without a hundredth."""
SIGNS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}
LINKS: Final = frozenset({"in", "of", "to", "the", "value"})
WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
NUMBER: Final = re.compile(
    r"\s*(?:([$€£]|[A-Za-z]{3}\b)\s*)?(-?[\d][\d,]*(?:\.\d+)?)(?:\s*([€£$]|[A-Za-z]{3}))?\s*"
)
LARGEST: Final = 1e15
"""More than that is no sum anybody pays, and no line of text holds it."""


@dataclass(frozen=True, slots=True)
class Money:
    """A sum with the currency it is in, "" where the arguments say none; `minor` names the unit
    when it counts hundredths of a currency that nobody named.
    """

    sum: float
    currency: str = ""
    minor: str = ""

    def __str__(self) -> str:
        if self.minor:
            return f"{self.sum:,.0f} {self.minor}"
        figure = f"{self.sum:,.0f}" if self.currency in WHOLE else f"{self.sum:,.2f}"
        sign = SIGNS.get(self.currency)
        if sign is None:
            return f"{figure} {self.currency}".strip()
        return f"-{sign}{figure[1:]}" if figure.startswith("-") else f"{sign}{figure}"


def found(args: Mapping[str, Any]) -> Iterator[Money]:
    """Each argument that is money, in their order."""
    named = currency(args)
    for name, value in args.items():
        words = words_of(name)
        if is_money(words) and (money := read(value, words, named)):
            yield money


def words_of(name: str) -> tuple[str, ...]:
    """`amountInCents` and `amount_in_cents` are the same three words."""
    return tuple(word.lower() for word in WORD.findall(name[:200]))


def is_money(words: tuple[str, ...]) -> bool:
    """Whether a name ends in a word for money, but for the unit that it is in."""
    kept = [word for word in words if word not in CURRENCIES | MINOR | LINKS]
    unit = len(kept) < len(words) and not kept
    return unit or bool(kept and kept[-1] in MONEY)


def read(value: Any, words: tuple[str, ...], named: str) -> Money | None:
    """The sum of an argument of this name; None for what is no number, or too large to be one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    told = NUMBER.fullmatch(value[:80]) if isinstance(value, str) else None
    if isinstance(value, str) and told is None:
        return None
    try:
        figure = float(told[2].replace(",", "")) if told else float(value)
    except (OverflowError, ValueError):
        return None
    if not math.isfinite(figure) or abs(figure) >= LARGEST:
        return None
    own = next((word.upper() for word in words if word in CURRENCIES), "")
    within = code(told[1] or told[3] or "") if told else ""
    currency = within or own or named
    minor = next((word for word in words if word in MINOR), "")
    if not minor:
        return Money(figure, currency)
    if currency and currency not in WHOLE:
        return Money(figure / 100, currency)
    return Money(figure, currency, "" if currency else unit(minor))


def with_cents(name: str, value: Any, args: Mapping[str, Any]) -> str:
    """`12.5` as an amount is `12.50`; "" for what is no sum, or is none of whole hundredths."""
    words = words_of(name)
    plain = isinstance(value, float) and abs(value) < LARGEST and round(value, 2) == value
    if not plain or not is_money(words) or MINOR & set(words) or currency(args) in WHOLE:
        return ""
    return f"{value:.2f}"


def unit(minor: str) -> str:
    return "minor units" if minor == "minor" else minor


def currency(args: Mapping[str, Any]) -> str:
    """The one currency that an argument of its own names."""
    told = {
        code(value.strip())
        for name, value in args.items()
        if isinstance(value, str) and words_of(name)[-1:] in (("currency",), ("curr",))
    }
    return told.pop() if len(told) == 1 else ""


def code(text: str) -> str:
    """`eur` and `€` are EUR; "" for what is no currency at all."""
    signs = {sign: name for name, sign in SIGNS.items()}
    return signs.get(text, text.upper() if text.lower() in CURRENCIES else "")


def receivers(args: Mapping[str, Any], names: tuple[str, ...], hidden: tuple[str, ...]) -> str:
    """The receivers: all of them counted, the first ones named; and how many get it unseen."""
    open_ones = next((each for name in names if (each := people(args.get(name)))), [])
    unseen = sum(len(people(args.get(name))) for name in hidden)
    said = figures.line(", ".join(open_ones[:3]), 60)
    if len(open_ones) > 1:
        said = f"{len(open_ones)}: {said}{', …' if len(open_ones) > 3 else ''}"
    if not unseen:
        return said
    return f"{said} and {unseen} unseen" if said else f"{unseen} unseen"


def people(value: Any) -> list[str]:
    """One or several, each on one line: a text, a list of them, or objects with an address."""
    if isinstance(value, Mapping):
        value = next((value[name] for name in ("email", "address", "id") if name in value), "")
    if isinstance(value, list | tuple):
        return [person for each in value[:1_000] for person in people(each)]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return []
    parts = value[:20_000].replace(";", ",").split(",") if isinstance(value, str) else [str(value)]
    return [figures.line(part, 40) for part in parts if part.strip()]
