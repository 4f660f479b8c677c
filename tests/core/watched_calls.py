"""Sequences of calls written by hand, as a loop detector watches them."""

from collections.abc import Iterable, Sequence
from typing import Any

from policies.decision import Decision
from policies.loops import detector
from policies.loops.loop_thresholds import DEFAULTS, LoopThresholds
from policies.loops.observations import (
    CallObserved,
    LoopKind,
    Observation,
)

PLACES = (
    "harbour mill quarry orchard tannery foundry brewery chapel granary ropewalk smithy dairy wharf"
    " kiln bakery forge".split()
)


def watched(seen: Iterable[Observation], limits: LoopThresholds = DEFAULTS) -> list[Decision]:
    """What is said after each observation."""
    state, found = detector.START, []
    for one in seen:
        state, decision = detector.observe(state, one, limits)
        found.append(decision)
    return found


def said_of(seen: Iterable[Observation]) -> Decision:
    """The last decision; there must be one that says something."""
    decision = watched(seen)[-1]
    assert decision.sentence
    return decision


def shape(decision: Decision) -> tuple[LoopKind, tuple[int, ...]]:
    """Of which kind the loop is, and which steps it was made of."""
    return LoopKind(decision.facts["kind"]), decision.facts["indices"]


def reads(
    tool: str, answers: Sequence[tuple[dict[str, Any], str]], **facts: bool
) -> list[CallObserved]:
    return [
        CallObserved(index, tool, args, result, **facts)
        for index, (args, result) in enumerate(answers)
    ]


def page(number: int, rows: int = 8) -> str:
    """A page of orders: one form, other contents."""
    names = [
        f'{{"order": "A{number}{row:02}", "from": "{PLACES[(number * 5 + row * 3) % 16]}", "items":'
        f" {number * 7 + row}}}"
        for row in range(rows)
    ]
    return f'{{"page": {number}, "orders": [{", ".join(names)}]}}'
