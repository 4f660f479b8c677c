"""What an MCP server says that a tool is: its definition as plain JSON, the digest by which a
change is seen, and what has changed. Pure.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from console.json_value import Json

LONGEST = 20_000
"""Characters of one part that are kept to be shown; the digest is of the whole."""
PARTS: Mapping[str, str] = {
    "description": "Description",
    "schema": "Arguments",
    "output_schema": "Result",
    "claims": "What it says that it does",
}
"""The parts of a definition, and what people call them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One tool as a server offers it now.

    `claims` are its hints (annotations): whether it only reads, may be repeated, and the like.
    """

    name: str
    description: str
    schema: Mapping[str, Json]
    output_schema: Mapping[str, Json] | None = None
    claims: Mapping[str, Json] | None = None

    def parts(self) -> dict[str, Json]:
        return {
            "description": self.description,
            "schema": self.schema,
            "output_schema": self.output_schema,
            "claims": self.claims,
        }

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all that a planner or a person is told of it, whatever its order."""
        whole = json.dumps([self.name, self.parts()], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    def kept(self) -> dict[str, str]:
        """Each part as the text that people compare, line by line."""
        return {name: text_of(part)[:LONGEST] for name, part in self.parts().items()}


def text_of(part: Json) -> str:
    """A part as text, storable as it is; empty when there is none."""
    if part is None or part == {}:
        return ""
    text = part if isinstance(part, str) else json.dumps(part, indent=2, sort_keys=True)
    return text.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part that differs: what it was when it was accepted, what it is now."""

    title: str
    was: str
    now: str


def changes(accepted: Mapping[str, str], seen: Mapping[str, str]) -> list[PartChange]:
    """The parts that differ, in the order in which people read them.

    Of a tool that was never accepted: all it has.
    """
    return [
        PartChange(title, accepted.get(name, ""), seen.get(name, ""))
        for name, title in PARTS.items()
        if accepted.get(name, "") != seen.get(name, "")
    ]
