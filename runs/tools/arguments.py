"""Are these arguments what the tool asked for? Sentences that name the field, for the planner and the person who reads along.

Fails closed: text instead of an object, unknown fields, NaN, text PostgreSQL cannot hold and unusable schemas are problems, not exceptions.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from jsonschema import Draft202012Validator, SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from runs.engine.ports import Json
from runs.tools import complaints
from runs.tools.formats import FORMATS
from runs.tools.plain_schemas import Plain, plain

MOST_PROBLEMS = 5
DEEPEST = 32
COMPILED = 2_048


@dataclass(frozen=True, slots=True)
class Check:
    """A schema made ready. `plain` answers for the schemas of most tools, at a hundredth of the cost."""

    schema: Mapping[str, Json]
    validator: Validator
    plain: Plain | None


_cache: OrderedDict[int, Check] = OrderedDict()
_lock = Lock()


def problems(schema: Mapping[str, Json], args: Json) -> list[str]:
    """What is wrong with `args`: at most five sentences without their full stop, each naming its field; empty when they fit."""
    if isinstance(args, str):
        return [complaints.not_an_object(args)]
    if not isinstance(args, Mapping):
        return [f"The arguments must be a JSON object, not {complaints.kind_of(args)}"]
    try:
        check = _compiled(schema)
        if check.plain is not None and check.plain.fits(args):
            return []
        if impossible := next(_impossible(args, ()), None):
            return [impossible]
        errors = sorted(check.validator.iter_errors(args), key=lambda error: [str(part) for part in error.absolute_path])
    except SchemaError as error:
        return [f"The tool's own schema is not valid, so nothing can be checked against it: {error.message[:200]}"]
    except Unresolvable as error:
        return [f"The tool's own schema refers to {error.ref!r}, which it does not hold, so nothing can be checked against it"]
    sentences = dict.fromkeys(complaints.sentence(error) for error in errors)
    return list(sentences)[:MOST_PROBLEMS]


def _compiled(schema: Mapping[str, Json]) -> Check:
    """The schema's check, compiled once. Keyed by identity: the entry holds the schema, so its id cannot be another's."""
    with _lock:
        if (entry := _cache.get(id(schema))) is not None:
            _cache.move_to_end(id(schema))
            return entry
    check = Check(schema, _compile(schema), plain(schema))
    with _lock:
        _cache[id(schema)] = check
        while len(_cache) > COMPILED:
            _cache.popitem(last=False)
    return check


def _compile(schema: Mapping[str, Json]) -> Validator:
    kind = validator_for(schema, default=Draft202012Validator)
    kind.check_schema(schema)
    empty: Registry[Any] = Registry()  # the default one fetches remote references: a server's schema must not send us anywhere
    return kind(schema, format_checker=FORMATS, registry=empty)


def _impossible(value: Json, path: tuple[str | int, ...]) -> Iterator[str]:
    """What no schema catches: numbers JSON does not have, text the database refuses, nesting without end."""
    if len(path) > DEEPEST:
        yield f"{complaints.field(path[:3])} is nested more than {DEEPEST} deep"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{complaints.field(path)} must be a finite number, not {value}"
    elif isinstance(value, str) and (flaw := _flaw(value)):
        yield f"{complaints.field(path)} holds {flaw}"
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _impossible(str(key), (*path, "(a field's name)"))
            yield from _impossible(each, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _impossible(each, (*path, index))


def _flaw(text: str) -> str:
    if "\x00" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half of a surrogate pair, which is not text"
    return ""
