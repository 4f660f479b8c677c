"""The composition root: hands the runtime its planners, tools and rules.

Nothing else may import from every room.
"""

from approvals import approval_gate
from runs import planners, tools
from runs.engine.ports import Toolbox
from runs.runtime.dependencies import Dependencies, Supervision, configure
from runs.runtime.lease import Lease
from runs.supervision.assembly import supervised
from runs.tools import arguments, pins, sightings


def rules(lease: Lease, toolbox: Toolbox) -> Supervision:
    return supervised(lease, toolbox, arguments.problems)


def join() -> None:
    """Called once, when the roof is ready."""
    configure(
        Dependencies(
            planner=planners.build,
            toolbox=tools.build,
            rules=rules,
            approvals=approval_gate.RequestGate(),
        )
    )
    pins.remember(sightings)
