"""What a model's tokens cost and how many fit: the agent's own figures over genai-prices.

An unknown price is None, never zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import genai_prices
from genai_prices import data_snapshot
from genai_prices.types import PriceCalculation
from pydantic_ai.messages import ModelResponse
from pydantic_ai.usage import RequestUsage

from runs.engine.ports import Json, Usage
from runs.planners.endpoint import Endpoint

MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of one endpoint.

    `price_in` and `price_out`, USD per million tokens, are the agent's own: each wins over the
    known one.
    """

    endpoint: Endpoint
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    own_window: int | None = None

    @property
    def window(self) -> int | None:
        """Tokens that fit the model: as the agent says, else as genai-prices knows it."""
        if self.own_window:
            return self.own_window
        for url, provider in self.places:
            try:
                _, model = data_snapshot.get_snapshot().find_provider_model(
                    self.endpoint.model, None, provider, url
                )
            except LookupError:
                continue
            return model.context_window
        return None

    @property
    def places(self) -> tuple[tuple[str | None, str | None], ...]:
        """Where to look a model up: at the address it is served from, else under the maker of its
        wire format.
        """
        return (self.endpoint.base_url, None), (None, self.endpoint.wire)

    def estimate(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        """USD for so many tokens, none of them cached."""
        return self.usd(
            RequestUsage(input_tokens=tokens_in, output_tokens=tokens_out),
            [self.endpoint.model],
            {},
        )

    def usage(self, response: ModelResponse) -> Usage:
        """Tokens as the provider counted them, cached ones included, and their price.

        No count at all is no price either.
        """
        counted = response.usage
        if counted.unmeasured_requests:
            return Usage(counted.input_tokens, counted.output_tokens, None)
        models = [name for name in (response.model_name, self.endpoint.model) if name]
        return Usage(
            counted.input_tokens,
            counted.output_tokens,
            self.usd(counted, models, response.provider_details or {}),
        )

    def usd(
        self, usage: RequestUsage, models: Sequence[str], details: Mapping[str, Json]
    ) -> Decimal | None:
        """By the agent's prices where it has them, cached tokens at the full one; else by the first
        of `models` with a known price.
        """
        known = next(
            (price for model in models if (price := self.known(usage, model, details))), None
        )
        if self.price_in is None and self.price_out is None:
            return known.total_price if known else None
        spent_in = side(self.price_in, usage.input_tokens, known.input_price if known else None)
        spent_out = side(self.price_out, usage.output_tokens, known.output_price if known else None)
        return None if spent_in is None or spent_out is None else spent_in + spent_out

    def known(
        self, usage: RequestUsage, model: str, details: Mapping[str, Json]
    ) -> PriceCalculation | None:
        """The list price, for the service tier the answer names; None when genai-prices cannot
        tell.
        """
        context = {name: value for name, value in details.items() if isinstance(value, str)}
        for url, provider in self.places:
            try:
                if url:
                    return genai_prices.calc_price(
                        usage, model, provider_api_url=url, price_context=context
                    )
                return genai_prices.calc_price(
                    usage, model, provider_id=provider, price_context=context
                )
            except (LookupError, ValueError):
                continue
        return None


def side(own: Decimal | None, tokens: int, known: Decimal | None) -> Decimal | None:
    """What one side of an exchange costs: at the agent's own price when there is one."""
    return known if own is None else own * tokens / MILLION
