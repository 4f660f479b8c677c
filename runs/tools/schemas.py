"""JSON Schemas from type hints: what a planner is told a tool takes and returns, and the model its
arguments are coerced by.
"""

import dataclasses
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic.json_schema import JsonSchemaMode
from pydantic_core import PydanticSerializationError

from console.json_value import Json
from runs.tools import arguments, parameters
from runs.tools.json_types import JsonBothWays
from runs.tools.parameters import BadTool, called

DATA = frozenset({"default", "enum", "const", "examples", "required"})
NAMED = frozenset({"properties", "patternProperties", "$defs"})
BARE = frozenset(
    {
        "any",
        "bool",
        "int",
        "float",
        "str",
        "decimal",
        "date",
        "datetime",
        "time",
        "timedelta",
        "uuid",
    }
)
BARE_VALUES = frozenset({type(None), bool, int, float, str})
UNSAYABLE = (PydanticSchemaGenerationError, PydanticUserError, PydanticSerializationError)


@dataclasses.dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes: the model of its arguments, their JSON Schema, and which parameter
    wants the context.

    `plain`: reading arguments runs nothing that its author wrote, a validator say.
    """

    model: type[BaseModel]
    schema: Mapping[str, Json]
    context: str | None
    plain: bool = False


def signature_of(function: Callable[..., object]) -> Signature:
    """The signature as a planner sees it; raises BadTool for what a JSON object cannot carry."""
    nameable, hints = parameters.nameable(function), parameters.hints_of(function)
    context = parameters.context_of(function, hints)
    fields = {
        name: parameters.field(function, each, hints)
        for name, each in nameable.items()
        if name != context
    }
    try:
        model, schema = _made(function, fields)
    except UNSAYABLE:
        raise BadTool(_culprit(function, fields)) from None
    if wrong := _wrong_defaults(schema):
        raise BadTool(f"{called(function)}: a default is not of its own type: {'; '.join(wrong)}")
    return Signature(model, schema, context, _plain(model.__pydantic_core_schema__))


def _plain(node: Mapping[str, Any]) -> bool:
    """Whether only pydantic's own code validates by this schema; False when that is not known."""
    match node["type"]:
        case "model" | "model-field" | "nullable":
            return _plain(node["schema"])
        case "model-fields":
            return all(map(_plain, node["fields"].values()))
        case "default":
            bare = "default" in node and type(node["default"]) in BARE_VALUES
            return bare and _plain(node["schema"])
        case "list":
            return "items_schema" not in node or _plain(node["items_schema"])
        case "literal":
            return all(type(each) in BARE_VALUES for each in node["expected"])
        case kind:
            return kind in BARE


def _made(
    function: Callable[..., object], fields: Mapping[str, tuple[Any, Any]]
) -> tuple[type[BaseModel], Mapping[str, Json]]:
    numbered: dict[str, Any] = {f"p{place}": each for place, each in enumerate(fields.values())}
    config = ConfigDict(extra="forbid", arbitrary_types_allowed=False)
    model = create_model(called(function), __config__=config, **numbered)
    return model, closed(tidy(model.model_json_schema(schema_generator=JsonBothWays)))


def _culprit(function: Callable[..., object], fields: Mapping[str, tuple[Any, Any]]) -> str:
    """The sentence about the first parameter that no schema can describe, each tried alone."""
    for name, each in fields.items():
        try:
            _made(function, {name: each})
        except UNSAYABLE as error:
            return f"{called(function)}: parameter {name}: {_first_sentence(error)}"
    return f"{called(function)}: its parameters cannot be said in one JSON Schema"


def _first_sentence(error: Exception) -> str:
    said = str(error).partition("\n")[0].partition(". Set `arbitrary_types_allowed")[0]
    _, foreign, named = said.partition("Unable to generate pydantic-core schema for ")
    return f"{named} cannot be carried by JSON" if foreign else said


def _wrong_defaults(schema: Mapping[str, Json]) -> list[str]:
    """Defaults that the schema itself refuses: a caller who repeats one would be refused."""
    named = schema.get("properties", {})
    defaults = {name: each["default"] for name, each in named.items() if "default" in each}
    return arguments.problems({**schema, "required": []}, defaults) if defaults else []


def output_schema_of(function: Callable[..., object]) -> Mapping[str, Json] | None:
    """JSON Schema of the result when the function declares a shape (dataclass, pydantic model,
    TypedDict), else None.
    """
    shape: Any = parameters.hints_of(function).get("return")
    if not (
        dataclasses.is_dataclass(shape)
        or typing.is_typeddict(shape)
        or (inspect.isclass(shape) and issubclass(shape, BaseModel))
    ):
        return None
    mode: JsonSchemaMode = "serialization"
    try:
        return tidy(TypeAdapter(shape).json_schema(mode=mode, schema_generator=JsonBothWays))
    except UNSAYABLE as error:
        raise BadTool(f"{called(function)}: its result: {_first_sentence(error)}") from None


def tidy(schema: Mapping[str, Json]) -> dict[str, Json]:
    """The schema without titles and with its definitions put in place, unless one holds itself:
    shorter for planner and person.
    """
    try:
        cleaned: dict[str, Json] = _inline(schema, schema.get("$defs", {}), ())
    except _HoldsItself:
        return dict(schema)
    cleaned.pop("$defs", None)
    return cleaned


def closed(node: Json) -> Json:
    """The schema with every described object closed: a field that nobody reads is a mistake, at any
    depth.
    """
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    inner = {key: _closed_under(key, value) for key, value in node.items()}
    return (
        {"additionalProperties": False} | inner
        if isinstance(node.get("properties"), dict)
        else inner
    )


def _closed_under(key: str, value: Json) -> Json:
    if key in NAMED:
        return {name: closed(schema) for name, schema in value.items()}
    return value if key in DATA else closed(value)


class _HoldsItself(Exception):
    """A definition that refers to itself: it cannot be put in place."""


def _inline(node: Json, definitions: Mapping[str, Json], within: tuple[str, ...]) -> Json:
    if isinstance(node, list):
        return [_inline(item, definitions, within) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        name = node["$ref"].rpartition("/")[2]
        if name in within:
            raise _HoldsItself(name)
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _inline({**definitions[name], **beside}, definitions, (*within, name))
    return {
        key: _keyword(key, value, definitions, within)
        for key, value in node.items()
        if key != "title"
    }


def _keyword(
    key: str, value: Json, definitions: Mapping[str, Json], within: tuple[str, ...]
) -> Json:
    """What stands under a keyword: names of properties and values of `default`, `enum` and the like
    are data and stay as they are.
    """
    if key in DATA:
        return value
    if key in NAMED:
        return {name: _inline(schema, definitions, within) for name, schema in value.items()}
    return _inline(value, definitions, within)
