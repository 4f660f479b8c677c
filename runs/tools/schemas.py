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
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from console.json_value import Json
from runs.engine.ports import ToolContext

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
BINDABLE = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class BadTool(TypeError):
    """A function that cannot be a tool; raised where it is declared, with what to change."""


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


class NumbersAreNumbers(GenerateJsonSchema):
    """Decimals are JSON numbers: policies compare amounts, and text does not compare."""

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


def signature_of(function: Callable[..., object]) -> Signature:
    """The signature as a planner sees it; raises BadTool for what a JSON object cannot carry."""
    hints = hints_of(function)
    parameters = inspect.signature(function).parameters
    context = next((name for name in parameters if hints.get(name) is ToolContext), None)
    fields: dict[str, Any] = {
        name: _field(function, each, hints) for name, each in parameters.items() if name != context
    }
    try:
        model = create_model(
            function.__name__,
            __config__=ConfigDict(extra="forbid", arbitrary_types_allowed=False),
            **fields,
        )
        schema = model.model_json_schema(schema_generator=NumbersAreNumbers)
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise BadTool(f"{function.__name__}: {error}") from error
    return Signature(model, closed(tidy(schema)), context, _plain(model.__pydantic_core_schema__))


def _plain(node: Mapping[str, Any]) -> bool:
    """Whether nothing but pydantic's own code validates by this schema; no for whatever is not
    known to be so.
    """
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


def hints_of(function: Callable[..., object]) -> Mapping[str, Any]:
    """Its types by parameter; raises BadTool when one of them leads nowhere."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise BadTool(f"{called(function)}: one of its types leads nowhere: {error}") from error


def called(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _field(
    function: Callable[..., object], parameter: inspect.Parameter, hints: Mapping[str, Any]
) -> tuple[Any, Any]:
    if parameter.kind not in BINDABLE:
        raise BadTool(
            f"{function.__name__}: parameter {parameter.name} must be nameable, since arguments are"
            " a JSON object"
        )
    if parameter.name not in hints:
        raise BadTool(
            f"{function.__name__}: parameter {parameter.name} needs a type, since its JSON Schema"
            " is made of it"
        )
    return hints[parameter.name], ... if parameter.default is parameter.empty else parameter.default


def output_schema_of(function: Callable[..., object]) -> Mapping[str, Json] | None:
    """JSON Schema of the result when the function declares a shape (dataclass, pydantic model,
    TypedDict), else None.
    """
    shape: Any = hints_of(function).get("return")
    if not (
        dataclasses.is_dataclass(shape)
        or typing.is_typeddict(shape)
        or (inspect.isclass(shape) and issubclass(shape, BaseModel))
    ):
        return None
    mode: JsonSchemaMode = "serialization"
    return tidy(TypeAdapter(shape).json_schema(mode=mode, schema_generator=NumbersAreNumbers))


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
