"""The live runs by agent and person, for pages that say for how many an edit is in force."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.contrib.auth.models import User
from django.db.models import Count, Q

from policies.current.live_runs import LiveRuns
from runs.engine.vocabulary import RunStatus, StopReason
from runs.models import Agent, Run
from runs.models.run import IS_LIVE
from runs.reading import reach

HELD_BY_A_BUDGET = Q(
    status=RunStatus.PAUSED, stop_reason__in=(StopReason.BUDGET_EXCEEDED, StopReason.TIMEOUT)
)
ToolsOf = Mapping[int, tuple[tuple[str, str], ...]]


def counted() -> list[LiveRuns]:
    """Fire drills' copies are left out. A run's planner is the one that it began with."""
    rows = list(
        Run.objects.filter(IS_LIVE, drill=False)
        .order_by()
        .values_list("agent_id", "agent__name", "snapshot__planner", "principal_id")
        .annotate(count=Count("id"), waiting=Count("id", filter=HELD_BY_A_BUDGET))
    )
    tools = tools_by_agent({row[0] for row in rows})
    people = by_person({row[3] for row in rows})
    return [
        LiveRuns(
            agent=name,
            runs=count,
            planner=planner or "",
            tools=tools[agent],
            person=str(person),
            called=people[person][0],
            groups=people[person][1],
            waiting=waiting,
        )
        for agent, name, planner, person, count, waiting in rows
    ]


def tools_by_agent(agents: Iterable[int]) -> ToolsOf:
    found = Agent.objects.filter(pk__in=agents).only("tools").prefetch_related("mcp_servers")
    return {agent.pk: tuple(reach.tools_of(agent)) for agent in found}


def by_person(ids: Iterable[int]) -> Mapping[int, tuple[str, frozenset[str]]]:
    """Name and groups of each."""
    names: dict[int, str] = {}
    groups: dict[int, set[str]] = defaultdict(set)
    rows = User.objects.filter(pk__in=ids).values_list("pk", "username", "groups__name")
    for pk, name, group in rows:
        names[pk] = name
        groups[pk] |= {group} if group else set()
    return {pk: (name, frozenset(groups[pk])) for pk, name in names.items()}
