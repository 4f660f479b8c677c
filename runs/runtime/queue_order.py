"""Which run a worker takes next. Pure.

First what ends a run: one that is to be killed or undone. Then runs that people wait for, then
batch; among those of one class the principal with the fewest runs at work comes first, then the
agent with the fewest, then the run that has waited longest. No bound on runs at work is passed, but
by what ends a run.

No run waits for ever: each worker takes every eighth run by its age alone, whatever its class and
whoever it works for.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from runs.engine.vocabulary import Priority

BY_AGE = 8
"""Of so many runs that a worker takes, one is the run that has waited longest."""
RANKS = {Priority.INTERACTIVE: 0, Priority.BATCH: 1}
RoomFor = Callable[[Priority, int], bool]


@dataclass(frozen=True, slots=True)
class QueuedRun:
    """A run that waits for a worker. `principal` and `agent` are their ids; `ends`: it is to be
    killed or undone, so it waits for nothing but a worker.
    """

    run: UUID
    since: datetime
    priority: Priority
    principal: int
    agent: int
    ends: bool = False


@dataclass(frozen=True, slots=True)
class ActiveRuns:
    """How many runs workers hold now, by principal and by agent."""

    principals: Mapping[int, int] = field(default_factory=dict)
    agents: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActiveBounds:
    """Most runs at work at the same time: of single agents, by id, and of each principal. What is
    not named has none.
    """

    agents: Mapping[int, int] = field(default_factory=dict)
    principal: int | None = None

    def of_agent(self, agent: int) -> int | None:
        return self.agents.get(agent)


def anywhere(priority: Priority, principal: int) -> bool:
    """There is room for every run."""
    return True


def next_runs(
    waiting: Iterable[QueuedRun],
    at_work: ActiveRuns,
    bounds: ActiveBounds,
    room: RoomFor = anywhere,
    *,
    by_age: bool = False,
) -> list[QueuedRun]:
    """Those that may be taken, in the order in which they are, as if each was taken in turn: no
    bound would be passed by all of them together.
    """
    principals, agents = Counter(at_work.principals), Counter(at_work.agents)

    def place(each: QueuedRun) -> tuple[object, ...]:
        if each.ends or by_age:
            return (not each.ends, each.since, each.run)
        known = (at_work.principals.get(each.principal, 0), at_work.agents.get(each.agent, 0))
        return (True, RANKS[each.priority], *known, each.since, each.run)

    found = []
    for each in sorted(waiting, key=place):
        if not each.ends:
            held = full(each, principals, agents, bounds)
            if held or not room(each.priority, each.principal):
                continue
            principals[each.principal] += 1
            agents[each.agent] += 1
        found.append(each)
    return found


def full(
    each: QueuedRun,
    principals: Mapping[int, int],
    agents: Mapping[int, int],
    bounds: ActiveBounds,
) -> bool:
    """Whether a bound keeps the run waiting, with so many at work."""
    of_agent = bounds.of_agent(each.agent)
    return (of_agent is not None and agents.get(each.agent, 0) >= of_agent) or (
        bounds.principal is not None and principals.get(each.principal, 0) >= bounds.principal
    )


@dataclass(frozen=True, slots=True)
class LineLength:
    """How many runs of one principal wait in one class."""

    priority: Priority
    principal: int
    runs: int


def before(
    priority: Priority,
    principal: int,
    older: int,
    lines: Sequence[LineLength],
    at_work: ActiveRuns,
) -> int:
    """How many queued runs are taken before one that has `older` ones of its principal and class
    before it, if nothing else changes: all of a higher class, and in its own class as many of each
    other principal as bring them up to this one.
    """
    level = at_work.principals.get(principal, 0) + older
    count = older
    for each in lines:
        if RANKS[each.priority] < RANKS[priority]:
            count += each.runs
        elif each.priority is priority and each.principal != principal:
            count += min(each.runs, max(level - at_work.principals.get(each.principal, 0), 0))
    return count
