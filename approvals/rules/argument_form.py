"""Arguments as a form, by their JSON Schema, and what was typed back as JSON. Pure; it says what
cannot be read, and judges nothing else.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from approvals.rules import amounts
from console import figures
from console.json_value import Json

LONG = 80
PREFIX = "arg-"
RAISE_BY = "raise_by"
"""The form's field for the amount by which a budget is raised."""
ABSENT = object()


@dataclass(frozen=True, slots=True)
class ArgumentField:
    """One argument on the card. `control` is line, text, json, choice or number; `was` is what the
    planner proposed, if it differs now.
    """

    name: str
    control: str
    value: str
    proposed: str
    was: str = ""
    edited: bool = False
    given: bool = True
    required: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()
    source: str = ""
    error: str = ""

    @property
    def classes(self) -> str:
        """CSS classes of what sets it apart: edited, tainted, wrong."""
        marks = {"edited": self.edited, "tainted": self.source, "wrong": self.error}
        return " ".join(["argument", *(mark for mark, holds in marks.items() if holds)])

    @property
    def key(self) -> str:
        """The name of its field in the form that is sent."""
        return PREFIX + self.name

    @property
    def place(self) -> str:
        """The id of its field on the page. The argument's name cannot be used, since a planner may
        have put spaces or quotes in it.
        """
        if figures.PLAIN_NAME.fullmatch(self.name):
            return self.key
        return f"{PREFIX}{hashlib.sha256(self.name.encode(errors='replace')).hexdigest()[:12]}"

    @property
    def label(self) -> str:
        """The name that people read; a name that is more than a word is quoted with all that is in
        it.
        """
        return figures.named(self.name, LONG)


def fields(
    schema: Mapping[str, Json],
    proposed: Mapping[str, Json],
    args: Mapping[str, Json],
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    sources: Mapping[str, str] | None = None,
) -> list[ArgumentField]:
    """The arguments in the order of the schema, including those that are not given. `typed`: what a
    refused form held.
    """
    wrong, origins, properties = errors or {}, sources or {}, known(schema)
    names = list({**properties, **proposed, **args})
    found = []
    for name in names:
        schema_of, before = properties.get(name, {}), proposed.get(name, ABSENT)
        now, was = args.get(name, ABSENT), stands(proposed, name)
        value = typed[PREFIX + name] if typed and PREFIX + name in typed else stands(args, name)
        found.append(
            ArgumentField(
                name=name,
                control=control(schema_of, before if before is not ABSENT else now),
                value=value,
                proposed=was,
                was=was if value != was else "",
                edited=value != was,
                given=before is not ABSENT or now is not ABSENT,
                required=name in required(schema),
                help=str(schema_of.get("description", "")),
                choices=offered(schema_of),
                source=origins.get(name, ""),
                error=wrong.get(name, ""),
            )
        )
    return found


def read(
    schema: Mapping[str, Json], args: Mapping[str, Json], typed: Mapping[str, str]
) -> tuple[dict[str, Json], dict[str, str]]:
    """The arguments as typed, and what cannot be read of them, by field. An argument that was not
    touched stays exactly as it was.
    """
    found, wrong = dict(args), {}
    for name in {**args, **known(schema)}:
        text = typed.get(PREFIX + name)
        if text is None or plain(text) == plain(stands(args, name)):
            continue
        if (
            not text.strip()
            and name not in required(schema)
            and "string" not in kinds(known(schema).get(name, {}), args.get(name))
        ):
            found.pop(name, None)
            continue
        try:
            found[name] = parsed(plain(text), known(schema).get(name, {}), args.get(name))
        except ValueError as problem:
            wrong[name] = f"{figures.named(name, LONG)} {problem}"
    return found, wrong


def known(schema: Mapping[str, Json]) -> Mapping[str, Mapping[str, Json]]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return {}
    return {
        str(name): each if isinstance(each, Mapping) else {} for name, each in properties.items()
    }


def required(schema: Mapping[str, Json]) -> Sequence[str]:
    names = schema.get("required")
    return names if isinstance(names, list) else []


