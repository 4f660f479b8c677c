"""The parts of a schema that its references mean. Nothing is ever fetched from elsewhere."""

import re
from collections.abc import Iterator, Mapping

from console.json_value import Json
from policies.json_schema.problem import BadSchema, Path

DATA = frozenset({"enum", "const", "default", "examples"})
MOST_VALUES = 50_000
MOST_CHARACTERS = 1_000_000
DEEPEST = 64
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
OF_SCHEMAS = re.compile(
    r"https?://json-schema\.org/(?:draft-0[467]|draft/20(?:19-09|20-12))/schema#?"
)


class Places:
    """The parts of one schema that can be referred to: by pointer, by anchor, by their
    own address.
    """

    def __init__(self, root: Json) -> None:
        """Raises BadSchema for one that is too large to be used."""
        self.root = root
        self._named: dict[str, Path] = {"": ()}
        for place, part in _parts(root):
            own = part.get("$id", part.get("id"))
            if isinstance(own, str):
                self._named.setdefault(own.rstrip("#"), place)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(anchor := part.get(keyword), str):
                    self._named.setdefault(f"#{anchor}", place)

    def found(self, reference: str) -> tuple[Json, Path] | None:
        """The part that is meant, with its place; None when it is not in the schema."""
        address, _, fragment = reference.partition("#")
        start = self._named.get(address)
        if start is None:
            start = next(
                (
                    place
                    for name, place in self._named.items()
                    if address and name.endswith(f"/{address}")
                ),
                None,
            )
        if start is None:
            return None
        if fragment and not fragment.startswith("/"):
            named = self._named.get(f"#{fragment}")
            return None if named is None else (self._at(named), named)
        return self._pointed(start, fragment)

    def _pointed(self, start: Path, pointer: str) -> tuple[Json, Path] | None:
        place, here = start, self._at(start)
        for step in PERCENT.sub(_percent, pointer).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            key = (
                int(name) if isinstance(here, list) and name.isdecimal() and len(name) < 7 else name
            )
            try:
                here = here[key]
            except (KeyError, IndexError, TypeError):
                return None
            place = (*place, key)
        return here, place

    def _at(self, place: Path) -> Json:
        here = self.root
        for step in place:
            here = here[step]
        return here


def is_of_schemas(reference: str) -> bool:
    """Whether the reference means the schema of schemas, as for a tool that takes a schema as its
    argument.
    """
    return OF_SCHEMAS.fullmatch(reference) is not None


def _parts(root: Json) -> Iterator[tuple[Path, Mapping[str, Json]]]:
    """Every object in the schema that is not data, outermost first. Iterative and bounded, whatever
    was sent.
    """
    values = characters = 0
    open_: list[tuple[Path, Json, bool]] = [((), root, False)]
    while open_:
        place, value, data = open_.pop()
        values += 1
        if isinstance(value, str):
            characters += len(value)
        elif isinstance(value, Mapping):
            if not data:
                yield place, value
            characters += sum(len(str(key)) for key in value)
            open_ += [((*place, key), each, data or key in DATA) for key, each in value.items()]
        elif isinstance(value, list):
            open_ += [((*place, index), each, data) for index, each in enumerate(value)]
        if (
            values + len(open_) > MOST_VALUES
            or characters > MOST_CHARACTERS
            or len(place) > DEEPEST
        ):
            raise BadSchema("it is too large or too deep to be used")


def _percent(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")
