"""The tools that an agent's runs would be offered, by name, for whoever edits the agent."""

from collections.abc import Iterator

from policies.gate import named_tools
from runs.models import Agent, ServedTool
from runs.tools import registry, toolbox


def misnamed(agent: Agent) -> list[str]:
    """A sentence for each tool that a criterion names and the agent does not have. Queries."""
    names, unseen = [*own(agent)], []
    for server in agent.mcp_servers.all():
        served = [str(row) for row in ServedTool.objects.filter(server=server, gone=False)]
        names += served
        unseen += [] if served else [f"{server.name}."]
    return named_tools.warnings(agent.acceptance or [], names, tuple(unseen))


def own(agent: Agent) -> Iterator[str]:
    patterns = [str(each) for each in agent.tools or []]
    return (name for name in registry.discover() if toolbox.matches(name, patterns))
