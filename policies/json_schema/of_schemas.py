"""Keywords that combine schemas: references, all, any, one, none, and one that depends on
another.
"""

from collections.abc import Mapping

from console.json_value import Json
from policies.json_schema.compiler import CheckMaker, Compiler, Node, where
from policies.json_schema.problem import BadSchema, KeywordCheck, Path, Problem, Schema, SchemaCheck

TOLD = 5  # problems with each alternative


def _reference(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    return compiler.referred(wants, place)


def _alternatives(compiler: Compiler, wants: Json, place: Path) -> list[Node]:
    if not isinstance(wants, list) or not wants:
        raise BadSchema(f"{where(place)} must be a list of schemas")
    return [compiler.node(each, (*place, index)) for index, each in enumerate(wants)]


def _all(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    nodes = _alternatives(compiler, wants, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        for node in nodes:
            node.check(value, path, trial)

    return check


def _any(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    nodes = _alternatives(compiler, wants, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        offers = []
        for node in nodes:
            apart = trial.apart(TOLD)
            node.check(value, path, apart)
            if not apart.found:
                return
            offers.append(tuple(apart.found))
        trial.found.append(Problem(path, "anyOf", wants, value, schema, tuple(offers)))

    return check


def _one(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    """The check of `oneOf`. Where part of a schema is not checked here, several that seem to fit
    are no problem.
    """
    compiler.unsure.append(where(place))
    nodes = _alternatives(compiler, wants, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        offers, fitting = [], 0
        for node in nodes:
            apart = trial.apart(TOLD)
            node.check(value, path, apart)
            fitting += not apart.found
            offers.append(tuple(apart.found))
        if fitting == 0 or (fitting > 1 and not compiler.unchecked):
            trial.found.append(
                Problem(path, "oneOf", wants, value, schema, () if fitting else tuple(offers))
            )

    return check


def _none(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    """The check of `not`, left out where part of the schema is not checked here: what that lets
    through too easily would be refused.
    """
    compiler.unsure.append(where(place))
    node = compiler.node(wants, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if not compiler.unchecked and node.fits(value, path, trial):
            trial.found.append(Problem(path, "not", wants, value, schema))

    return check


def _condition(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    compiler.unsure.append(where(place))
    node = compiler.node(wants, place)
    then, other = (
        compiler.node(schema[name], (*place[:-1], name)) if name in schema else None
        for name in ("then", "else")
    )

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if compiler.unchecked:
            return
        follows = then if node.fits(value, path, trial) else other
        if follows is not None:
            follows.check(value, path, trial)

    return check


MAKERS: Mapping[str, CheckMaker] = {
    "$ref": _reference,
    "$dynamicRef": _reference,
    "$recursiveRef": _reference,
    "allOf": _all,
    "anyOf": _any,
    "oneOf": _one,
    "not": _none,
    "if": _condition,
}
