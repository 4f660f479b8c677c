"""Keywords about lists: how long, what is in them, whether anything is in them twice."""

from collections.abc import Mapping

from console.json_value import Json
from policies.json_schema.compiler import CheckMaker, Compiler, Node, where
from policies.json_schema.equality_key import canonical
from policies.json_schema.of_scalars import count
from policies.json_schema.problem import BadSchema, KeywordCheck, Path, Problem, Schema, SchemaCheck


def _length(keyword: str, *, least: bool) -> CheckMaker:
    def make(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
        bound = count(wants, place)

        def check(value: Json, path: Path, trial: SchemaCheck) -> None:
            if isinstance(value, list | tuple) and (
                len(value) < bound if least else len(value) > bound
            ):
                trial.found.append(Problem(path, keyword, wants, value, schema))

        return check

    return make


def _unique(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck | None:
    if wants is not True:
        return None

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if not isinstance(value, list | tuple):
            return
        seen: set[str] = set()
        for item in value:
            trial.work.spend(1)
            seen.add(canonical(item, trial.work))
        if len(seen) < len(value):
            trial.found.append(Problem(path, "uniqueItems", wants, value, schema))

    return check


def _items(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    """The check of the items after the first ones, if those have schemas of their own; until 2019 a
    list under this keyword gave those.
    """
    if isinstance(wants, list):
        return _first(_nodes(compiler, wants, place))
    first = schema.get("prefixItems")
    return _each(compiler.node(wants, place), len(first) if isinstance(first, list) else 0)


def _prefix(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    return _first(_nodes(compiler, wants, place))


def _additional(
    compiler: Compiler, schema: Schema, wants: Json, place: Path
) -> KeywordCheck | None:
    first = schema.get("items")
    return _each(compiler.node(wants, place), len(first)) if isinstance(first, list) else None


def _nodes(compiler: Compiler, wants: Json, place: Path) -> list[Node]:
    if not isinstance(wants, list):
        raise BadSchema(f"{where(place)} must be a list of schemas")
    return [compiler.node(each, (*place, index)) for index, each in enumerate(wants)]


def _each(node: Node, start: int) -> KeywordCheck:
    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, list | tuple):
            for index in range(start, len(value)):
                if trial.full:
                    return
                node.check(value[index], (*path, index), trial)

    return check


def _first(nodes: list[Node]) -> KeywordCheck:
    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, list | tuple):
            for index, (item, node) in enumerate(zip(value, nodes, strict=False)):
                node.check(item, (*path, index), trial)

    return check


def _contains(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    node = compiler.node(wants, place)
    least, most = (schema.get(name) for name in ("minContains", "maxContains"))
    at_least = 1 if least is None else count(least, place)
    at_most = None if most is None else count(most, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if not isinstance(value, list | tuple):
            return
        fitting = sum(node.fits(item, (*path, index), trial) for index, item in enumerate(value))
        if fitting < at_least or (
            at_most is not None and fitting > at_most and not compiler.unchecked
        ):
            trial.found.append(Problem(path, "contains", wants, value, schema))

    return check


MAKERS: Mapping[str, CheckMaker] = {
    "minItems": _length("minItems", least=True),
    "maxItems": _length("maxItems", least=False),
    "uniqueItems": _unique,
    "items": _items,
    "prefixItems": _prefix,
    "additionalItems": _additional,
    "contains": _contains,
}
