"""Schemas of arguments in words that everybody understands, as far as that goes. Pure.

Tools describe themselves in all that JSON Schema has and in some that it has not. A provider that
knows less refuses the whole request, and nobody can check against a schema that is none: what they
would refuse is said more loosely here, and the tool's server sees to the rest.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from console.json_value import Json

DEPTH: Final = 24
TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
SPELLED: Final = {
    **dict.fromkeys(("int", "int32", "int64", "long"), "integer"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("str", "text", "date", "datetime", "uuid"), "string"),
    **dict.fromkeys(("dict", "map"), "object"),
    **dict.fromkeys(("list", "tuple", "set"), "array"),
    "bool": "boolean",
    "none": "null",
}
"""What languages call their types, and JSON Schema's name for each."""
NOT_ON_TOP: Final = ("anyOf", "oneOf", "allOf", "not", "enum", "const", "if", "then", "else")
SCHEMAS: Final = frozenset(
    {"items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else"}
)
LISTS: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
MAPS: Final = frozenset({"properties", "patternProperties", "$defs", "definitions"})
WORDS: Final = frozenset({"description", "title", "format", "$id", "$anchor", "$comment"})
FLAGS: Final = frozenset({"uniqueItems", "nullable", "deprecated", "readOnly", "writeOnly"})
NUMBERS: Final = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
COUNTS: Final = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
)
PECULIAR: Final = re.compile(r"\\[pPuXkGzZA]|\(\?[<!=>:#imsx]|[*+?}]\+")
"""Of a pattern: what some engines read and others refuse."""


def portable(schema: Mapping[str, Json]) -> dict[str, Json]:
    """An object with properties on top, and nothing within that a provider is known to refuse."""
    schema = resolved(schema)
    own = {name: value for name, value in schema.items() if name not in NOT_ON_TOP}
    fields: dict[str, Json] = {}
    for branch in (*branches(schema), schema):
        given = branch.get("properties")
        fields |= given if isinstance(given, Mapping) else {}
    found = node({**own, "type": "object", "properties": fields}, schema, 0)
    wanted = schema.get("required")
    required = (
        [each for each in wanted if isinstance(each, str) and each in fields]
        if isinstance(wanted, list)
        else []
    )
    kept = {name: value for name, value in found.items() if name != "required"}
    return {**kept, "required": required} if required else kept


def resolved(schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """A schema that only names one of its own definitions, as that definition."""
    defined = held(str(schema.get("$ref") or ""), schema) or {}
    return {name: value for name, value in {**defined, **schema}.items() if name != "$ref"}


def branches(schema: Mapping[str, Json]) -> list[Mapping[str, Any]]:
    """The ways to put the arguments, of which no provider hears on top of a schema."""
    found = [schema.get(name) for name in ("anyOf", "oneOf", "allOf")]
    each = [branch for some in found if isinstance(some, list) for branch in some]
    return [branch for branch in each if isinstance(branch, Mapping)]


def node(schema: Json, root: Mapping[str, Json], depth: int) -> dict[str, Json]:
    """A schema within; what is none, refers elsewhere or lies too deep takes anything."""
    if not isinstance(schema, Mapping) or depth > DEPTH or lost(schema, root):
        return {}
    found: dict[str, Json] = {}
    for name, value in schema.items():
        if (kept := keyword(name, value, root, depth)) is not None:
            found[name] = kept
    if found.get("type") == "array" and not {"items", "prefixItems"} & found.keys():
        found["items"] = {}
    return found


def lost(schema: Mapping[str, Json], root: Mapping[str, Json]) -> bool:
    """Whether it refers to something that the whole does not hold."""
    refers = schema.get("$ref")
    return refers is not None and refers != "#" and held(str(refers), root) is None


def held(refers: str, root: Mapping[str, Json]) -> Mapping[str, Json] | None:
    """What a reference within the whole refers to; None when there is nothing of that name."""
    if not refers.startswith("#/"):
        return None
    found: Json = root
    for step in refers.removeprefix("#/").split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def keyword(name: str, value: Json, root: Mapping[str, Json], depth: int) -> Json:
    """What is said of it; None when nothing is."""
    if name == "type":
        return kind(value)
    if name == "pattern":
        return value if isinstance(value, str) and not PECULIAR.search(value) else None
    if name in SCHEMAS:
        return value if isinstance(value, bool) else within(value, root, depth)
    if name in LISTS:
        several = value if isinstance(value, list) else []
        return [node(each, root, depth + 1) for each in several] or None
    if name in MAPS:
        by_name = value if isinstance(value, Mapping) else {}
        return {key: node(each, root, depth + 1) for key, each in by_name.items()}
    return value if fits(name, value) else None


def within(value: Json, root: Mapping[str, Json], depth: int) -> Json:
    return node(value, root, depth + 1) if isinstance(value, Mapping) else None


def fits(name: str, value: Json) -> bool:
    """Whether a keyword's value is one that it can have at all."""
    if name in ("enum", "required"):
        return isinstance(value, list) and bool(value or name == "required")
    if name in WORDS:
        return isinstance(value, str)
    if name in FLAGS:
        return isinstance(value, bool)
    if name in NUMBERS:
        return is_number(value) and (name != "multipleOf" or value > 0)
    if name in COUNTS:
        return is_number(value) and value >= 0 and value == int(value)
    return name != "$schema"


def is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def kind(value: Json) -> Json:
    """The type or types, by their right names; None when it is none."""
    if isinstance(value, list):
        found = list(dict.fromkeys(each for each in map(kind, value) if isinstance(each, str)))
        return found or None
    if not isinstance(value, str):
        return None
    word = value.strip().lower()
    word = SPELLED.get(word, word)
    return word if word in TYPES else None
