"""The tools that an agent's runs would be offered, by name, for whoever edits the agent."""

from collections.abc import Iterator

from policies.gate import named_tools
from runs.models import Agent, ServedTool
from runs.tools import registry, toolbox


def misnamed(agent: Agent) -> list[str]:
    """A sentence for each tool that a criterion names and the agent does not have. Queries."""
    servers = agent.mcp_servers.all()
    served = ServedTool.objects.filter(server__in=servers, gone=False).select_related("server")
    known = {row.server_id for row in served}
    unseen = tuple(f"{server.name}." for server in servers if server.pk not in known)
    return named_tools.warnings(agent.acceptance or [], [*own(agent), *map(str, served)], unseen)


def own(agent: Agent) -> Iterator[str]:
    patterns = [str(each) for each in agent.tools or []]
    return (name for name in registry.discover() if toolbox.matches(name, patterns))
