"""Whether a row was edited by somebody else while its form lay open.

The form carries a mark of every fact that it shows; what it rests on is held against the row when
it is sent. Pure.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from console import plain_decimals
from console.journal.canonical_json import canonical
from console.json_value import Json

FIELD: Final = "as_it_was"
DIGITS: Final = 12
LONGEST: Final = 60


def mark(facts: Mapping[str, Json], names: Collection[str]) -> str:
    """The digests of these facts, as the form carries them."""
    return json.dumps({name: digest(facts[name]) for name in sorted(names) if name in facts})


def moved(carried: str, facts: Mapping[str, Json]) -> Iterator[str]:
    """The names of the facts that are not as the form had them. A mark that cannot be read says
    nothing.
    """
    for name, had in read(carried).items():
        if name in facts and digest(facts[name]) != had:
            yield name


def read(carried: str) -> dict[str, str]:
    try:
        found = json.loads(carried)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def digest(value: Json) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:DIGITS]


def stands(value: Json) -> str:
    """The value as a sentence quotes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(map(stands, value)) or "empty"
    if isinstance(value, dict):
        return short(canonical(value))
    return short(plain_decimals.plain(str(value))) if value else "empty"


def short(text: str) -> str:
    """The text on one line, with a mark where some of it is missing."""
    flat = " ".join(text[: 4 * LONGEST].split())
    return flat if len(flat) <= LONGEST else f"{flat[: LONGEST - 1]}…"
