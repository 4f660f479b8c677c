"""A result in two halves: data in the shape that its tool promises, and parts beside it. Pure."""

from collections.abc import Sequence

from console.json_value import Json

WHOLE, BESIDE = "$structured", "$parts"


def joined(whole: Json, beside: Sequence[Json]) -> Json:
    """The data alone when there is nothing beside it."""
    return {WHOLE: whole, BESIDE: list(beside)} if beside else whole


def promised(result: Json) -> Json:
    """The half that the tool's own schema speaks of."""
    if isinstance(result, dict) and result.keys() == {WHOLE, BESIDE}:
        return result[WHOLE]
    return result
