"""The provider planner: asks a model over HTTP, once; retries, limits and everything else are the
supervisor's.

The only way in is `selection.build`, which imports this module (and the heavy libraries behind it)
when a run needs it.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from weakref import WeakKeyDictionary

import httpx2
from pydantic_ai import direct
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings

from runs import fence
from runs.engine.engine_errors import PlannerError
from runs.engine.ports import Json, Planner, PlannerTurn, PlanRequest
from runs.planners import answer, connections, conversation, faults
from runs.planners.endpoint import Endpoint, Wire
from runs.planners.prices import Tariff

Maker = Callable[[Endpoint, httpx2.AsyncClient], Model]

models: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Endpoint, Model]] = WeakKeyDictionary()


def planner(endpoint: Endpoint, snapshot: Mapping[str, Json]) -> Planner:
    """The planner of an agent whose model lives at `endpoint`."""
    tariff = Tariff(
        endpoint,
        money(snapshot.get("price_in")),
        money(snapshot.get("price_out")),
        snapshot.get("window"),
    )
    return ProviderPlanner(endpoint, tariff, maker(endpoint.wire))


def money(value: Json) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def maker(wire: Wire) -> Maker:
    """What makes the library's model for a wire format."""
    # Imported here because each SDK costs most of a second and 30 MB, and a worker rarely needs
    # both; and not in `decide`, where the import would hold up every other run on the loop.
    if wire is Wire.ANTHROPIC:
        from runs.planners import anthropic_wire  # noqa: PLC0415

        return anthropic_wire.model
    from runs.planners import openai_wire  # noqa: PLC0415

    return openai_wire.model


@dataclass(frozen=True, slots=True)
class ProviderPlanner:
    """Asks the model at `endpoint`. Keeps no conversation:
    each request carries the whole context."""

    endpoint: Endpoint
    tariff: Tariff
    make: Maker

    @property
    def model(self) -> str:
        return self.endpoint.name

    @property
    def window(self) -> int | None:
        return self.tariff.window

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        return self.tariff.estimate(tokens_in, tokens_out)

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        """One HTTP request, and no second one; a cancelled one closes its connection."""
        named = conversation.names(request.tools)
        fence.ask()
        try:
            response = await direct.model_request(
                self.reached(),
                conversation.conversation(request.context.messages(), named),
                model_settings=ModelSettings(max_tokens=request.max_tokens_out, max_retries=0),
                model_request_parameters=ModelRequestParameters(
                    function_tools=conversation.definitions(request.tools, named)
                ),
                instrument=False,
            )
        except PlannerError:
            raise
        except Exception as error:  # noqa: BLE001
            # Every failure of a request is named and passed on. `from None`: the library's errors
            # carry the request, key and all.
            raise faults.planner_error(error, self.endpoint) from None
        name = f"{self.endpoint.wire}:{response.model_name or self.endpoint.model}"
        return answer.turn(response, request.step, named, self.tariff.usage(response), name)

    def reached(self) -> Model:
        """The library's model, made once a loop and endpoint:
        its connections belong to the loop."""
        mine = models.setdefault(asyncio.get_running_loop(), {})
        if self.endpoint not in mine:
            mine[self.endpoint] = self.make(self.endpoint, connections.pool())
        return mine[self.endpoint]
