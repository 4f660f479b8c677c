"""What the engine asks of the world: planners, tools, rules.

Facts are frozen; every port is a Protocol. What is awaited (`Planner`, `Tool`) may wait, query and
fail, and is called by the driver alone, between two commits. What is not awaited (`Toolbox`,
`PlannerContext`, the engine's `RunRules`) is called in the middle of a decision, so it neither
queries nor waits: what it has to know was gathered before and is handed over by name, as
`PreparedCalls`. If it asked the world itself, a repeated commit could decide otherwise than the one
it repeats, and a replay otherwise than the run.

Implemented in `runs.planners`, `runs.tools`, `policies` and `approvals`; joined in
`console.wiring`.
"""

from runs.engine.ports.planner_ports import ContextMessage as ContextMessage
from runs.engine.ports.planner_ports import Inquiry as Inquiry
from runs.engine.ports.planner_ports import Opaque as Opaque
from runs.engine.ports.planner_ports import Planner as Planner
from runs.engine.ports.planner_ports import PlannerContext as PlannerContext
from runs.engine.ports.planner_ports import PlannerTurn as PlannerTurn
from runs.engine.ports.planner_ports import PlanRequest as PlanRequest
from runs.engine.ports.planner_ports import PricedByTier as PricedByTier
from runs.engine.ports.planner_ports import PriceTier as PriceTier
from runs.engine.ports.planner_ports import Remote as Remote
from runs.engine.ports.planner_ports import Seeing as Seeing
from runs.engine.ports.planner_ports import Speaker as Speaker
from runs.engine.ports.planner_ports import Tier as Tier
from runs.engine.ports.planner_ports import ToolCall as ToolCall
from runs.engine.ports.planner_ports import Usage as Usage
from runs.engine.ports.planner_ports import is_priced_by_tier as is_priced_by_tier
from runs.engine.ports.planner_ports import is_remote as is_remote
from runs.engine.ports.planner_ports import may_see as may_see
from runs.engine.ports.prepared_calls import MAY_BE_MADE as MAY_BE_MADE
from runs.engine.ports.prepared_calls import NOTHING_KNOWN as NOTHING_KNOWN
from runs.engine.ports.prepared_calls import UNPREPARED as UNPREPARED
from runs.engine.ports.prepared_calls import Prepared as Prepared
from runs.engine.ports.prepared_calls import PreparedCalls as PreparedCalls
from runs.engine.ports.tool_ports import Emptied as Emptied
from runs.engine.ports.tool_ports import Happened as Happened
from runs.engine.ports.tool_ports import Incomplete as Incomplete
from runs.engine.ports.tool_ports import ListedEffect as ListedEffect
from runs.engine.ports.tool_ports import ListsEffects as ListsEffects
from runs.engine.ports.tool_ports import Lookup as Lookup
from runs.engine.ports.tool_ports import MakesReady as MakesReady
from runs.engine.ports.tool_ports import ReadyCall as ReadyCall
from runs.engine.ports.tool_ports import Restricted as Restricted
from runs.engine.ports.tool_ports import Returned as Returned
from runs.engine.ports.tool_ports import Tool as Tool
from runs.engine.ports.tool_ports import Toolbox as Toolbox
from runs.engine.ports.tool_ports import ToolContext as ToolContext
from runs.engine.ports.tool_ports import ToolSpec as ToolSpec
from runs.engine.ports.tool_ports import Withholding as Withholding
from runs.engine.ports.tool_ports import can_make_ready as can_make_ready
from runs.engine.ports.tool_ports import is_emptied as is_emptied
from runs.engine.ports.tool_ports import is_incomplete as is_incomplete
from runs.engine.ports.tool_ports import is_withholding as is_withholding
