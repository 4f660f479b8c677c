"""Which tools of an agent a scenario plays with, and what they are called with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from console.json_value import Json
from console.refused import Refused
from runs.drills.drill_scenarios import (
    PAYEES,
    SCENARIOS,
    STRANGER,
    SUM,
    SUMS,
    Scenario,
    ShadowCast,
)
from runs.engine.ports import ToolSpec
from runs.engine.vocabulary import Effect
from runs.tools import arguments, made_up_values

WANTED: Final[Mapping[str, Json]] = {
    **dict.fromkeys(PAYEES, STRANGER),
    **dict.fromkeys(SUMS, SUM),
}
ORDER: Final = {Effect.IRREVERSIBLE: 0, Effect.REVERSIBLE: 1}
Made = tuple[ToolSpec, Mapping[str, Json]]


def cast(scenario: Scenario, title: str, specs: Iterable[ToolSpec]) -> ShadowCast:
    """The tools for the scenario: one that reads and, where it needs one, one that changes
    something, best one that pays. Raises Refused when the agent has none.
    """
    specs = sorted(specs, key=lambda each: each.name)
    reading = first(each for each in specs if each.effect is Effect.READ)
    acting = first(sorted((e for e in specs if e.effect is not Effect.READ), key=likeness))
    acts = SCENARIOS[scenario].acts
    if acts and acting is None:
        raise Refused(
            f"{title} has no tool that changes something and could be tried: this drill needs one."
        )
    if reading is None and acting is None:
        raise Refused(f"{title} has no tool of its own that a drill could try.")
    reading = reading or acting
    assert reading is not None
    if not acts or acting is None:
        return ShadowCast(*reading)
    return ShadowCast(*reading, *acting)


def first(specs: Iterable[ToolSpec]) -> Made | None:
    """The first tool whose arguments can be made up."""
    for spec in specs:
        args = made_up_values.value(spec.schema, WANTED)
        if isinstance(args, Mapping) and not arguments.problems(spec.schema, args):
            return spec, args
    return None


def likeness(spec: ToolSpec) -> tuple[int, int]:
    """How like a payment a tool is, the likest first: what it takes, and whether it is for good."""
    taken = spec.schema.get("properties") or {}
    named = sum(name in taken for name in SUMS) + sum(name in taken for name in PAYEES)
    pays = any(name in taken for name in SUMS)
    return (-named if pays else 1, ORDER[spec.effect])


def names(cast: ShadowCast) -> Sequence[str]:
    """The tools that the drill calls."""
    return [each.name for each in (cast.reading, cast.acting) if each is not None]
