"""The runs that are live, as pages about policies count them. Whoever keeps runs says which there
are, see `told_by`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveRuns:
    """So many live runs of one agent for one person. `tools`: what they may call, by name and
    effect ("" when nobody knows). `person` is an opaque id, `called` the person's name; `waiting`
    of the runs stand still for a budget.
    """

    agent: str
    runs: int
    planner: str = ""
    tools: tuple[tuple[str, str], ...] = ()
    person: str = ""
    called: str = ""
    groups: frozenset[str] = frozenset()
    waiting: int = 0


Counting = Callable[[], Sequence[LiveRuns]]
_counting: list[Counting] = []


def told_by(counting: Counting) -> None:
    """Called once, when the app that keeps runs is ready."""
    _counting[:] = [counting]


def live() -> Sequence[LiveRuns]:
    """Every live run, counted by agent and person. Queries."""
    return _counting[0]()
