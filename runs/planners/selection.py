"""Which planner an agent's snapshot asks for, and what stands in its way.

Must stay light to import.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from console.json_value import Json
from console.outside import addresses
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import Planner, PlannerTurn, PlanRequest
from runs.planners import another, recorded_planner, script_text
from runs.planners.endpoint import EndpointError, endpoint
from runs.planners.scripted import ScriptedPlanner

SCRIPTED: Final = "scripted"
INCIDENT: Final = "incident"
"""The planner of the agent in whose name incidents are played; each run pins a script instead."""


@dataclass(frozen=True, slots=True)
class NoPlanner:
    """Stands in where no planner can be made on this machine, so that the run stops with the
    sentence and not its worker with an error.
    """

    model: str
    sentence: str
    window: int | None = None

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        return Decimal(0)

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        raise PlannerError(PlannerFault.FATAL, self.sentence)


def build(snapshot: Mapping[str, Json]) -> Planner:
    """The planner of a run.

    One that cannot plan gives its reason as a FATAL fault when asked: a worker may lack a key that
    the web has.
    """
    if sentence := problem(snapshot):
        return NoPlanner(str(snapshot.get("planner") or ""), sentence)
    if snapshot.get("recording") is not None:
        return recorded_planner.RecordedPlanner(
            recorded_planner.read(snapshot["recording"]), bool(snapshot.get("keep_pace"))
        )
    if snapshot.get("planner") == SCRIPTED or "drill" in snapshot:
        # whatever a policy asks of a drill, no model is asked for it
        return ScriptedPlanner(script_text.parse(snapshot.get("script") or ""))
    # Imported here and nowhere else: pydantic_ai and an SDK cost a second or two and 80-100 MB,
    # which only a process that talks to a provider should pay; web processes, scripted runs and
    # tests start without.
    from runs.planners import provider  # noqa: PLC0415

    own = str(snapshot.get("base_url") or "").strip()
    if own and (wrong := addresses.reached_problem(own)):
        return NoPlanner(str(snapshot.get("planner") or ""), f"The agent's base URL {wrong}.")
    return provider.planner(endpoint(snapshot, os.environ), snapshot)


def unreached(snapshot: Mapping[str, Json]) -> str:
    """Which of the agent's other models cannot be asked from here, and why; empty when all can."""
    found = (
        (use, name, problem(another.with_planner(snapshot, name)))
        for use, name in another.others(snapshot)
    )
    return " ".join(f"Its {use} {name} cannot be asked: {why}" for use, name, why in found if why)


def problem(snapshot: Mapping[str, Json]) -> str | None:
    """Why a run of this agent could not plan, in a sentence; None when nothing is known to stand in
    its way.
    """
    if snapshot.get("recording") is not None:
        return None
    try:
        if snapshot.get("planner") == SCRIPTED or "drill" in snapshot:
            script_text.parse(snapshot.get("script") or "")
        else:
            endpoint(snapshot, os.environ)
    except EndpointError as error:
        return str(error)
    except script_text.ScriptError as error:
        return f"The agent's script cannot be read: {error}."
    return None