def stands(args: Mapping[str, Json], name: str) -> str:
    """An argument as it stands in its field: a sum of money with its cents."""
    value = args.get(name, ABSENT)
    return amounts.with_cents(name, value, args) or shown(value)


def shown(value: Json) -> str:
    """A value as JSON writes it; a text as it is."""
    if value is ABSENT:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def plain(text: str) -> str:
    """The text with the line ends of browsers (CR LF) as plain newlines."""
    return text.replace("\r\n", "\n")


def offered(schema: Mapping[str, Json]) -> tuple[str, ...]:
    values = schema.get("enum")
    if isinstance(values, list):
        return tuple(shown(value) for value in values)
    return ("true", "false") if schema.get("type") == "boolean" else ()


def kinds(schema: Mapping[str, Json], value: Json) -> tuple[str, ...]:
    """The JSON types a field may have; without a schema, the type it has."""
    stated = [
        schema,
        *(
            each
            for word in ("anyOf", "oneOf")
            for each in schema.get(word) or ()
            if isinstance(each, Mapping)
        ),
    ]
    named = [
        kind
        for each in stated
        for kind in (
            [each["type"]] if isinstance(each.get("type"), str) else each.get("type") or ()
        )
    ]
    return tuple(dict.fromkeys(named)) or (kind_of(value),)


def kind_of(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "null" if value is None else "object"


def control(schema: Mapping[str, Json], value: Json) -> str:
    if offered(schema):
        return "choice"
    allowed = set(kinds(schema, value if value is not ABSENT else ""))
    if allowed & {"object", "array"} or isinstance(value, dict | list):
        return "json"
    if allowed <= {"integer", "number", "null"}:
        return "number"
    return "text" if isinstance(value, str) and (len(value) > LONG or "\n" in value) else "line"


def parsed(text: str, schema: Mapping[str, Json], value: Json) -> Json:
    """Text as JSON of a type the field may have.

    Raises ValueError with the end of a sentence that begins with the field.
    """
    if isinstance(schema.get("enum"), list):
        return chosen(text, schema["enum"])
    allowed = kinds(schema, value)
    if "string" in allowed and (isinstance(value, str) or len(allowed) == 1):
        return text
    for kind in allowed:
        found = as_kind(text, kind)
        if found is not ABSENT:
            return found
    if "string" in allowed:
        return text
    raise ValueError(
        f"must be {listed(WORDS.get(kind, kind) for kind in allowed)}, not “{text[:60]}”"
    )


def chosen(text: str, offers: Sequence[Json]) -> Json:
    for offer in offers:
        if shown(offer) == text:
            return offer
    raise ValueError(f"must be one of {listed(shown(offer) for offer in offers)}")


WORDS = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "object": "JSON",
    "array": "a list",
}


def as_kind(text: str, kind: str) -> Json:
    """The value as that type; ABSENT when the text cannot be read as one."""
    try:
        found = json.loads(text.strip(), parse_constant=not_a_number)
        if not storable(found):
            return ABSENT
    except (ValueError, RecursionError):
        return ABSENT
    match kind:
        case "integer":
            return found if isinstance(found, int) and not isinstance(found, bool) else ABSENT
        case "number":
            return (
                found if isinstance(found, int | float) and not isinstance(found, bool) else ABSENT
            )
        case "boolean":
            return found if isinstance(found, bool) else ABSENT
        case "null":
            return found if found is None else ABSENT
        case "array":
            return found if isinstance(found, list) else ABSENT
        case "object":
            return found if isinstance(found, dict | list) else ABSENT
    return ABSENT


def storable(value: Json) -> bool:
    """Whether a table can hold the value: no NUL, no lone surrogate, no infinite number."""
    if isinstance(value, str):
        return "\x00" not in value and (
            value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
        )
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(storable(each) for pair in value.items() for each in pair)
    return all(storable(each) for each in value) if isinstance(value, list) else True


def not_a_number(word: str) -> None:
    raise ValueError(f"{word} is no number")


def listed(words: Iterable[str]) -> str:
    return " or ".join(words)
