"""Sentences for what is wrong with a value by a schema, each naming the field. Pure; no schema is
judged here.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from console import figures
from console.json_value import Json
from policies.json_schema.problem import Problem

KINDS = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
FORMATS = {
    "date-time": "a date and time with its offset, such as 2026-03-14T09:30:00Z",
    "date": "a date, such as 2026-03-14",
    "time": "a time of day, such as 09:30:00",
    "email": "an e-mail address",
    "uri": "a URL",
    "uuid": "a UUID",
}
COMPOUND = frozenset({"anyOf", "oneOf"})
MOST_NAMES = 40
ProblemWords = Callable[[Problem, str], str]


def kind_of(value: Json) -> str:
    """The type of a JSON value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, Mapping) else "a list"


def field(path: Iterable[str | int], whole: str = "the arguments") -> str:
    """A field as people write it: `lines[0].sku`."""
    text = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part[:80]}" for part in path
    ).lstrip(".")
    return text or whole


def not_an_object(text: str) -> str:
    return f"The arguments must be one JSON object; what came was not: {shown(text)}"


def shown(value: object) -> str:
    """A value, cut so that it can be quoted."""
    text = value[:80] if isinstance(value, str) else repr(value)
    return f"“{text[:77]}…”" if len(text) > 78 else f"“{text}”"


def sentence(problem: Problem, whole: str = "the arguments") -> str:
    """One sentence for one problem; where several schemas were offered, for the deepest one.
    `whole`: the name for the value as a whole.
    """
    if problem.keyword in COMPOUND and (choices := _offered(problem)):
        return f"{field(problem.path, whole)} must be {choices}, not {_got(problem.value)}"
    said = _deepest(problem)
    words = WORDS.get(said.keyword)
    return (
        words(said, field(said.path, whole))
        if words
        else f"{field(said.path, whole)} does not meet {said.keyword} of the schema"
    )


def _deepest(problem: Problem) -> Problem:
    """The problem with the alternative that came furthest, which is the one that can be mended."""
    while problem.offers:
        nearest = min(
            problem.offers, key=lambda offer: (-max(len(each.path) for each in offer), len(offer))
        )
        if any(
            each.keyword in {"type", "const", "enum"} and each.path == problem.path
            for each in nearest
        ):
            return problem
        problem = nearest[0]
    return problem


def _offered(problem: Problem) -> str:
    """`text or null` when every offer failed on its type alone."""
    each = [found for offer in problem.offers for found in offer]
    if not each or any(found.keyword != "type" or found.path != problem.path for found in each):
        return ""
    return " or ".join(dict.fromkeys(_types(found.wants) for found in each))


def _types(value: Json) -> str:
    names = value if isinstance(value, list) else [value]
    return " or ".join(KINDS.get(str(name), str(name)) for name in names)


def _got(value: Json) -> str:
    return (
        f"{kind_of(value)} {shown(value)}"
        if isinstance(value, str | int | float) and not isinstance(value, bool)
        else kind_of(value)
    )


def _must(ending: Callable[[Any], str]) -> ProblemWords:
    return lambda problem, name: (
        f"{name} must be {ending(problem.wants)}, not {_got(problem.value)}"
    )


def _bound(word: str) -> ProblemWords:
    """The words of a bound; that what breaks it is a number goes without saying."""
    return lambda problem, name: (
        f"{name} must be {word} {_number(problem.wants)}, not {shown(problem.value)}"
    )


def _number(bound: Json) -> str:
    """A bound as people write it: 0 also where the schema says 0.0."""
    return str(int(bound) if isinstance(bound, float) and bound.is_integer() else bound)


def _missing(problem: Problem, name: str) -> str:
    return f"{name} is missing"


def _unknown(problem: Problem, name: str) -> str:
    """The first three unknown fields, and those that exist."""
    fields = problem.schema.get("properties", {})
    known = sorted(fields)[:MOST_NAMES] if isinstance(fields, Mapping) else []
    extra = list(islice((str(each) for each in problem.value if each not in fields), 3))
    offered = f"it takes {', '.join(known)}" if known else "it takes none"
    return (
        f"{', '.join(field([*problem.path, each[:80]]) for each in extra)} is not a known field;"
        f" {offered}"
    )


def _length(word: str) -> ProblemWords:
    return lambda problem, name: (
        f"{name} must have at {word} {figures.plural(int(problem.wants), _unit(problem))},"
        f" and has {len(problem.value):,}"
    )


def _unit(problem: Problem) -> str:
    if isinstance(problem.value, Mapping):
        return "field"
    return "character" if isinstance(problem.value, str) else "item"


def _some(offered: Json) -> str:
    listed = offered if isinstance(offered, list) else [offered]
    return "one of " + ", ".join(f"{str(each)[:80]}" for each in listed[:20])


def _says(text: str) -> ProblemWords:
    return lambda problem, name: f"{name} {text}"


WORDS: Mapping[str, ProblemWords] = {
    "type": _must(_types),
    "enum": _must(_some),
    "const": _must(lambda wanted: str(wanted)[:200]),
    "format": _must(lambda name: FORMATS.get(name, f"a valid {name}")),
    "pattern": _must(lambda pattern: f"text like {pattern[:200]}"),
    "minimum": _bound("at least"),
    "maximum": _bound("at most"),
    "exclusiveMinimum": _bound("more than"),
    "exclusiveMaximum": _bound("less than"),
    "multipleOf": _bound("a multiple of"),
    "required": _missing,
    "additionalProperties": _unknown,
    "false": _says("is not allowed there"),
    "anyOf": _says("fits none of what it may be"),
    "oneOf": _says("must fit exactly one of what it may be"),
    "not": _says("is what it must not be"),
    "contains": _says("does not hold what it must, as often as it must"),
    "uniqueItems": _says("holds the same twice"),
    **{keyword: _length("least") for keyword in ("minLength", "minItems", "minProperties")},
    **{keyword: _length("most") for keyword in ("maxLength", "maxItems", "maxProperties")},
}
