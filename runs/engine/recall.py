"""The tool by which a planner reads an earlier result of its own run again. Pure."""

from runs.engine.ports import Toolbox, ToolSpec
from runs.engine.state import State

RECALL = "recall"


def offered(toolbox: Toolbox, state: State) -> tuple[ToolSpec, ...]:
    """The tools that a planner is told of: recall only once there is something to recall."""
    specs = toolbox.specs()
    return specs if state.folded else tuple(spec for spec in specs if spec.name != RECALL)
