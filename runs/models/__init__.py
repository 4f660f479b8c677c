"""Tables of what happens, one module for each noun: agents, their runs, MCP servers, tool
crashes, effects that are taken, fire drills, what reconciliations found.

Nothing here decides: writes go through `runs.services` and `runs.runtime`, reads through
`runs.reading`.
"""

from runs.models.agent import COMPENSATIONS as COMPENSATIONS
from runs.models.agent import Agent as Agent
from runs.models.drill import Drill as Drill
from runs.models.drill import MonthlyDrill as MonthlyDrill
from runs.models.effect_claim import EffectClaim as EffectClaim
from runs.models.effect_finding import EffectFinding as EffectFinding
from runs.models.mcp import McpServer as McpServer
from runs.models.mcp import ServedTool as ServedTool
from runs.models.run import Run as Run
from runs.models.tool_crash import ToolCrash as ToolCrash
