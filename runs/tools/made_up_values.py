"""Values made up from a JSON Schema: the least that fits it. Pure.

Not every schema can be met by guessing (a pattern, a condition): whoever uses a value checks it
against its schema.
"""

from collections.abc import Mapping
from typing import Final

from console.json_value import Json

DEEPEST: Final = 8
TEXT: Final = "drill"
FORMATS: Final[Mapping[str, str]] = {
    "email": "drill@example.org",
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:00:00Z",
    "time": "09:00:00Z",
    "uri": "https://example.org/drill",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def value(schema: Mapping[str, Json], wanted: Mapping[str, Json] | None = None) -> Json:
    """A value for the schema. `wanted` gives values to properties by name, where they are of the
    property's kind; numbers are brought within its bounds.
    """
    return _Maker(schema, wanted or {}).made(schema, "", 0)


class _Maker:
    def __init__(self, root: Mapping[str, Json], wanted: Mapping[str, Json]) -> None:
        self.root, self.wanted = root, wanted

    def made(self, raw: Json, name: str, depth: int) -> Json:
        schema = self.plain(raw)
        if depth > DEEPEST:
            return None
        for key in ("const", "default"):
            if schema.get(key) is not None and name not in self.wanted:
                return schema[key]
        if schema.get("enum"):
            return schema["enum"][0]
        match self.kind(schema):
            case "object":
                return self.table(schema, depth)
            case "array":
                item = schema.get("items") or {}
                most = min(int(schema.get("minItems") or 0), 3)
                return [self.made(item, name, depth + 1) for _ in range(most)]
            case "integer" | "number" as kind:
                return number(schema, self.wanted.get(name), whole=kind == "integer")
            case "boolean":
                return False
            case "null":
                return None
        return text(schema, self.wanted.get(name))

    def plain(self, raw: Json, hops: int = 0) -> Mapping[str, Json]:
        """The schema without references and choices: the first choice that is not null."""
        schema: Mapping[str, Json] = raw if isinstance(raw, Mapping) else {}
        if hops > DEEPEST:
            return {}
        if isinstance(where := schema.get("$ref"), str):
            return self.plain({**self.resolved(where), **without(schema, "$ref")}, hops + 1)
        for word in ("anyOf", "oneOf", "allOf"):
            if isinstance(options := schema.get(word), list) and options:
                chosen = next((each for each in options if not is_null(each)), options[0])
                return {**without(schema, word), **self.plain(chosen, hops + 1)}
        return schema

    def resolved(self, where: str) -> Mapping[str, Json]:
        found: Json = self.root
        for step in where.removeprefix("#/").split("/"):
            found = found.get(step) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}

    def kind(self, schema: Mapping[str, Json]) -> str:
        said = schema.get("type")
        if isinstance(said, list):
            said = next((each for each in said if each != "null"), "null")
        return str(said or ("object" if "properties" in schema else "string"))

    def table(self, schema: Mapping[str, Json], depth: int) -> Json:
        properties = schema.get("properties") or {}
        needed = schema.get("required") or []
        names = [each for each in properties if each in needed or each in self.wanted]
        return {name: self.made(properties[name], name, depth + 1) for name in names}


def without(schema: Mapping[str, Json], word: str) -> dict[str, Json]:
    return {key: value for key, value in schema.items() if key != word}


def is_null(schema: Json) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "null"


def number(schema: Mapping[str, Json], wanted: Json, *, whole: bool) -> int | float:
    """A number within the bounds, the wanted one if there is one."""
    usual = isinstance(wanted, int | float) and not isinstance(wanted, bool)
    found: float = wanted if usual else 1
    least, most = schema.get("minimum"), schema.get("maximum")
    if (above := schema.get("exclusiveMinimum")) is not None:
        least = max(above + 1, least if least is not None else above + 1)
    if (below := schema.get("exclusiveMaximum")) is not None:
        most = min(below - 1, most if most is not None else below - 1)
    found = max(found, least) if least is not None else found
    found = min(found, most) if most is not None else found
    return int(found) if whole or found == int(found) else found


def text(schema: Mapping[str, Json], wanted: Json) -> str:
    """A text of its format and length, the wanted one if there is one."""
    found = wanted if isinstance(wanted, str) else FORMATS.get(str(schema.get("format")), TEXT)
    least, most = int(schema.get("minLength") or 0), schema.get("maxLength")
    found = found + " " + "." * (least - len(found) - 1) if len(found) < least else found
    return found[: int(most)] if most is not None else found
