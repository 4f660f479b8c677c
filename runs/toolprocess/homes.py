"""Which process a tool's call belongs in.

Pure: knows of each process what calls are in it, and of each tool whether it has crashed.

Calls of one tool stick together, so that what it does to its process is done to its own. Only where
there can be no further process do tools share one, and a tool that has crashed shares at most with
others that have.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

FULL = 32
"""Calls of one tool in one process, above which another process is started for it."""


class ProcessLoad(Protocol):
    """A process: `tools` counts the calls that are in it."""

    @property
    def number(self) -> int: ...

    @property
    def tools(self) -> Counter[str]: ...


P = TypeVar("P", bound=ProcessLoad)


class Homes:
    """At most `limit` processes. `alone` are the tools that have crashed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.alone: set[str] = set()
        self._shared: dict[str, int] = {}
        self._own: dict[str, int] = {}

    def usual(self, tool: str, places: Mapping[int, P]) -> P | None:
        """Where the tool's last call went, if the next one goes there whatever other places there
        are: nearly always. It is for the caller to say whether it is usable.
        """
        if tool in self.alone:
            return places.get(self._own.get(tool, 0))
        home = places.get(self._shared.get(tool, 0))
        return home if home is not None and load(home) < FULL and only(home, tool) else None

    def find(self, tool: str, usable: Mapping[int, P], living: int) -> P | None:
        """The process for the call; None when one has to be started for it. `living` are all
        processes, including those that are not usable.
        """
        apart = {number: each for number, each in usable.items() if number in self._own.values()}
        shared = {number: each for number, each in usable.items() if number not in apart}
        found = (
            self._isolated(tool, apart, shared, living)
            if tool in self.alone
            else self._packed(tool, shared, living)
        )
        if found is not None:
            self.settled(tool, found)
        return found

    def _packed(self, tool: str, shared: Mapping[int, P], living: int) -> P | None:
        home = shared.get(self._shared.get(tool, 0))
        free = [each for each in shared.values() if load(each) < FULL and only(each, tool)]
        if home in free:
            return home
        if free:
            return max(free, key=load)
        if living < self.limit or (not shared and living < 2 * self.limit):
            # those that stand still are there for the rest of their calls' time: nobody else waits
            # for that
            return None
        return home if home is not None and load(home) < FULL else least(shared.values())

    def _isolated(
        self, tool: str, apart: Mapping[int, P], shared: Mapping[int, P], living: int
    ) -> P | None:
        """A process for a tool that has crashed: its own; else one beside others that have crashed;
        else a shared one in which nothing is, which is its own from now on.
        """
        if (own := apart.get(self._own.get(tool, 0))) is not None:
            return own
        if living < self.limit and len(apart) < max(1, self.limit - 1):
            return None
        if apart:
            return least(apart.values())
        if not shared:
            return None
        idle = [each for each in shared.values() if not load(each)] if len(shared) > 1 else []
        return idle[0] if idle else least(shared.values())

    def settled(self, tool: str, place: P) -> None:
        """The tool's calls are there from now on.

        A process in which others are at work is no crashed tool's own.
        """
        if tool not in self.alone:
            self._shared[tool] = place.number
        elif only(place, tool) or place.number in self._own.values():
            self._own[tool] = place.number
            for each in [each for each, number in self._shared.items() if number == place.number]:
                del self._shared[each]

    def ended(self, number: int) -> None:
        for homes in (self._shared, self._own):
            for tool in [tool for tool, place in homes.items() if place == number]:
                del homes[tool]


def load(place: ProcessLoad) -> int:
    return place.tools.total()


def only(place: ProcessLoad, tool: str) -> bool:
    """Whether the process has calls of this tool only."""
    return not place.tools or (len(place.tools) == 1 and tool in place.tools)


def least(places: Iterable[P]) -> P | None:
    return min(places, key=load, default=None)
