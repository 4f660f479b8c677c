"""A schema made ready, and the problems of a value by it. The one entry to this package."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from console.json_value import Json
from policies.json_schema import of_lists, of_objects, of_scalars, of_schemas
from policies.json_schema.compiler import CheckMaker, Compiler, Format, Node, where
from policies.json_schema.problem import BadSchema, KeywordCheck, Path, Problem, SchemaCheck
from policies.json_schema.work_limit import MOST, TooMuch, WorkBudget

NO_FORMATS: Mapping[str, Format] = MappingProxyType({})


def _left_out(
    compiler: Compiler, schema: Mapping[str, Json], wants: Json, place: Path
) -> KeywordCheck | None:
    compiler.left_out(
        place,
        "what the rest of the schema has looked at is not kept; say additionalProperties or items",
    )
    return None


MAKERS: Mapping[str, CheckMaker] = {
    **of_scalars.MAKERS,
    **of_lists.MAKERS,
    **of_objects.MAKERS,
    **of_schemas.MAKERS,
    "unevaluatedProperties": _left_out,
    "unevaluatedItems": _left_out,
}


@dataclass(frozen=True, slots=True)
class ReadySchema:
    """A schema ready for use. `unchecked` names what is left to its author: patterns that only an
    engine without bounds could run.
    """

    node: Node
    unchecked: tuple[str, ...] = ()

    def problems(self, value: Json, steps: int = MOST) -> list[Problem]:
        """What is wrong with the value, by path. Raises TooMuch or Unresolved when that cannot be
        found out.
        """
        trial = SchemaCheck(WorkBudget(steps))
        try:
            self.node.check(value, (), trial)
        except RecursionError as deep:
            raise TooMuch("it is nested too deep to be checked") from deep
        return sorted(trial.found, key=lambda problem: [str(step) for step in problem.path])


def compiled(raw: Json, formats: Mapping[str, Format] = NO_FORMATS, *, strict: bool) -> ReadySchema:
    """The schema made ready. Raises BadSchema for what is not a schema and, when `strict`, for what
    cannot be checked here in bounded time.
    """
    compiler = Compiler(raw, MAKERS, formats, strict=strict)
    try:
        node = compiler.node(raw, ())
    except (TooMuch, RecursionError) as much:
        raise BadSchema("it is too large or too deep to be used") from much
    unchecked = [*compiler.unchecked, *compiler.unsure] if compiler.unchecked else []
    return ReadySchema(node, tuple(dict.fromkeys(unchecked)))


__all__ = ["BadSchema", "ReadySchema", "compiled", "where"]
