"""What a model's tokens cost and how many fit: the agent's own figures over genai-prices.

An unknown price is None, never zero.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import genai_prices
from genai_prices import data_snapshot
from genai_prices.types import ModelInfo, PriceCalculation, TieredPrices

from console.json_value import Json
from runs.engine.ports import PriceTier, Usage
from runs.planners.endpoint import Endpoint, WireFormat
from runs.planners.reported import Reported

MILLION: Final = 1_000_000
SAMPLE: Final = 1_000
"""Tokens by which a price is asked for: few enough for the first tier."""
CACHE_RATIOS: Final = {
    WireFormat.ANTHROPIC: (Decimal("0.1"), Decimal("1.25")),
    WireFormat.OPENAI: (Decimal(1), Decimal(1)),
}
"""What a token costs that was read from the cache, and one that was written to it, by the price of
any other; where no list says. The messages format has them for all of its models.
"""

MAKERS: Final = {
    **{name: name for name in ("openai", "anthropic", "google", "deepseek", "cohere", "x-ai")},
    "azure": "azure",
    "gemini": "google",
    "vertex_ai": "google",
    "models": "google",
    "mistral": "mistral",
    "mistralai": "mistral",
    "xai": "x-ai",
    "bedrock": "aws",
}
"""Providers by what gateways write before a model's name, as in `google/gemini-2.5-pro`."""
OF_BEDROCK: Final = re.compile(r"(?:[a-z]{2,6}\.)?(?:anthropic|amazon|meta|mistral|cohere)\.\S+")


