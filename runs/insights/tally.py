"""What one event adds to the sums. Pure.

Durations are counted in buckets, each √2 wider than the one before and the first up to a
millisecond, so that those of any range can be added up and read as percentiles.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

LEAST: Final = 0.001
"""Seconds up to which a duration falls into the first bucket."""
BUCKETS: Final = 64
ONE: Final = Decimal(1)
BY_PEOPLE: Final = "approval"
"""The rule of a refusal that people gave, or that came of nobody's answer in time."""


class RollupNoun(StrEnum):
    """What a sum is about: calls of a tool, turns of a model, ends and pauses of runs for a reason,
    questions to people about a tool, calls that a rule did not let through.
    """

    CALL = "call"
    TURN = "turn"
    END = "end"
    ASK = "ask"
    RULE = "rule"


class SumStep(NamedTuple):
    """One thing that is added: `measure` of what is called `name`."""

    noun: RollupNoun
    name: str
    measure: str
    amount: Decimal = ONE


@dataclass(frozen=True, slots=True)
class RolledEvent:
    """What is read of an event. `seconds`: how long a turn or a call took, or a person to decide.
    `said`: of a stop or a pause its reason.
    """

    kind: str
    at: datetime
    agent: str
    tool: str = ""
    model: str = ""
    outcome: str = ""
    verdict: str = ""
    said: str = ""
    rule: str = ""
    seconds: float | None = None
    usd: Decimal | None = None
    saved: Decimal | None = None


KINDS: Final = (
    "step.planned",
    "step.plan_failed",
    "call.returned",
    "call.lost",
    "call.refused",
    "call.asked",
    "call.decided",
    "run.completed",
    "run.paused",
    "run.stopped",
)
"""The kinds that say something beside what they cost."""


def amounts(event: RolledEvent) -> Iterator[SumStep]:
    """What the event adds."""
    if event.usd:
        yield SumStep(RollupNoun.TURN, event.model, "usd", event.usd)
    if event.saved:
        yield SumStep(RollupNoun.TURN, event.model, "saved", event.saved)
    match event.kind:
        case "step.planned" | "step.plan_failed":
            yield from _turn(event)
        case "call.returned" | "call.lost":
            yield from _call(event)
        case "call.refused":
            by_people = event.rule == BY_PEOPLE
            yield SumStep(RollupNoun.CALL, event.tool, "denied" if by_people else "refused")
            yield from _ruled(event, "denied")
        case "call.asked":
            yield SumStep(RollupNoun.ASK, event.tool, "asked")
            yield from _ruled(event, "asked")
        case "call.decided":
            yield SumStep(RollupNoun.ASK, event.tool, "decided")
            yield from _took(RollupNoun.ASK, event.tool, event.seconds)
        case "run.completed" | "run.stopped":
            yield SumStep(RollupNoun.END, event.said or "COMPLETED", "ended")
        case "run.paused" if event.said:
            yield SumStep(RollupNoun.END, event.said, "paused")


def _turn(event: RolledEvent) -> Iterator[SumStep]:
    good = event.kind == "step.planned"
    yield SumStep(RollupNoun.TURN, event.model, "turns" if good else "failed")
    yield from _took(RollupNoun.TURN, event.model, event.seconds)


def _call(event: RolledEvent) -> Iterator[SumStep]:
    if measure := came_of(event):
        yield SumStep(RollupNoun.CALL, event.tool, measure)
        yield from _took(RollupNoun.CALL, event.tool, event.seconds)


def _ruled(event: RolledEvent, measure: str) -> Iterator[SumStep]:
    if event.rule:
        yield SumStep(RollupNoun.RULE, event.rule, measure)


def came_of(event: RolledEvent) -> str:
    """What came of one try of a call; empty for one that was broken off from here."""
    match event.outcome:
        case "ok":
            return "succeeded" if event.verdict == "succeeded" else "no_success"
        case "timeout":
            return "timeout"
        case "cancelled":
            return ""
        case _:
            return "error"


def _took(noun: RollupNoun, name: str, seconds: float | None) -> Iterator[SumStep]:
    if seconds is not None:
        yield SumStep(noun, name, f"took:{bucket(seconds):02}")


def bucket(seconds: float) -> int:
    """The bucket of a duration, from 0."""
    if seconds <= LEAST:
        return 0
    return min(math.ceil(2 * math.log2(seconds / LEAST)), BUCKETS - 1)


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The duration, in seconds, that `share` of all stay below, from counts by bucket: the middle
    of the bucket in which it falls, so at most a fifth off. None of nothing.
    """
    total = sum(counts.values())
    seen = 0
    for each in sorted(counts):
        seen += counts[each]
        if seen >= share * total:
            return LEAST if each == 0 else LEAST * math.sqrt(2) ** (each - 0.5)
    return None
