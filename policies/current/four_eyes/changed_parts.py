"""What differs between two stored values, part by part, for whoever confirms the change. Pure."""

from collections.abc import Iterator, Mapping

from console import figures, plain_decimals
from console.json_value import Json
from policies.current.four_eyes.rules import NOTHING, Widening

NAME = "name"
LONGEST = 300


def changed(what: str, old: Json, new: Json) -> Iterator[Widening]:
    """The parts that differ, such as `extra headers, x-team`; of what has no parts, the whole."""
    was, now = parts(old), parts(new)
    found = [] if was is None or now is None else [*differing(was, now)]
    if not found:
        yield Widening(what, said(old), said(new))
    for name, before, after in found:
        yield Widening(f"{what}, {name}", before, after)


def parts(value: Json) -> Mapping[str, Json] | None:
    """An object by its names, a list of objects by the name that each has; None for all else."""
    if value in (None, "", [], {}):
        return {}
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, list) or not all(named(each) for each in value):
        return None
    found = {each[NAME]: {key: part for key, part in each.items() if key != NAME} for each in value}
    return found if len(found) == len(value) else None


def named(value: Json) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get(NAME), str)


def differing(was: Mapping[str, Json], now: Mapping[str, Json]) -> Iterator[tuple[str, str, str]]:
    for name in {**was, **now}:
        if (name in was, was.get(name)) != (name in now, now.get(name)):
            yield name, told(was, name), told(now, name)


def told(values: Mapping[str, Json], name: str) -> str:
    """One part in a line; an object as arguments are told."""
    if name not in values:
        return NOTHING
    value = values[name]
    if isinstance(value, Mapping):
        return figures.arguments(value, LONGEST)
    return figures.cut(figures.plain(value), LONGEST)


def said(value: Json) -> str:
    if value in (None, "", [], {}):
        return NOTHING
    return figures.cut(plain_decimals.plain(figures.plain(value)), LONGEST)
