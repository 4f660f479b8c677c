"""Which arguments each tool that could be called takes, for whoever writes policies: those of the
house's own apps, and those of MCP servers as workers saw them last.
"""

from collections.abc import Iterator, Mapping

from console.json_value import Json
from policies.gate.known_tools import KnownTool
from runs.models import ServedTool
from runs.tools import registry, seen_tools

OPEN = ("$ref", "allOf", "anyOf", "oneOf", "patternProperties")
"""What makes a schema take more than its `properties` say."""


def known() -> list[KnownTool]:
    """No server is asked. Queries."""
    return [*own(), *served()]


def names() -> list[str]:
    """What policies call them. Queries."""
    return [tool.name for tool in known()]


def own() -> Iterator[KnownTool]:
    for name, declared in registry.discover().items():
        schema = declared.spec.schema
        yield KnownTool(name, declared.spec.effect.value, arguments(schema), numbers(schema))


def served() -> Iterator[KnownTool]:
    for row in ServedTool.objects.filter(gone=False).select_related("server"):
        said = row.server.overrides.get(row.name, {}).get("effect", "")
        schema = seen_tools.schema_of(row.definition.get("schema") or "")
        yield KnownTool(str(row), str(said), arguments(schema), numbers(schema))


def arguments(schema: Mapping[str, Json]) -> frozenset[str] | None:
    """The names of the arguments; None where any may be sent."""
    named = schema.get("properties")
    if not isinstance(named, Mapping) or any(each in schema for each in OPEN):
        return None
    return None if schema.get("additionalProperties", False) is not False else frozenset(named)


def numbers(schema: Mapping[str, Json]) -> frozenset[str]:
    """The arguments that are a number whatever happens."""
    named = schema.get("properties")
    each = named.items() if isinstance(named, Mapping) else ()
    return frozenset(
        name
        for name, said in each
        if isinstance(said, Mapping) and said.get("type") in ("number", "integer")
    )
