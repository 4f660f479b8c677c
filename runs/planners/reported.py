"""The usage that a provider reports, read off either wire, and what is believed of it.

A count that is missing, zero or absurd is none: the tokenizer's estimate stands in its place and is
marked as such, so that limits hold whatever a server reports. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from console.json_value import Json
from runs.engine.tokens import BYTES_PER_TOKEN

FAR_TOO_MANY: Final = 1_000_000
"""Tokens above one for each byte that are not believed: a server may add a prompt of its own, but
not one this large.
"""
MOST_BYTES_PER_TOKEN: Final = 64
"""No tokenizer packs more into one on average; asked only of texts that are long enough to tell."""
LONG_ENOUGH: Final = 8_000
MUCH_MORE_THAN_ASKED: Final = 100_000
PER_MESSAGE: Final = 8


@dataclass(frozen=True, slots=True)
class Reported:
    """Tokens of one exchange, None where none are known.

    `tokens_in` includes `cached`, which were read from the provider's cache, and `written`, which
    were written to it. `tokens_out` includes `reasoning`.
    """

    tokens_in: int | None = None
    tokens_out: int | None = None
    cached: int = 0
    written: int = 0
    reasoning: int = 0
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
    tokens_in = first(usage, "prompt_tokens", "input_tokens", "prompt_eval_count")
    tokens_out = first(usage, "completion_tokens", "output_tokens", "eval_count")
    total = first(usage, "total_tokens")
    reasoning = within(usage, "completion_tokens_details", "reasoning_tokens") or 0
    if tokens_in is not None and total is not None:
        # some count what was only thought into the total and not into the answer
        tokens_out = max(tokens_out or 0, total - tokens_in)
    cached = (
        within(usage, "prompt_tokens_details", "cached_tokens")
        or first(usage, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
        or 0
    )
    written = (
        within(usage, "prompt_tokens_details", "cache_write_tokens")
        or first(usage, "cache_creation_input_tokens")
        or 0
    )
    return Reported(tokens_in, tokens_out, cached, written, reasoning)


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


def within(usage: Mapping[str, Json], part: str, name: str) -> int | None:
    inner = usage.get(part)
    return count(inner.get(name)) if isinstance(inner, Mapping) else None


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
