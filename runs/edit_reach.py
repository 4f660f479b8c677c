"""What people are told once an agent or an MCP server is saved: for which runs that is in force,
and which keep what was. A run pins both when it starts.
"""

from collections.abc import Mapping

from django.db.models import Q

from console import figures
from policies.current import policy_reach
from runs.models import Agent, McpServer, Run
from runs.models.run import IS_LIVE


def of_agent(agent: Agent, before: Mapping[str, object]) -> str:
    """`before`: what the agent was."""
    live = of_live(Q(agent=agent))
    if not agent.enabled:
        return f"Out of force: no run of it starts from now on; {kept(live)}"
    bound = ""
    if before and before.get("max_active") != agent.max_active:
        bound = " How many of them may be at work holds at once, for all."
    return f"In force for runs of it that start from now on; {kept(live)}{bound}"


def of_server(server: McpServer) -> str:
    live = of_live(Q(snapshot__mcp_servers__contains=[{"name": server.name}]))
    if not server.enabled:
        return f"Out of force: no run that starts from now on has its tools; {kept(live)}"
    agents = server.agent_set.filter(enabled=True).count()
    if not agents:
        return f"No agent has it yet: an agent's own page gives it one.{over(server)}"
    of = figures.plural(agents, "agent")
    return f"In force for runs of {of} that start from now on; {kept(live)}{over(server)}"


def of_gone_server(server: McpServer) -> str:
    """Which agents lose its tools once it is deleted."""
    names = list(server.agent_set.order_by("title").values_list("title", flat=True))
    if not names:
        return "No agent has it."
    return f"Runs of {policy_reach.listed(names)} that start from then on have none of its tools."


def over(server: McpServer) -> str:
    """What of its own word does not count."""
    told = {str(tool["name"]) for tool in server.offered}
    described = sorted(name for name in server.overrides if name in told or not told)
    if not described:
        return ""
    tools = policy_reach.listed(described)
    return f" Whatever it says of {tools}, what is written here counts."


def of_live(which: Q) -> int:
    return Run.objects.filter(IS_LIVE, which, drill=False).count()


def kept(live: int) -> str:
    if not live:
        return "no run that began before is live."
    goes = "goes on as it" if live == 1 else "go on as they"
    return f"{figures.plural(live, 'live run')} {goes} began."
