"""Keywords about objects: which fields there must and may be, how many, and what is in them."""

from collections.abc import Mapping

from console.json_value import Json
from policies.json_schema.compiler import CheckMaker, Compiler, Node, where
from policies.json_schema.linear_regex import LinearPattern
from policies.json_schema.of_scalars import count
from policies.json_schema.problem import BadSchema, KeywordCheck, Path, Problem, Schema, SchemaCheck

AT_ONCE = 20  # names that are looked up in one step


def _properties(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    nodes = {
        name: compiler.node(each, (*place, name)) for name, each in mapping(wants, place).items()
    }

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, Mapping):
            trial.work.spend(len(value) // AT_ONCE)
            for name, each in value.items():
                if (node := nodes.get(name)) is not None and not trial.full:
                    node.check(each, (*path, name), trial)

    return check


def _required(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck | None:
    if isinstance(wants, bool):
        return None  # as draft 3 said it, of the field itself
    names = texts(wants, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, Mapping):
            trial.work.spend(len(names) // AT_ONCE)
            missing = [name for name in names if name not in value]
            trial.found += [
                Problem((*path, name), "required", wants, value, schema)
                for name in missing[: trial.most]
            ]

    return check


def _patterns(compiler: Compiler, wants: Json, place: Path) -> list[tuple[LinearPattern, Node]]:
    """Patterns of names with the schemas of their fields, without those patterns that are not run
    here.
    """
    made = [
        (compiler.pattern(name, (*place, name)), name, each)
        for name, each in mapping(wants, place).items()
    ]
    return [
        (pattern, compiler.node(each, (*place, name)))
        for pattern, name, each in made
        if pattern is not None
    ]


def _pattern_properties(
    compiler: Compiler, schema: Schema, wants: Json, place: Path
) -> KeywordCheck:
    patterns = _patterns(compiler, wants, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if not isinstance(value, Mapping):
            return
        for name, each in value.items():
            for pattern, node in patterns:
                if not trial.full and pattern.found_in(str(name), trial.work):
                    node.check(each, (*path, str(name)), trial)

    return check


def _additional(
    compiler: Compiler, schema: Schema, wants: Json, place: Path
) -> KeywordCheck | None:
    """The check of fields that neither `properties` nor `patternProperties` names."""
    known = schema.get("properties")
    names = frozenset(known) if isinstance(known, Mapping) else frozenset()
    written = schema.get("patternProperties")
    patterns = (
        [compiler.pattern(name, (*place[:-1], "patternProperties", name)) for name in written]
        if isinstance(written, Mapping)
        else []
    )
    if None in patterns:
        compiler.left_out(place, "it depends on a pattern that is not run here")
        return None
    node, run = (
        compiler.node(wants, place),
        [pattern for pattern in patterns if pattern is not None],
    )

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if not isinstance(value, Mapping):
            return
        trial.work.spend(len(value) // AT_ONCE)
        extra = [
            name
            for name in value
            if name not in names and not any(each.found_in(str(name), trial.work) for each in run)
        ]
        if wants is False and extra:
            trial.found.append(Problem(path, "additionalProperties", wants, value, schema))
            return
        for name in extra:
            if not trial.full:
                node.check(value[name], (*path, str(name)), trial)

    return check


def _names(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
    node = compiler.node(wants, place)

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, Mapping):
            for name in value:
                if not trial.full:
                    node.check(str(name), (*path, "(a field's name)"), trial)

    return check


def _size(keyword: str, *, least: bool) -> CheckMaker:
    def make(compiler: Compiler, schema: Schema, wants: Json, place: Path) -> KeywordCheck:
        bound = count(wants, place)

        def check(value: Json, path: Path, trial: SchemaCheck) -> None:
            if isinstance(value, Mapping) and (len(value) < bound if least else len(value) > bound):
                trial.found.append(Problem(path, keyword, wants, value, schema))

        return check

    return make


def _dependent_required(
    compiler: Compiler, schema: Schema, wants: Json, place: Path
) -> KeywordCheck:
    needs = {name: texts(each, place) for name, each in mapping(wants, place).items()}

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if not isinstance(value, Mapping):
            return
        for name, others in needs.items():
            trial.work.spend(1 + len(others) // AT_ONCE)
            if name in value:
                missing = [other for other in others if other not in value]
                trial.found += [
                    Problem((*path, each), "required", others, value, schema)
                    for each in missing[: trial.most]
                ]

    return check


def _dependent_schemas(
    compiler: Compiler, schema: Schema, wants: Json, place: Path
) -> KeywordCheck:
    nodes = {
        name: compiler.node(each, (*place, name)) for name, each in mapping(wants, place).items()
    }

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        if isinstance(value, Mapping):
            trial.work.spend(len(nodes) // AT_ONCE)
            for name, node in nodes.items():
                if name in value:
                    node.check(value, path, trial)

    return check


def _dependencies(
    compiler: Compiler, schema: Schema, wants: Json, place: Path
) -> KeywordCheck | None:
    """The check of dependencies: until draft 7 names or a schema under one keyword."""
    if not compiler.old:
        return None
    said = {
        name: [each] if isinstance(each, str) else each
        for name, each in mapping(wants, place).items()
    }
    names = {name: each for name, each in said.items() if isinstance(each, list)}
    both = [
        _dependent_required(compiler, schema, names, place),
        _dependent_schemas(
            compiler,
            schema,
            {name: each for name, each in said.items() if name not in names},
            place,
        ),
    ]

    def check(value: Json, path: Path, trial: SchemaCheck) -> None:
        for each in both:
            each(value, path, trial)

    return check


def mapping(wants: Json, place: Path) -> Mapping[str, Json]:
    if not isinstance(wants, Mapping):
        raise BadSchema(f"{where(place)} must be an object")
    return wants


def texts(wants: Json, place: Path) -> list[str]:
    if not isinstance(wants, list) or not all(isinstance(name, str) for name in wants):
        raise BadSchema(f"{where(place)} must be a list of names")
    return wants


MAKERS: Mapping[str, CheckMaker] = {
    "properties": _properties,
    "required": _required,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "propertyNames": _names,
    "minProperties": _size("minProperties", least=True),
    "maxProperties": _size("maxProperties", least=False),
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "dependencies": _dependencies,
}
