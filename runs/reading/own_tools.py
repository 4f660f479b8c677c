"""The tools of the house's own apps as a page shows them: what each is declared to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console import figures
from runs.engine.ports import ToolSpec
from runs.reading.tool_figures import NONE_YET, ToolFigures
from runs.tools import registry


@dataclass(frozen=True, slots=True)
class OwnTool:
    """One tool of an app: as it is declared there, and how its calls went."""

    spec: ToolSpec
    app: str
    timeout: str
    figures: ToolFigures


def found(words: str, known: Mapping[str, ToolFigures]) -> Sequence[OwnTool]:
    """Every declared tool whose name, app or description has each of the words."""
    wanted = words.lower().split()
    declared = sorted(registry.discover().items())
    shown = (
        OwnTool(
            each.spec,
            each.function.__module__.rpartition(".tools")[0] or each.function.__module__,
            figures.span(each.spec.timeout),
            known.get(name, NONE_YET),
        )
        for name, each in declared
    )
    return [tool for tool in shown if fits(tool, wanted)]


def fits(tool: OwnTool, words: Iterable[str]) -> bool:
    said = f"{tool.spec.name} {tool.app} {tool.spec.description}".lower()
    return all(word in said for word in words)
