"""The composition root: hands the runtime its planners, tools and rules.

Nothing else may import from every room.
"""

from approvals import approval_gate
from runs import planners, tools
from runs.engine.ports import Toolbox
from runs.incidents import shadow_shop
from runs.runtime.dependencies import Dependencies, Snapshot, Supervision, configure
from runs.runtime.lease import Lease
from runs.snapshots import SHADOW
from runs.supervision.assembly import supervised
from runs.tools import arguments, pins, sightings


def rules(lease: Lease, toolbox: Toolbox) -> Supervision:
    return supervised(lease, toolbox, arguments.problems)


async def toolbox(snapshot: Snapshot) -> Toolbox:
    """The tools of one run. One that plays an incident has shadow tools and never any other."""
    if SHADOW in snapshot:
        return shadow_shop.toolbox(snapshot)
    return await tools.build(snapshot)


def join() -> None:
    """Called once, when the roof is ready."""
    configure(
        Dependencies(
            planner=planners.build,
            toolbox=toolbox,
            rules=rules,
            approvals=approval_gate.RequestGate(),
        )
    )
    pins.remember(sightings)
