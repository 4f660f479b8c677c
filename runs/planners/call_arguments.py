"""The arguments of a call as a wire had them, read as the object that was meant. Pure.

Servers write them as an object, as its text, as the text of its text, as nothing where there are
none; gateways that put a stream together leave an empty object before them, give them twice, or
leave marks of the template around them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NoReturn

from console.json_value import Json

BEFORE: Final = re.compile(r"(?:\s++|```(?:json)?\s)*+")
BEHIND: Final = re.compile(r"(?:\s++|```|<[^<>{}\"]{1,40}+>)*+\Z")
"""What a template leaves around them: a fence, or the mark by which a call or a turn ends."""
NONE: Final[Sequence[Json]] = (None, {}, [])
"""What stands for no arguments; a program in PHP writes an empty object as a list."""


def read(raw: Json) -> Mapping[str, Json] | str:
    """Arguments as an object, or the raw text when it is no JSON object: the gate refuses that, and
    the model reads why.
    """
    if isinstance(raw, Mapping):
        return dict(raw)
    if not isinstance(raw, str):
        return {} if raw in NONE else json.dumps(raw)
    try:
        found = told(list(values(raw)))
    except (ValueError, RecursionError):
        return raw
    if len(found) > 1:
        return raw
    value = found[0] if found else {}
    if isinstance(value, str):  # written as JSON twice over
        twice = read(value)
        return twice if isinstance(twice, Mapping) else raw
    return value if isinstance(value, dict) else raw


def told(found: Sequence[Json]) -> Sequence[Json]:
    """The values that say something, each once."""
    said = {json.dumps(each): each for each in found if each not in NONE}
    return list(said.values())


def values(text: str) -> Iterator[Json]:
    """The JSON values that the text is made of. Raises ValueError for anything else in it."""
    decoder, place = json.JSONDecoder(parse_constant=not_json), 0
    if opening := BEFORE.match(text):
        place = opening.end()
    while not BEHIND.match(text, place):
        value, place = decoder.raw_decode(text, place)
        yield value
        while place < len(text) and text[place].isspace():
            place += 1


def not_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
