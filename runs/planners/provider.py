"""The provider planner: asks a model over HTTP, once; retries, limits and everything else are the
supervisor's.

The only way in is `selection.build`, which imports this module (and the heavy libraries behind it)
when a run needs it.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from console.json_value import Json
from runs import fence
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import Planner, PlannerTurn, PlanRequest, PriceTier
from runs.engine.tokens import BYTES_PER_TOKEN, rendered
from runs.planners import (
    answer,
    anthropic_wire,
    conversation,
    faults,
    model_settings,
    openai_wire,
    posting,
    reported,
    sight,
)
from runs.planners.answer import ModelAnswer
from runs.planners.conversation import Names
from runs.planners.endpoint import Endpoint, WireFormat
from runs.planners.model_settings import ModelSettings
from runs.planners.offered_tools import OfferedTools
from runs.planners.prices import Tariff, tariff

Read = Callable[[Json], ModelAnswer]
READS: Final[Mapping[WireFormat, Read]] = {
    WireFormat.OPENAI: openai_wire.answer,
    WireFormat.ANTHROPIC: anthropic_wire.answer,
}
BODIES: Final = {WireFormat.OPENAI: openai_wire.body, WireFormat.ANTHROPIC: anthropic_wire.body}


def planner(endpoint: Endpoint, snapshot: Mapping[str, Json]) -> Planner:
    """The planner of an agent whose model lives at `endpoint`."""
    return ProviderPlanner(endpoint, tariff(endpoint, snapshot), model_settings.settings(snapshot))


@dataclass(frozen=True, slots=True)
class ProviderPlanner:
    """Asks the model at `endpoint`. Keeps no conversation:
    each request carries the whole context."""

    endpoint: Endpoint
    tariff: Tariff
    settings: ModelSettings = field(default_factory=ModelSettings)
    offered: OfferedTools = field(default_factory=OfferedTools)

    @property
    def model(self) -> str:
        return self.endpoint.name

    @property
    def provider(self) -> str:
        return self.endpoint.provider

    @property
    def window(self) -> int | None:
        return self.tariff.window

    @property
    def price_tiers(self) -> tuple[PriceTier, ...]:
        return self.tariff.tiers()

    @property
    def sees(self) -> bool:
        """Whether the model takes pictures."""
        return sight.sees(self.endpoint.model, self.settings.sees)

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        return self.tariff.estimate(tokens_in, tokens_out)

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        """One HTTP request, and no second one; a cancelled one closes its connection."""
        named = conversation.names(request.tools)
        request = replace(request, tools=self.offered.of(request.tools))
        messages = request.context.messages()
        carried = sight.carried(messages) if self.sees else []
        seen = await sight.loaded(carried, request.picture)
        talk = conversation.conversation(messages, seen)
        fence.ask()
        try:
            body = BODIES[self.endpoint.wire](self.endpoint, self.settings, request, talk, named)
            sent = posting.encoded(body)
            found = READS[self.endpoint.wire](
                await posting.post(self.endpoint, self.headers(), sent)
            )
        except PlannerError:
            raise
        except Exception as error:  # noqa: BLE001
            # Every failure of a request is named and passed on. `from None`: the library's errors
            # carry the request, key and all.
            raise self.failure(error, request, named) from None
        most = request.max_tokens_out
        told = len(sent) - sum(map(len, seen.values()))
        told += BYTES_PER_TOKEN * sum(each.tokens for each in carried)
        counted = reported.believed(found.reported, sizes(told, found, most))
        name = f"{self.endpoint.wire}:{found.model or self.endpoint.model}"
        usage = self.tariff.usage(counted, found.model, found.tier)
        return answer.turn(found, request.step, named, usage, name, self.endpoint.maker, most)

    def failure(self, error: Exception, request: PlanRequest, named: Names) -> PlannerError:
        """What a failed request means; one that a tool's schema spoilt goes better next time."""
        failed = faults.planner_error(error, self.endpoint)
        if failed.fault is not PlannerFault.FATAL or not faults.rejected(error):
            return failed
        done = self.offered.refused(faults.text_of(error), request.tools, named)
        if not done:
            return failed
        return replace(failed, fault=PlannerFault.SCHEMA, message=f"{failed.message} {done}")

    def headers(self) -> dict[str, str]:
        """The agent's own, and over them the key."""
        given = model_settings.filled(self.settings.headers, os.environ, self.endpoint.host)
        return {**given, **posting.key_headers(self.endpoint, self.settings.key_header)}


def sizes(sent: int, found: ModelAnswer, most_out: int) -> reported.Sizes:
    """The sizes of a request by which a reported usage is judged; a picture is as long in it as its
    tokens' words.
    """
    parts = [found.said, found.thinking, *(call.name for call in found.calls)]
    received = sum(map(size, parts)) + sum(size(rendered(call.args)) for call in found.calls)
    return reported.Sizes(sent, received, most_out)


def size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
