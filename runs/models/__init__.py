"""Tables of what happens, one module for each noun: agents, their runs, MCP servers, tool
crashes, effects that are taken, fire drills, what reconciliations found, saved views,
bulk acts.

Nothing here decides: writes go through `runs.services` and `runs.runtime`, reads through
`runs.reading`.
"""

from runs.models.agent import COMPENSATIONS as COMPENSATIONS
from runs.models.agent import Agent as Agent
from runs.models.bulk_act import BulkAct as BulkAct
from runs.models.bulk_act import BulkItem as BulkItem
from runs.models.drill import Drill as Drill
from runs.models.drill import MonthlyDrill as MonthlyDrill
from runs.models.effect_claim import EffectClaim as EffectClaim
from runs.models.effect_finding import EffectFinding as EffectFinding
from runs.models.mcp import McpServer as McpServer
from runs.models.mcp import ServedTool as ServedTool
from runs.models.run import Run as Run
from runs.models.saved_view import PinnedView as PinnedView
from runs.models.saved_view import SavedView as SavedView
from runs.models.tool_crash import ToolCrash as ToolCrash
