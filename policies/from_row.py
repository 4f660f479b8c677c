"""The value that the rules understand, made from a row of a table. Pure: any object will do for a
row.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")


def from_row(made: type[T], row: object, **given: object) -> T:
    """The dataclass `made`, with each field read from the row's column of that name. `given` are
    the fields whose column has another name or unit.

    A word of a closed vocabulary becomes a member of its enum. Raises ValueError for a word that is
    none.
    """
    kinds = words(made)  # type: ignore[arg-type]  # a class can be hashed
    columns = {name: word(getattr(row, name)) for name, word in kinds.items() if name not in given}
    return made(**columns, **given)


@cache
def words(made: type[Any]) -> Mapping[str, Callable[[Any], Any]]:
    """How to convert each field's column: to a member of its enum, or not at all."""
    types = get_type_hints(made)
    return {field.name: kind(types[field.name]) for field in fields(made)}


def kind(declared: object) -> Callable[[Any], Any]:
    return declared if isinstance(declared, type) and issubclass(declared, Enum) else itself


def itself(value: Any) -> Any:
    return value
