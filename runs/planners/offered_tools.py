"""How a run's tools are described to one provider: whole; in words once it refused the schema; not
at all once it refused these as well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from runs.engine.ports import ToolSpec
from runs.engine.tokens import rendered
from runs.planners.conversation import Names

LONGEST_SCHEMA: Final = 2_000
PLACE: Final = re.compile(r"\b(?:tools|functions|function_declarations)[.\[/](\d+)")
ABOUT_TOOLS: Final = re.compile(r"schema|function|tool|parameter|pattern", re.IGNORECASE)
MOST: Final = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"'?tools'?.{0,40}(?:too long|too many).{0,80}?maximum (?:length|of) (\d+)",
        r"(?:at most|more than|maximum (?:number )?of|limit of) (\d+) (?:tools|functions)",
    )
)


@dataclass
class OfferedTools:
    """What a provider's refusals have taught a planner; `most` is how many tools it takes."""

    plain: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    most: int | None = None

    def of(self, tools: Sequence[ToolSpec]) -> tuple[ToolSpec, ...]:
        told = (
            in_words(tool) if tool.name in self.plain else tool
            for tool in tools
            if tool.name not in self.withheld
        )
        return tuple(told)[: self.most]

    def refused(self, text: str, sent: Sequence[ToolSpec], named: Names) -> str:
        """What is done about a refusal of what was sent, as a sentence; empty when nothing can."""
        if most := too_many(text, len(sent)):
            self.most = most
            return f"Only the first {most} of {len(sent)} tools are offered to it from now on."
        tool = tool_meant(text, sent, named)
        if tool is None:
            return ""
        if tool.name in self.plain:
            self.withheld.add(tool.name)
            return f"{tool.name} is not offered to it any more."
        self.plain.add(tool.name)
        return f"{tool.name} is described to it in words from now on."


def in_words(tool: ToolSpec) -> ToolSpec:
    schema = rendered(dict(tool.schema))[:LONGEST_SCHEMA]
    described = f"{tool.description}\n\nIts arguments, as JSON Schema: {schema}".strip()
    return replace(tool, description=described, schema={"type": "object"})


def too_many(text: str, sent: int) -> int | None:
    found = next((match for pattern in MOST if (match := pattern.search(text))), None)
    most = int(found[1]) if found else 0
    return most if 0 < most < sent else None


def tool_meant(text: str, sent: Sequence[ToolSpec], named: Names) -> ToolSpec | None:
    """The tool that a refusal speaks of, by its place among those sent or by its name."""
    place = PLACE.search(text)
    if place and int(place[1]) < len(sent):
        return sent[int(place[1])]
    if not ABOUT_TOOLS.search(text):
        return None
    by_length = sorted(sent, key=lambda tool: -len(tool.name))
    return next((tool for tool in by_length if speaks_of(text, named.to_wire(tool.name))), None)


def speaks_of(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
