"""How types are said in JSON Schema, for what JSON can carry both ways. What it cannot, pydantic
would leave out or say wrongly: here it is an error.
"""

from enum import Enum
from typing import Any

from pydantic.errors import PydanticInvalidForJsonSchema
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaValue,
    JsonSchemaWarningKind,
)
from pydantic_core import core_schema

from console.json_value import Json
from runs.tools.results import jsonable

NAMES = {
    "callable": "a function",
    "is-instance": "an object of a class that JSON does not know",
    "is-subclass": "a class itself",
    "generator": "something that is read as it comes",
}
SCALAR = (str, int, float)
NO_KEYS = frozenset(
    {"tuple", "list", "set", "frozenset", "dict", "model", "dataclass", "typed-dict", "call"}
)


class JsonBothWays(GenerateJsonSchema):
    """Decimals are JSON numbers: policies compare amounts, and text does not compare."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = set()

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        bounds = {
            "ge": "minimum",
            "gt": "exclusiveMinimum",
            "le": "maximum",
            "lt": "exclusiveMaximum",
        }
        limits = {
            keyword: float(schema[name])  # type: ignore[literal-required]
            for name, keyword in bounds.items()
            if schema.get(name) is not None
        }
        return {"type": "number", **limits}

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        return {"type": "number", "description": "seconds"}

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        for member in schema["members"]:
            plain(member.value)
        return super().enum_schema(schema)

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        for value in schema["expected"]:
            plain(value.value if isinstance(value, Enum) else value)
        return super().literal_schema(schema)

    def is_subclass_schema(self, schema: core_schema.IsSubclassSchema) -> JsonSchemaValue:
        return self.handle_invalid_for_json_schema(schema, "")

    def generator_schema(self, schema: core_schema.GeneratorSchema) -> JsonSchemaValue:
        return self.handle_invalid_for_json_schema(schema, "")

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        kind = str(schema["type"])
        raise PydanticInvalidForJsonSchema(f"{NAMES.get(kind, kind)} cannot be carried by JSON")

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        keys = schema.get("keys_schema", {"type": "any"})["type"]
        if keys in NO_KEYS:
            raise PydanticInvalidForJsonSchema(f"a {keys} cannot be a key in JSON")
        return super().dict_schema(schema)

    def encode_default(self, dft: Any) -> Any:
        encoded = jsonable(dft)
        if foreign(encoded):
            raise PydanticInvalidForJsonSchema(f"its default {dft!r:.60} cannot be said in JSON")
        return encoded

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        raise PydanticInvalidForJsonSchema(detail)


def foreign(encoded: Json) -> bool:
    """Whether something in it is only described, since it is no data, or would be read as a
    reference in the schema.
    """
    if isinstance(encoded, dict):
        return bool({"$object", "$ref"} & encoded.keys()) or any(map(foreign, encoded.values()))
    return isinstance(encoded, list) and any(map(foreign, encoded))


def plain(value: object) -> None:
    """Raises when a choice is no text, number, truth or null: a caller could not name it."""
    if not (value is None or isinstance(value, SCALAR)):
        raise PydanticInvalidForJsonSchema(f"{value!r:.40} cannot be chosen by a JSON value")
