"""The tools that the house knows and their arguments, so that a policy which names one that no tool
has can be told from one that is right. Whoever keeps tools says which there are, see `told_by`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from policies.patterns import fits


@dataclass(frozen=True, slots=True)
class KnownTool:
    """A tool by the name that policies know it by. `effect` is "" when nobody has said what it
    does; `arguments` None when it takes whatever it is given.
    """

    name: str
    effect: str = ""
    arguments: frozenset[str] | None = None


Telling = Callable[[], Sequence[KnownTool]]
_telling: list[Telling] = []


def told_by(telling: Telling) -> None:
    """Called once, when the app that keeps tools is ready."""
    _telling[:] = [telling]


def known() -> Sequence[KnownTool]:
    """Every tool that could be called now. Queries."""
    return _telling[0]()


def fitting(patterns: str, effect: str, tools: Sequence[KnownTool]) -> list[KnownTool]:
    """Those that a policy for these patterns and this effect ("" for any) is for. A tool whose
    effect nobody has said may be any.
    """
    return [
        tool
        for tool in tools
        if fits(tool.name, patterns) and (not effect or tool.effect in {"", effect})
    ]
