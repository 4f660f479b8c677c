"""Keywords about one value: its type, what it may equal, numbers, texts."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from console.json_value import Json
from policies.json_schema.compiler import CheckMaker, Compiler, where
from policies.json_schema.equality_key import canonical
from policies.json_schema.kinds import KINDS, is_finite, is_number, kind_of
from policies.json_schema.problem import BadSchema, KeywordCheck, Path, Problem, Schema, SchemaCheck
from policies.json_schema.work_limit import WorkBudget

BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, bound: value < bound,
    "maximum": lambda value, bound: value > bound,
    "exclusiveMinimum": lambda value, bound: value <= bound,
    "exclusiveMaximum": lambda value, bound: value >= bound,
}
LARGE = 1_000_000  # steps for making a schema ready: it is made once


def _type(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    names = frozenset(map(str, wants)) if isinstance(wants, list) else frozenset({str(wants)})
    if not names or not names <= KINDS:
        raise BadSchema(f"{where(place)} is none of {', '.join(sorted(KINDS))}")
    names |= {"integer"} if "number" in names else frozenset()
    whole_floats = not compiler.oldest

    nullable = schema.get("nullable") is True  # as OpenAPI has it

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if value is None and nullable:
            return
        if kind_of(value, whole_floats=whole_floats) not in names:
            trial.found.append(Problem(path, "type", wants, value, schema))

    return check


def _enum(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    if not isinstance(wants, list):
        raise BadSchema(f"{where(place)} must be a list")
    offered = [*wants, None] if schema.get("nullable") is True else wants
    return _one_of(offered, Problem((), "enum", wants, None, schema))


def _const(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    return _one_of([wants], Problem((), "const", wants, None, schema))


def _one_of(offered: list[Json], said: Problem) -> KeywordCheck:
    """The check against all choices at once; a container is only looked at when one is
    among them.
    """
    spending = WorkBudget(LARGE)
    known = {canonical(each, spending) for each in offered}
    containers = any(isinstance(each, Mapping | list) for each in offered)
    longest = max(map(len, known), default=0)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        container = isinstance(value, Mapping | list | tuple)
        hopeless = (container and not containers) or (
            isinstance(value, str) and len(value) >= longest
        )
        if hopeless or canonical(value, trial.work) not in known:
            trial.found.append(Problem(path, said.keyword, said.wants, value, said.schema))

    return check


def _bound(keyword: str) -> CheckMaker:
    def make(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck | None:
        if isinstance(wants, bool) and keyword.startswith("exclusive"):
            return None  # as draft 4 says it, which stands beside the bound itself
        if not is_finite(wants):
            raise BadSchema(f"{where(place)} must be a number")
        exclusive = f"exclusive{keyword.capitalize()}"
        name = exclusive if schema.get(exclusive) is True else keyword
        beyond = BOUNDS[name]

        def check(value: Json, path: Path, trial: SchemaCheck) -> None:
            if is_number(value) and beyond(value, wants):
                trial.found.append(Problem(path, name, wants, value, schema))

        return check

    return make


def _multiple_of(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    if not is_finite(wants) or wants <= 0:
        raise BadSchema(f"{where(place)} must be a number above zero")
    step = Fraction(str(wants))

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if is_number(value) and value == value // 1 + value % 1:
            trial.work.spend(5)
            if (Fraction(str(value)) / step).denominator != 1:
                trial.found.append(Problem(path, "multipleOf", wants, value, schema))

    return check


def _length(keyword: str, *, least: bool) -> CheckMaker:
    def make(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
        bound = count(wants, place)

        def check(value: Json, path: Path, trial: SchemaCheck) -> None:
            if isinstance(value, str) and (len(value) < bound if least else len(value) > bound):
                trial.found.append(Problem(path, keyword, wants, value, schema))

        return check

    return make


def _pattern(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck | None:
    pattern = compiler.pattern(wants, place)
    if pattern is None:
        return None

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, str) and not pattern.found_in(value, trial.work):
            trial.found.append(Problem(path, "pattern", wants, value, schema))

    return check


def _format(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck | None:
    fits = compiler.formats.get(str(wants))
    if fits is None:
        return None

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, str):
            trial.work.spend_on(value)
            if not fits(value):
                trial.found.append(Problem(path, "format", wants, value, schema))

    return check


def count(wants: Json, place: Path) -> int:
    """A bound of a count."""
    if not is_number(wants) or wants < 0 or wants != wants // 1:
        raise BadSchema(f"{where(place)} must be a whole number, not below zero")
    return int(wants)


MAKERS: Mapping[str, CheckMaker] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    **{keyword: _bound(keyword) for keyword in BOUNDS},
    "multipleOf": _multiple_of,
    "minLength": _length("minLength", least=True),
    "maxLength": _length("maxLength", least=False),
    "pattern": _pattern,
    "format": _format,
}
