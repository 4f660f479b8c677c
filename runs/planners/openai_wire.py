"""The chat completions format: OpenAI itself, and the many servers and gateways that speak it.

SDK retries off.
"""

from typing import Final

import httpx2
from openai import AsyncOpenAI
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from runs.planners.endpoint import Endpoint

REASONING: Final = ("gpt-5", "gpt-6", "o1", "o3", "o4")


def model(endpoint: Endpoint, pool: httpx2.AsyncClient) -> Model:
    client = AsyncOpenAI(
        api_key=endpoint.key, base_url=endpoint.base_url, http_client=pool, max_retries=0
    )
    if endpoint.home:
        return OpenAIChatModel(endpoint.model, provider=OpenAIProvider(openai_client=client))
    # Servers that speak the format know `max_tokens`, and some of them nothing newer; OpenAI's
    # reasoning models refuse it.
    newer = endpoint.model.rpartition("/")[2].startswith(REASONING)
    profile = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=newer)
    return OpenAIChatModel(
        endpoint.model,
        provider=OpenAICompatibleProvider("openai-compatible", openai_client=client),
        profile=profile,
    )
