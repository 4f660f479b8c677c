"""What a policy is for, which live runs that are, and which other policies it comes before: what
people are told once it is saved. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from console import figures
from policies.current.live_runs import LiveRuns
from policies.patterns import fits

ANY = "any"
NAMED = 3  # policies that a sentence names


@dataclass(frozen=True, slots=True)
class PolicyAim:
    """Whom a policy is for: patterns of names; `effect` and `group` may be empty for all of them.
    `place` is its place among those that are asked one after the other.
    """

    name: str
    agents: str = "*"
    tools: str = "*"
    planners: str = "*"
    effect: str = ""
    group: str = ""
    place: tuple[int, str] = field(default=(0, ""))

    def holds(self, live: LiveRuns) -> bool:
        """Whether it can come to decide something about these runs."""
        return (
            fits(live.agent, self.agents)
            and fits(live.planner, self.planners)
            and (not self.group or self.group in live.groups)
            and ((self.tools == "*" and not self.effect) or self._calls(live.tools))
        )

    def _calls(self, tools: Iterable[tuple[str, str]]) -> bool:
        return any(
            fits(name, self.tools) and (not self.effect or effect in {"", self.effect})
            for name, effect in tools
        )


def aim_of(row: object) -> PolicyAim:
    """The aim of a policy's row, by the columns that it has."""
    effect = str(getattr(row, "effect", ""))
    name = str(getattr(row, "name", ""))
    return PolicyAim(
        name,
        agents=str(getattr(row, "agents", getattr(row, "agent", "*"))),
        tools=str(getattr(row, "tools", getattr(row, "tool", "*"))),
        planners=str(getattr(row, "planners", "*")),
        effect="" if effect == ANY else effect,
        group=str(getattr(row, "group", "")),
        place=(int(getattr(row, "priority", 0)), name),
    )


def meet(one: PolicyAim, other: PolicyAim, live: Sequence[LiveRuns]) -> bool:
    """Whether something can be for both, as far as names that are known show it."""
    tools = {name for each in live for name, _ in each.tools}
    return (
        (not one.effect or not other.effect or one.effect == other.effect)
        and (not one.group or not other.group or one.group == other.group)
        and common(one.agents, other.agents, {each.agent for each in live})
        and common(one.planners, other.planners, {each.planner for each in live})
        and common(one.tools, other.tools, tools)
    )


def common(some: str, others: str, known: Iterable[str]) -> bool:
    """Whether a known name, or one that is written out, fits both."""
    names = {*known, *some.split(), *others.split()}
    return any(fits(name, some) and fits(name, others) for name in names)


def sentence(aim: PolicyAim, others: Iterable[PolicyAim], live: Sequence[LiveRuns]) -> str:
    """`In force from now on, for 6 live runs at their next step. Where both fit, it decides before
    reads; small-refunds decides before it.`
    """
    met = sorted((each for each in others if meet(aim, each, live)), key=lambda each: each.place)
    after = [each.name for each in met if each.place > aim.place]
    before = [each.name for each in met if each.place < aim.place]
    told = [f"it decides before {listed(after)}"] if after else []
    told += [f"{listed(before)} {'decides' if len(before) == 1 else 'decide'} before it"] * bool(
        before
    )
    where = f" Where both fit, {'; '.join(told)}." if told else ""
    return f"{holding(aim, live)}{where}"


def holding(aim: PolicyAim, live: Sequence[LiveRuns]) -> str:
    return held_by(sum(each.runs for each in live if aim.holds(each)))


def held(aim: PolicyAim, live: Sequence[LiveRuns]) -> str:
    """`6 live runs are held by it.`"""
    runs = sum(each.runs for each in live if aim.holds(each))
    if not runs:
        return "no live run is held by it at this moment."
    return f"{figures.plural(runs, 'live run')} {'is' if runs == 1 else 'are'} held by it."


def held_by(runs: int) -> str:
    if not runs:
        return "In force from now on; no live run is held by it at this moment."
    return f"In force from now on, for {figures.plural(runs, 'live run')} at their next step."


def listed(names: Sequence[str]) -> str:
    shown, more = list(names[:NAMED]), len(names) - NAMED
    if more > 0:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
