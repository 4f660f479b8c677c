"""Words for what jsonschema found, each naming the field. Pure; no schema is judged here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jsonschema import ValidationError
from jsonschema.exceptions import best_match

from runs.engine.ports import Json

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


def kind_of(value: Json) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, Mapping) else "a list"


def field(path: Iterable[str | int]) -> str:
    """A field as people write it: `lines[0].sku`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
    return text or "the arguments"


def not_an_object(text: str) -> str:
    return f"The arguments must be one JSON object; what came was not: {shown(text)}"


def shown(value: object) -> str:
    """A value short enough to be quoted."""
    text = value if isinstance(value, str) else repr(value)
    return f"“{text[:77]}…”" if len(text) > 78 else f"“{text}”"


def sentence(error: ValidationError) -> str:
    """One sentence for one error, the deepest one where several schemas were offered."""
    if error.validator in COMPOUND and (choices := _offered(error)):
        return f"{field(error.absolute_path)} must be {choices}, not {_got(error.instance)}"
    deepest = best_match([error]) if error.validator in COMPOUND else error
    said = deepest or error
    words = WORDS.get(str(said.validator))
    return words(said) if words else f"{field(said.absolute_path)}: {said.message[:200]}"


def _offered(error: ValidationError) -> str:
    """`text or null` when every offer failed on its type alone."""
    context = error.context or []
    if not context or any(each.validator != "type" or each.absolute_path != error.absolute_path for each in context):
        return ""
    return " or ".join(dict.fromkeys(_types(each.validator_value) for each in context))


def _types(value: Json) -> str:
    names = value if isinstance(value, list) else [value]
    return " or ".join(KINDS.get(str(name), str(name)) for name in names)


def _got(value: Json) -> str:
    return f"{kind_of(value)} {shown(value)}" if isinstance(value, str | int | float) and not isinstance(value, bool) else kind_of(value)


def _must(ending: Callable[[Any], str]) -> Callable[[ValidationError], str]:
    return lambda error: f"{field(error.absolute_path)} must be {ending(error.validator_value)}, not {_got(error.instance)}"


def _required(error: ValidationError) -> str:
    missing = [name for name in error.validator_value if name not in error.instance]
    named = error.message.partition("' is a required")[0].lstrip("'")
    return f"{field([*error.absolute_path, named if named in missing else missing[0]])} is missing"


def _unknown(error: ValidationError) -> str:
    known = sorted(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
    extra = [str(name) for name in error.instance if name not in known]
    offered = f"it takes {', '.join(known)}" if known else "it takes none"
    return f"{', '.join(field([*error.absolute_path, name[:80]]) for name in extra[:3])} is not a known field; {offered}"


def _length(word: str) -> Callable[[ValidationError], str]:
    return lambda error: (
        f"{field(error.absolute_path)} must have at {word} {error.validator_value} {_units(error)}, and has {len(error.instance)}"
    )


def _units(error: ValidationError) -> str:
    return "characters" if isinstance(error.instance, str) else "items"


WORDS: Mapping[str, Callable[[ValidationError], str]] = {
    "type": _must(_types),
    "enum": _must(lambda offered: "one of " + ", ".join(str(each) for each in offered[:20])),
    "const": _must(str),
    "format": _must(lambda name: FORMATS.get(name, f"a valid {name}")),
    "pattern": _must(lambda pattern: f"text like {pattern}"),
    "minimum": _must(lambda bound: f"at least {bound}"),
    "maximum": _must(lambda bound: f"at most {bound}"),
    "exclusiveMinimum": _must(lambda bound: f"more than {bound}"),
    "exclusiveMaximum": _must(lambda bound: f"less than {bound}"),
    "multipleOf": _must(lambda bound: f"a multiple of {bound}"),
    "required": _required,
    "additionalProperties": _unknown,
    "minLength": _length("least"),
    "maxLength": _length("most"),
    "minItems": _length("least"),
    "maxItems": _length("most"),
}
