"""Schemas so plain that no validator is needed to see that arguments fit: flat objects of typed
fields, which is what most tools take.

Only ever says yes when a validator would; whatever is not certain is left to it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from console.json_value import Json

WORDS = frozenset({"title", "description", "default", "examples"})
OF_OBJECT = WORDS | {"type", "properties", "required", "additionalProperties"}
OF_FIELD = WORDS | {"type"}
TYPES: Mapping[str, frozenset[type]] = {
    "string": frozenset({str}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
    "boolean": frozenset({bool}),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """The fields of a plain schema, each with the exact types that fit."""

    fields: Mapping[str, frozenset[type]]
    required: frozenset[str]

    def fits(self, args: Mapping[str, Json]) -> bool:
        """Whether the arguments are certainly valid, with nothing in them that no schema catches.
        False only means that a validator has to be asked.
        """
        fields = self.fields
        return self.required <= args.keys() and all(
            name in fields and type(value) in fields[name] and _sound(value)
            for name, value in args.items()
        )


def plain(schema: Mapping[str, Json]) -> Plain | None:
    """The fields of the schema; None when it says more than which fields there are and of what
    type. The schema itself must be valid.
    """
    fields = schema.get("properties")
    if (
        schema.get("type") != "object"
        or not schema.keys() <= OF_OBJECT
        or not isinstance(fields, Mapping)
    ):
        return None
    if not all(
        isinstance(field, Mapping) and field.keys() <= OF_FIELD and _kind(field) in TYPES
        for field in fields.values()
    ):
        return None
    return Plain(
        {name: TYPES[field["type"]] for name, field in fields.items()},
        frozenset(schema.get("required", ())),
    )


def _sound(value: Json) -> bool:
    """A number JSON has, a text any database takes."""
    if type(value) is str:
        return value.isascii() and "\x00" not in value
    return type(value) is not float or math.isfinite(value)


def _kind(field: Mapping[str, Json]) -> str:
    kind = field.get("type")
    return kind if isinstance(kind, str) else ""
