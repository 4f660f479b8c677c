"""The usage that a provider reports, read off either wire, and what is believed of it.

A count that is missing, zero or absurd is none: the tokenizer's estimate stands in its place and is
marked as such, so that limits hold whatever a server reports. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from console.json_value import Json
from runs.engine.tokens import BYTES_PER_TOKEN
from runs.planners.error_message import by_letters

FAR_TOO_MANY: Final = 1_000_000
"""Tokens above one for each byte that are not believed: a server may add a prompt of its own, but
not one this large.
"""
MOST_BYTES_PER_TOKEN: Final = 64
"""No tokenizer packs more into one on average; asked only of texts that are long enough to tell."""
LONG_ENOUGH: Final = 8_000
MUCH_MORE_THAN_ASKED: Final = 100_000
PER_MESSAGE: Final = 8
SENT: Final = "prompttokens inputtokens prompttokencount inputtokencount promptevalcount".split()
ANSWERED: Final = (
    "completiontokens outputtokens candidatestokencount outputtokencount evalcount".split()
)
BESIDE_READ, BESIDE_WRITTEN = "cachereadinputtokens", "cachecreationinputtokens"
READ_FROM_CACHE: Final = (
    "promptcachehittokens",
    "cachedtokens",
    BESIDE_READ,
    "cachedcontenttokencount",
)
WRITTEN: Final = (BESIDE_WRITTEN, "cachewriteinputtokens")
OF_SENT: Final = ("prompttokensdetails", "inputtokensdetails")
OF_ANSWERED: Final = ("completiontokensdetails", "outputtokensdetails")
"""Names of counts by their letters: servers write them in snakes and in camels."""
TICKS: Final = 10_000_000_000
"""Of them one dollar has so many, where a provider counts in them."""
MOST_COST: Final = 10_000
"""USD above which what a gateway states as the cost of one exchange is not believed."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Tokens of one exchange, None where none are known.

    `tokens_in` includes `cached`, which were read from the provider's cache, and `written`, which
    were written to it. `tokens_out` includes `reasoning`. `usd` is what the gateway says it cost.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    cached: int = 0
    written: int = 0
    reasoning: int = 0
    usd: Decimal | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes that were sent and that came back, and the most tokens that the answer might have."""

    sent: int
    received: int
    most_out: int


def openai_usage(usage: Json) -> Reported | None:
    """The usage that the chat completions format reports, with the words of the servers that speak
    it.
    """
    if not isinstance(usage, Mapping):
        return None
    fields = by_letters(usage)
    tokens_in, tokens_out = first(fields, *SENT), first(fields, *ANSWERED)
    total = first(fields, "totaltokens", "totaltokencount")
    cached = within(fields, OF_SENT, "cachedtokens") or first(fields, *READ_FROM_CACHE) or 0
    written = within(fields, OF_SENT, "cachewritetokens") or first(fields, *WRITTEN) or 0
    told = Reported(tokens_in, tokens_out, cached, written, reasoning(fields), stated_cost(fields))
    if tokens_in is None:
        return told
    if apart(fields, told, total):
        return replace(told, tokens_in=tokens_in + cached + written)
    # some count what was only thought into the total and not into the answer
    more = total - tokens_in if total is not None else 0
    return replace(told, tokens_out=max(tokens_out or 0, more) if total is not None else tokens_out)


def apart(fields: Mapping[str, Json], told: Reported, total: int | None) -> bool:
    """Whether cached tokens are counted beside those that were sent, as the messages format does:
    gateways hand its counts on under other names.
    """
    beside, sent = told.cached + told.written, told.tokens_in or 0
    if not beside:
        return False
    if total == sent + (told.tokens_out or 0) + beside:
        return True
    return beside > sent and bool({BESIDE_READ, BESIDE_WRITTEN} & fields.keys())


def reasoning(fields: Mapping[str, Json]) -> int:
    return (
        within(fields, OF_ANSWERED, "reasoningtokens") or first(fields, "thoughtstokencount") or 0
    )


def stated_cost(fields: Mapping[str, Json]) -> Decimal | None:
    """USD that the gateway says the exchange cost; None where it says nothing, or that it was free,
    which may only mean that somebody else is sent the bill.
    """
    cost = fields.get("cost")
    if isinstance(cost, Mapping):
        cost = cost.get("total_cost")
    ticks = count(fields.get("costinusdticks"))
    in_ticks = None if ticks is None else str(Decimal(ticks) / TICKS)
    told = (cost, fields.get("estimatedcost"), in_ticks)
    return dollars(next((each for each in told if each is not None), None))


def dollars(value: Json) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 < found < MOST_COST else None


def anthropic_usage(usage: Json) -> Reported | None:
    """The usage that the messages format reports, which counts cached tokens beside the others."""
    if not isinstance(usage, Mapping):
        return None
    fresh = first(usage, "input_tokens")
    cached = first(usage, "cache_read_input_tokens") or 0
    written = first(usage, "cache_creation_input_tokens") or 0
    tokens_in = None if fresh is None else fresh + cached + written
    return Reported(tokens_in, first(usage, "output_tokens"), cached, written)


def first(usage: Mapping[str, Json], *names: str) -> int | None:
    """The first of these counts that is valid."""
    return next((found for name in names if (found := count(usage.get(name))) is not None), None)


def within(fields: Mapping[str, Json], parts: Sequence[str], name: str) -> int | None:
    inner = next((each for part in parts if isinstance(each := fields.get(part), Mapping)), {})
    return count(by_letters(inner).get(name))


def count(value: Json) -> int | None:
    """A whole number that is not negative, also one written as text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and value >= 0 else None


def believed(reported: Reported | None, sizes: Sizes) -> Reported:
    """The usage that is counted for an exchange: each side as reported, or estimated where that
    cannot be believed.
    """
    told = reported or Reported()
    in_known = plausible_in(told.tokens_in, sizes)
    out_known = plausible_out(told.tokens_out, sizes)
    tokens_in = told.tokens_in if in_known and told.tokens_in else estimated(sizes.sent)
    tokens_out = told.tokens_out if out_known else estimated(sizes.received)
    cached = min(told.cached, tokens_in) if in_known else 0
    return replace(
        told,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cached=cached,
        written=min(told.written, tokens_in - cached) if in_known else 0,
        reasoning=min(told.reasoning, tokens_out or 0),
        estimated=not (in_known and out_known),
    )


def plausible_in(tokens: int | None, sizes: Sizes) -> bool:
    return bool(tokens) and plausible(tokens or 0, sizes.sent, sizes.sent + FAR_TOO_MANY)


def plausible_out(tokens: int | None, sizes: Sizes) -> bool:
    """No tokens are believed of an answer that holds nothing."""
    if not tokens:
        return tokens == 0 and not sizes.received
    most = max(sizes.most_out, sizes.received) + MUCH_MORE_THAN_ASKED
    return plausible(tokens, sizes.received, most)


def plausible(tokens: int, size: int, most: int) -> bool:
    enough = size < LONG_ENOUGH or tokens * MOST_BYTES_PER_TOKEN >= size
    return enough and tokens <= most


def estimated(size: int) -> int:
    """Tokens of so many bytes, rather too many than too few."""
    return size // BYTES_PER_TOKEN + PER_MESSAGE if size else 0
