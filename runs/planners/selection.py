"""Which planner an agent's snapshot asks for, and what stands in its way. Owns no planner; must stay light to import."""

import os
from collections.abc import Mapping

from runs.engine.ports import Json, Planner
from runs.planners import recorded, script_text
from runs.planners.endpoint import EndpointError, endpoint
from runs.planners.scripted import ScriptedPlanner

SCRIPTED = "scripted"


def build(snapshot: Mapping[str, Json]) -> Planner:
    """The planner of a run; raises EndpointError or ScriptError where `problem` has a sentence."""
    if snapshot.get("recording") is not None:
        return recorded.RecordedPlanner(recorded.read(snapshot["recording"]), bool(snapshot.get("keep_pace")))
    if snapshot.get("planner") == SCRIPTED:
        return ScriptedPlanner(script_text.parse(snapshot.get("script") or ""))
    # Imported here and nowhere else: pydantic_ai and an SDK cost a second or two and 80-100 MB, which only a process that talks to
    # a provider should pay; web processes, scripted runs and tests start without.
    from runs.planners import provider  # noqa: PLC0415

    return provider.planner(endpoint(snapshot, os.environ), snapshot)


def problem(snapshot: Mapping[str, Json]) -> str | None:
    """Why a run of this agent could not plan, in a sentence; None when nothing is known to stand in its way."""
    try:
        if snapshot.get("recording") is not None:
            recorded.read(snapshot["recording"])
        elif snapshot.get("planner") == SCRIPTED:
            script_text.parse(snapshot.get("script") or "")
        else:
            endpoint(snapshot, os.environ)
    except EndpointError as error:
        return str(error)
    except script_text.ScriptError as error:
        return f"The agent's script cannot be read: {error}."
    return None
