"""Which model summarises a run's older steps, as its agent says."""

from collections.abc import Mapping

from console.json_value import Json
from runs.engine.state import RunState

DIGEST = "digest"
SCRIPTED = "scripted"


def summariser(snapshot: Mapping[str, Json], state: RunState) -> str | None:
    """The name of a planner, empty for the run's own; None where no model is to be asked, or the
    run has none.
    """
    named = str(snapshot.get("summarise") or "")
    if named == DIGEST:
        return None
    own = state.planner or str(snapshot.get("planner") or SCRIPTED)
    return None if not named and own == SCRIPTED else "" if named == own else named
