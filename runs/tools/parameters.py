"""The parameters of a function that is to be a tool: whether a JSON object can fill each of them,
in one sentence when not.
"""

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import Field
from pydantic.fields import FieldInfo

from runs.engine.ports import ToolContext

BINDABLE = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
UNIONS = (typing.Union, types.UnionType)
COME_LATER = (inspect.isgeneratorfunction, inspect.isasyncgenfunction)


class BadTool(TypeError):
    """A function that cannot be a tool; raised where it is declared, with what to change."""


def called(function: Callable[..., object]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def hints_of(function: Callable[..., object]) -> Mapping[str, Any]:
    """The types of a function's parameters by name. Raises BadTool when one of them leads
    nowhere.
    """
    try:
        return typing.get_type_hints(function, include_extras=True)
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise BadTool(f"{called(function)}: one of its types leads nowhere: {error}") from error


def nameable(function: Callable[..., object]) -> Mapping[str, inspect.Parameter]:
    """The function's parameters by name. Raises BadTool for one that cannot be given by name, and
    for a function whose result comes piece by piece.
    """
    if any(is_one(function) for is_one in COME_LATER):
        raise BadTool(f"{called(function)} yields: a tool returns its result whole")
    found = inspect.signature(function).parameters
    for name, each in found.items():
        if each.kind not in BINDABLE:
            raise BadTool(
                f"{called(function)}: parameter {name} must be nameable, since arguments are a JSON"
                " object"
            )
    return found


def context_of(function: Callable[..., object], hints: Mapping[str, Any]) -> str | None:
    """The parameter that takes the context. No caller may fill in a part of a context, so no other
    parameter may have one in its type.
    """
    wants = [name for name, hint in hints.items() if name != "return" and mentions(hint)]
    if len(wants) > 1:
        raise BadTool(f"{called(function)}: {' and '.join(wants)} both want the context")
    for name in wants:
        if {each for each in members(hints[name]) if each is not type(None)} != {ToolContext}:
            raise BadTool(f"{called(function)}: parameter {name} is more than a ToolContext")
    return wants[0] if wants else None


def members(hint: Any) -> tuple[Any, ...]:
    """The types of a union; of any other type, itself."""
    return typing.get_args(hint) if typing.get_origin(hint) in UNIONS else (hint,)


def mentions(hint: Any) -> bool:
    return hint is ToolContext or any(map(mentions, typing.get_args(hint)))


def field(
    function: Callable[..., object], parameter: inspect.Parameter, hints: Mapping[str, Any]
) -> tuple[Any, Any]:
    """The parameter for pydantic, under its own name as an alias: names with an underscore before
    them, or with a meaning to pydantic, are arguments as any other.
    """
    name, empty = parameter.name, parameter.default is parameter.empty
    if name not in hints:
        raise BadTool(
            f"{called(function)}: parameter {name} needs a type, since its JSON Schema is made of"
            " it"
        )
    if any(each.alias or each.validation_alias for each in said_of(hints[name])):
        raise BadTool(f"{called(function)}: parameter {name} has an alias: name it so instead")
    return hints[name], Field(... if empty else parameter.default, alias=name)


def said_of(hint: Any) -> Iterator[FieldInfo]:
    return (each for each in getattr(hint, "__metadata__", ()) if isinstance(each, FieldInfo))
