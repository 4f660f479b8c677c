"""The messages format: Anthropic itself, and what stands before it. SDK retries off."""

import httpx2
from anthropic import AsyncAnthropic
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from runs.planners.endpoint import Endpoint


def model(endpoint: Endpoint, pool: httpx2.AsyncClient) -> Model:
    client = AsyncAnthropic(
        api_key=endpoint.key, base_url=endpoint.base_url, http_client=pool, max_retries=0
    )
    return AnthropicModel(endpoint.model, provider=AnthropicProvider(anthropic_client=client))
