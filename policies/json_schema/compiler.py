"""Makes the checks of a schema, once. A malformed schema is refused here; what cannot be checked
here is noted, or refused when `strict`.
"""

from collections.abc import Callable, Mapping

from console.json_value import Json
from policies.json_schema import linear_regex, references
from policies.json_schema.linear_regex import BadPattern, LinearPattern
from policies.json_schema.problem import (
    BadSchema,
    KeywordCheck,
    Path,
    Problem,
    SchemaCheck,
    Unresolved,
)
from policies.json_schema.references import Places

Format = Callable[[str], bool]
MOST_PATTERN = 20_000
"""Largest size of all patterns of one schema together."""
OLD = ("draft-04", "draft-06", "draft-07")


class Node:
    """One schema, made ready: the checks of its keywords, which every value goes through."""

    __slots__ = ("checks",)

    def __init__(self) -> None:
        self.checks: tuple[KeywordCheck, ...] = ()

    def check(self, value: Json, path: Path, trial: SchemaCheck) -> None:
        """Add what is wrong to the trial. Raises TooMuch, Unresolved."""
        work = trial.work
        work.spend(1 + len(self.checks))
        work.go_deeper()
        for each in self.checks:
            if trial.full:
                break
            each(value, path, trial)
        work.depth -= 1

    def fits(self, value: Json, path: Path, trial: SchemaCheck) -> bool:
        """Whether nothing is wrong; the trial is told of no problem."""
        apart = trial.apart(most=1)
        self.check(value, path, apart)
        return not apart.found


CheckMaker = Callable[["Compiler", Mapping[str, Json], Json, Path], KeywordCheck | None]
"""Makes the check of one keyword, given the schema, the keyword's value and its place. None:
nothing to check.
"""


class Compiler:
    """Compiles one schema. `unchecked` lists what is left to the schema's author; while it is
    empty, what is `unsure` is sure after all.
    """

    def __init__(
        self,
        root: Json,
        makers: Mapping[str, CheckMaker],
        formats: Mapping[str, Format],
        *,
        strict: bool,
    ) -> None:
        self.places = Places(root)
        self.formats, self.strict = formats, strict
        declared = str(root.get("$schema", "")) if isinstance(root, Mapping) else ""
        self.old = any(draft in declared for draft in OLD)
        self.oldest = OLD[0] in declared
        self.unchecked: list[str] = []
        self.unsure: list[str] = []
        self._makers = makers
        self._nodes: dict[Path, Node] = {}
        self._room = MOST_PATTERN

    def node(self, schema: Json, place: Path) -> Node:
        """The schema at this place, made ready once, so that one which refers to itself ends.
        Raises BadSchema.
        """
        if (known := self._nodes.get(place)) is not None:
            return known
        made = self._nodes[place] = Node()
        if isinstance(schema, Mapping):
            made.checks = self._checks(schema, place)
        elif schema is False:
            made.checks = (_nothing_fits,)
        elif schema is not True:
            raise BadSchema(f"{where(place)} is no schema")
        return made

    def _checks(self, schema: Mapping[str, Json], place: Path) -> tuple[KeywordCheck, ...]:
        if self.old and "$ref" in schema:  # what stands beside a reference meant nothing then
            schema = {"$ref": schema["$ref"]}
        made = [
            maker(self, schema, wants, (*place, key))
            for key, wants in schema.items()
            if (maker := self._makers.get(key))
        ]
        return tuple(check for check in made if check is not None)

    def referred(self, reference: Json, place: Path) -> KeywordCheck:
        if not isinstance(reference, str):
            raise BadSchema(f"{where(place)} must be text")
        found = self.places.found(reference)
        if found is not None:
            return self.node(*found).check
        if references.is_of_schemas(reference):
            self.left_out(place, "it means the schema of schemas")
            return _anything
        if self.strict:
            raise BadSchema(f"{where(place)} refers to {reference[:200]!r}, which it does not hold")
        return _unresolved(reference)

    def pattern(self, source: Json, place: Path) -> LinearPattern | None:
        """The pattern, or None when it is not run here."""
        if not isinstance(source, str):
            raise BadSchema(f"{where(place)} must be text")
        try:
            made = linear_regex.compiled(source)
            self._room -= made.size
            if self._room < 0:
                raise BadPattern("the patterns of this schema are too many or too large together")
        except BadPattern as wrong:
            self.left_out(place, str(wrong))
            return None
        return made

    def left_out(self, place: Path, why: str) -> None:
        """Note that the keyword at this place is not checked here. Raises BadSchema when
        `strict`.
        """
        if self.strict:
            raise BadSchema(f"{where(place)} cannot be used here: {why}")
        self.unchecked.append(where(place))


def where(place: Path) -> str:
    """`pattern of lines[].sku`, as people would say it."""
    if not place:
        return "the schema"
    *within, keyword = place
    if within and within[-1] == "patternProperties":
        keyword, within = "patternProperties", within[:-1]
    named = field_of(tuple(within))
    return f"{keyword} of {named}" if named else f"{keyword}"


def field_of(place: Path) -> str:
    """The field that the schema at a place is about."""
    text, steps = "", iter(place)
    for step in steps:
        if step in {"properties", "$defs", "definitions", "dependentSchemas"}:
            text += f".{next(steps, '')}"
        elif step in {"items", "prefixItems", "contains", "additionalItems", "unevaluatedItems"}:
            text += "[]"
        elif step in {"additionalProperties", "patternProperties", "unevaluatedProperties"}:
            text += ".*"
    return text.removeprefix(".")


def _nothing_fits(value: Json, path: Path, trial: SchemaCheck) -> None:
    trial.found.append(Problem(path, "false", None, value))


def _anything(value: Json, path: Path, trial: SchemaCheck) -> None:
    """The check of a keyword that is not checked."""


def _unresolved(reference: str) -> KeywordCheck:
    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        raise Unresolved(reference)

    return check
