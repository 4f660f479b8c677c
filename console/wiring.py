"""The composition root: hands the runtime its planners, tools and rules. Nothing else may import from every room."""

from runs import planners, tools
from runs.engine.ports import Toolbox
from runs.runtime.crew import Crew, Snapshot, Supervision, equip
from runs.runtime.rules import OwnRules
from runs.tools import arguments


def rules(snapshot: Snapshot, toolbox: Toolbox) -> Supervision:
    return OwnRules(toolbox, arguments.problems)


def join() -> None:
    """Called once, when the roof is ready."""
    equip(Crew(planner=planners.build, toolbox=tools.build, rules=rules))
