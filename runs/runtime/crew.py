"""Who works for the runtime: how a planner, a toolbox and the rules are made. Filled once by the composition root."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from runs.engine.effects import Meaning, Rules
from runs.engine.ports import Json, Planner, Returned, Toolbox, ToolSpec
from runs.engine.vocabulary import Verdict

Snapshot = Mapping[str, Json]


class Supervision(Rules, Protocol):
    """The rules of one run, and what its results mean."""

    def meaning(self, spec: ToolSpec, back: Returned, said: Verdict | None) -> Meaning:
        """What a result means; `said` is the tool's own check, when it has one."""


@dataclass(frozen=True)
class Crew:
    planner: Callable[[Snapshot], Planner]
    toolbox: Callable[[Snapshot], Awaitable[Toolbox]]
    rules: Callable[[Snapshot, Toolbox], Supervision]


_crew: Crew | None = None


def equip(crew: Crew) -> None:
    """Called by the composition root at start, and by nobody else."""
    global _crew
    _crew = crew


def crew() -> Crew:
    if _crew is None:
        raise RuntimeError("the runtime has no crew: console.wiring has not run")
    return _crew