def of_maker(model: str) -> Iterator[tuple[str, str]]:
    """The provider and the bare name in a model's name as gateways write it, if any."""
    before, _, name = model.rpartition("/")
    maker = MAKERS.get(before.rpartition("/")[2].lower())
    if maker:
        yield maker, name
    if OF_BEDROCK.fullmatch(name):
        yield "aws", name


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of one endpoint, in USD per million tokens.

    `price_in`, `price_out` and `price_cached` are the agent's own: each wins over the known one.
    `fallback` counts, for each token either way, where neither tells.
    """

    endpoint: Endpoint
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    price_cached: Decimal | None = None
    fallback: Decimal | None = None
    own_window: int | None = None

    @property
    def window(self) -> int | None:
        """Tokens that the model takes: as the agent says, else as genai-prices lists it."""
        model = None if self.own_window else self.listed()
        return model.context_window if model else self.own_window

    @property
    def places(self) -> tuple[tuple[str | None, str | None], ...]:
        """Where to look a model up: at the address it is served from, else under the maker of its
        wire format.
        """
        return (self.endpoint.base_url, None), (None, self.endpoint.wire)

    def listed(self) -> ModelInfo | None:
        """The model as genai-prices knows it."""
        model = self.endpoint.model
        at_places = [(model, url, provider) for url, provider in self.places]
        at_makers = [(name, None, maker) for maker, name in of_maker(model)]
        for name, url, provider in (*at_places, *at_makers):
            try:
                found = data_snapshot.get_snapshot().find_provider_model(name, None, provider, url)
            except LookupError:
                continue
            return found[1]
        return None

    def estimate(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        """USD for so many tokens, none of them cached."""
        sent = Reported(tokens_in, tokens_out)
        found = self.usd(sent, [self.endpoint.model])
        return self.by_fallback(sent) if found is None else found

    @property
    def known(self) -> bool:
        """Whether there is a price, the agent's own or a listed one; a fallback is none."""
        return self.usd(Reported(1, 1), [self.endpoint.model]) is not None

    def tiers(self) -> tuple[PriceTier, ...]:
        """The dearer prices of longer contexts, by the tokens above which they hold."""
        return tuple(self.tier(above) for above in self.thresholds())

    def thresholds(self) -> list[int]:
        found = self.calculated(Reported(1, 1), self.endpoint.model)
        prices = found.model_price if found else None
        sides = [getattr(prices, name, None) for name in ("input_mtok", "output_mtok")]
        return sorted(
            {tier.start for side in sides if isinstance(side, TieredPrices) for tier in side.tiers}
        )

    def tier(self, above: int) -> PriceTier:
        """What a million tokens cost either way in a context of more than `above` tokens."""
        sent, size = above + SAMPLE, Decimal(above + SAMPLE)
        alone = self.estimate(sent, 0) or Decimal(0)
        answered = self.estimate(sent, SAMPLE) or Decimal(0)
        return PriceTier(above, alone * MILLION / size, (answered - alone) * MILLION / SAMPLE)

    def usage(self, counted: Reported, answered_by: str, service_tier: str = "") -> Usage:
        """Tokens, cached ones included, with their price and what the cache spared. Where no price
        is known, what the gateway says that it cost counts.
        """
        models = [name for name in (answered_by, self.endpoint.model) if name]
        listed = self.usd(counted, models, service_tier)
        usd = counted.usd if listed is None else listed
        full = self.usd(replace(counted, cached=0, written=0), models, service_tier)
        guessed = self.by_fallback(counted) if usd is None else None
        return Usage(
            counted.tokens_in or 0,
            counted.tokens_out or 0,
            guessed if usd is None else usd,
            estimated=counted.estimated or guessed is not None,
            cached=counted.cached,
            saved=Decimal(0) if listed is None or full is None else full - listed,
        )

    def by_fallback(self, counted: Reported) -> Decimal | None:
        if self.fallback is None:
            return None
        return self.fallback * ((counted.tokens_in or 0) + (counted.tokens_out or 0)) / MILLION

    def usd(
        self, counted: Reported, models: Sequence[str], service_tier: str = ""
    ) -> Decimal | None:
        """The price: by the agent's own prices where it has them, else by the first of `models`
        with a known price.
        """
        found = (self.calculated(counted, model, service_tier) for model in models)
        known = next((price for price in found if price), None)
        spent_in = known.input_price if known else None
        spent_out = known.output_price if known else None
        if self.price_in is None and self.price_out is None:
            return known.total_price if known else None
        if self.price_in is not None:
            spent_in = self.own_side(counted, self.price_in) / MILLION
        if self.price_out is not None:
            spent_out = self.price_out * (counted.tokens_out or 0) / MILLION
        return None if spent_in is None or spent_out is None else spent_in + spent_out

    def own_side(self, counted: Reported, price: Decimal) -> Decimal:
        """What was sent, at the agent's own price: cached tokens at theirs, or in the known ratio
        to it.
        """
        read, write = self.cache_ratios()
        fresh = (counted.tokens_in or 0) - counted.cached - counted.written
        cached = price * read if self.price_cached is None else self.price_cached
        return fresh * price + counted.cached * cached + counted.written * price * write

    def cache_ratios(self) -> tuple[Decimal, Decimal]:
        """The price of a token read from the cache and of one written to it, as ratios to that of
        any other.
        """
        usual = CACHE_RATIOS[self.endpoint.wire]
        model = self.endpoint.model
        full = self.calculated(Reported(SAMPLE, 0), model)
        if not full or not full.input_price:
            return usual
        read = self.calculated(Reported(SAMPLE, 0, cached=SAMPLE), model)
        write = self.calculated(Reported(SAMPLE, 0, written=SAMPLE), model)
        return (
            read.input_price / full.input_price if read else usual[0],
            write.input_price / full.input_price if write else usual[1],
        )

    def calculated(
        self, counted: Reported, model: str, service_tier: str = ""
    ) -> PriceCalculation | None:
        """The list price, for the service tier the answer names; None when genai-prices cannot
        tell.
        """
        usage = genai_prices.Usage(
            input_tokens=counted.tokens_in or 0,
            output_tokens=counted.tokens_out or 0,
            cache_read_tokens=counted.cached,
            cache_write_tokens=counted.written,
        )
        context = {"service_tier": service_tier} if service_tier else {}
        return next(self.calculations(usage, model, context), None)

    def calculations(
        self, usage: genai_prices.Usage, model: str, context: dict[str, str]
    ) -> Iterator[PriceCalculation]:
        for url, provider in self.places:
            try:
                if url:
                    yield genai_prices.calc_price(
                        usage, model, provider_api_url=url, price_context=context
                    )
                else:
                    yield genai_prices.calc_price(
                        usage, model, provider_id=provider, price_context=context
                    )
            except (LookupError, ValueError):
                continue
        for maker, name in of_maker(model):
            try:
                yield genai_prices.calc_price(usage, name, provider_id=maker, price_context=context)
            except (LookupError, ValueError):
                continue


def tariff(endpoint: Endpoint, snapshot: Mapping[str, Json]) -> Tariff:
    """The prices of an agent's model."""
    return Tariff(
        endpoint,
        money(snapshot.get("price_in")),
        money(snapshot.get("price_out")),
        money(snapshot.get("price_cached")),
        money(snapshot.get("fallback_price")),
        snapshot.get("window"),
    )


def money(value: Json) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))
