"""References in a script's texts, `{{get_order.total}}`: finding them and filling them in.

Pure; knows nothing of runs or TOML.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from console.json_value import Json
from runs.engine import tokens

REFERENCE: Final = re.compile(
    r"\{\{\s*(?P<path>[^{}|:]+?)\s*(?::\s*(?P<cast>\w+)\s*)?(?:\|(?P<default>[^{}]*))?\}\}"
)
MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Reference:
    """`{{path:cast|default}}`: where to look, what to make of it, what to say when there is
    nothing.
    """

    path: tuple[str, ...]
    cast: str = ""
    default: str | None = None

    def __str__(self) -> str:
        return ".".join(self.path)


def number(value: Json) -> int | float:
    """What a text says as a number; raises ValueError."""
    text = str(value)
    return int(text) if text.lstrip("+-").isdecimal() else float(text)


CASTS: Final[dict[str, Callable[[Json], Json]]] = {"text": tokens.rendered, "number": number}


def parsed(match: re.Match[str]) -> Reference:
    default = match["default"]
    return Reference(
        tuple(match["path"].split(".")),
        match["cast"] or "",
        None if default is None else default.strip(),
    )


def references(value: Json) -> Iterator[Reference]:
    """Every reference in a JSON-like value, keys included; raises ValueError on braces that are
    none.
    """
    if isinstance(value, str):
        yield from references_in(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from references_in(key)
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def references_in(text: str) -> Iterator[Reference]:
    rest = REFERENCE.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise ValueError(f"braces that are no reference in {text!r}")
    for reference in map(parsed, REFERENCE.finditer(text)):
        if reference.cast and reference.cast not in CASTS:
            raise ValueError(
                f"{{{{{reference}}}}} asks for {reference.cast!r}: only"
                f" {' and '.join(sorted(CASTS))} are known"
            )
        yield reference


def filled(value: Json, resolve: Callable[[Reference], Json]) -> Json:
    """The value with every reference resolved.

    A text that is one reference and nothing else takes the type of what it refers to.
    """
    if isinstance(value, str):
        return filled_text(value, resolve)
    if isinstance(value, dict):
        return {
            str(filled_text(key, resolve)): filled(inner, resolve) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [filled(inner, resolve) for inner in value]
    return value


def filled_text(text: str, resolve: Callable[[Reference], Json]) -> Json:
    if "{{" not in text:
        return text
    if whole := REFERENCE.fullmatch(text):
        return resolve(parsed(whole))
    return REFERENCE.sub(lambda match: tokens.rendered(resolve(parsed(match))), text)


def within(value: Json, path: tuple[str, ...]) -> Json:
    """What a path of keys and list places leads to, or MISSING."""
    for name in path:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif (
            isinstance(value, list)
            and name.removeprefix("-").isdecimal()
            and -len(value) <= int(name) < len(value)
        ):
            value = value[int(name)]
        else:
            return MISSING
    return value
