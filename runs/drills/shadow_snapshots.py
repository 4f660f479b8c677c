"""The snapshot of a drill's run: an agent's own, without all by which something outside could be
reached, and with a script and shadow tools in its place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from console.json_value import Json
from runs.drills import drill_scenarios
from runs.drills.drill_scenarios import POISON, SCENARIOS, Scenario, ShadowCast
from runs.engine.ports import ToolSpec
from runs.planners.selection import SCRIPTED
from runs.services import ChosenLimits
from runs.tools import shadow_tools

KEPT: Final = ("name", "title", "parallel_calls", "max_tokens_out", "compensation")
"""All that a shadow copy has of its agent besides the names and schemas of its tools."""
LONGEST_CALL: Final = 4.0
"""Most seconds that a shadow tool may take."""
LIMITS: Final = ChosenLimits(steps=40, tokens=100_000, usd=Decimal(1), seconds=300)


def shadow(
    own: Mapping[str, Any],
    scenario: Scenario,
    cast: ShadowCast,
    specs: Iterable[ToolSpec],
    drill: int,
) -> dict[str, Any]:
    """What a drill's run pins of the agent whose snapshot is `own`."""
    facts = SCENARIOS[scenario]
    return {
        **{name: own[name] for name in KEPT if name in own},
        "planner": SCRIPTED,
        "summarise": "digest",
        "script": drill_scenarios.script(scenario, cast),
        "tools": [],
        "mcp_servers": [],
        "acceptance": [],
        "drill": {
            "id": drill,
            "scenario": scenario.value,
            "ttl": facts.ttl,
            "apart": facts.apart,
            "tools": [shadow_tool(each, scenario, cast) for each in specs],
        },
    }


def shadow_tool(spec: ToolSpec, scenario: Scenario, cast: ShadowCast) -> dict[str, Json]:
    """One tool of the copy, as the scenario has it."""
    facts, does = SCENARIOS[scenario], shadow_tools.ANSWER
    answer: Json = {"drill": "made up", "tool": spec.name, "status": "done"}
    if spec.name == cast.reading.name:
        does = facts.reads
        answer = {"text": POISON} if scenario is Scenario.POISONED else answer
    if cast.acting is not None and spec.name == cast.acting.name:
        does = facts.pays
    brief = replace(spec, timeout=min(spec.timeout, LONGEST_CALL))
    return shadow_tools.pinned(brief, does, answer)
