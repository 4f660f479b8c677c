"""Which active runs a halt lever would stop: by agent, with the tools they may call. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count

from console import figures
from policies.halts.rules import HARMLESS, Facts, Lever, Reach, reaches
from policies.patterns import fits
from runs.engine.vocabulary import FINAL, RunStatus
from runs.models import Agent, Run
from runs.tools import registry

ACTIVE = [
    status.value for status in RunStatus if status not in FINAL and status is not RunStatus.PAUSED
]
FOREIGN = "tool"  # stands for whatever a server offers: nobody knows before asking it


@dataclass(frozen=True, slots=True)
class Active:
    """An agent, how many of its runs are active, and the tools it may call with their effects (""
    when unknown).
    """

    name: str
    title: str
    runs: int
    tools: tuple[tuple[str, str], ...]


def active() -> list[Active]:
    """Agents with active runs. Two queries, and one for their servers."""
    counts = dict(
        Run.objects.filter(status__in=ACTIVE)
        .order_by()
        .values_list("agent_id")
        .annotate(count=Count("id"))
    )
    agents = (
        Agent.objects.filter(pk__in=counts)
        .only("name", "title", "tools")
        .prefetch_related("mcp_servers")
        .order_by("title")
    )
    return [
        Active(agent.name, agent.title, counts[agent.pk], tuple(tools_of(agent)))
        for agent in agents
    ]


def tools_of(agent: Agent) -> Iterable[tuple[str, str]]:
    patterns = " ".join(map(str, agent.tools))
    for name, declared in registry.discover().items():
        if fits(name, patterns):
            yield name, declared.spec.effect.value
    for server in agent.mcp_servers.all():
        yield f"{server.name}.{FOREIGN}", ""


def reached(agents: Sequence[Active], lever: Lever) -> list[Active]:
    """Agents whose runs would meet the lever sooner or later. A pattern for tools of a server
    reaches every agent that may use the server.
    """
    return [
        agent
        for agent in agents
        if reaches(lever, Facts(agent.name))
        or any(meets(lever, agent.name, *tool) for tool in agent.tools)
    ]


def meets(lever: Lever, agent: str, tool: str, effect: str) -> bool:
    server, dot, _ = tool.partition(".")
    if (
        lever.reach is Reach.TOOL
        and dot
        and any(pattern.startswith(f"{server}.") for pattern in lever.target.split())
    ):
        return True
    return reaches(lever, Facts(agent, tool, effect if effect in HARMLESS else ""))


def sentence(agents: Sequence[Active]) -> str:
    """`14 active runs of 2 agents: Refund desk 9, Bug triage 5.`"""
    if not agents:
        return "It reaches no run that is active now."
    runs = figures.plural(sum(agent.runs for agent in agents), "active run")
    if len(agents) == 1:
        return f"It reaches {runs} of {agents[0].title}."
    listed = ", ".join(
        f"{agent.title} {agent.runs}" for agent in sorted(agents, key=lambda agent: -agent.runs)[:6]
    )
    more = f" and {len(agents) - 6} more" if len(agents) > 6 else ""
    return f"It reaches {runs} of {len(agents)} agents: {listed}{more}."
