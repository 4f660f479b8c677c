"""The tools that the house knows and their arguments, so that a policy which names one that no tool
has can be told from one that is right. Whoever keeps tools says which there are, see `told_by`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from policies.current.four_eyes.rules import SPECIAL, RowFacts
from policies.patterns import fits

ANY = "any"


@dataclass(frozen=True, slots=True)
class KnownTool:
    """A tool by the name that policies know it by. `effect` is "" when nobody has said what it
    does; `arguments` None when it takes whatever it is given; `numbers` are those of them that are
    numbers and nothing else.
    """

    name: str
    effect: str = ""
    arguments: frozenset[str] | None = None
    numbers: frozenset[str] = frozenset()


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


def may_share(one: RowFacts, other: RowFacts, tools: Sequence[KnownTool]) -> bool:
    """Whether some tool may fit both of two policies: not where one names its tools, and each is
    known to do something else than what the other is for.
    """
    does = {tool.name: tool.effect for tool in tools}
    return all(
        for_["effect"] == ANY
        or SPECIAL & set(named["tool"])
        or any(does.get(name, "") in {"", for_["effect"]} for name in named["tool"].split())
        for named, for_ in ((one, other), (other, one))
    )
