"""Halt levers: what a pulled lever stops, and the sentence that says so. Pure.

A halted run is paused where it stands rather than refused: a planner that is told no again and
again only finds ways around.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from console import figures
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from policies.patterns import fits
from policies.verdicts import Effect

HARMLESS = frozenset({Effect.READ.value, Effect.REVERSIBLE.value})


class Reach(StrEnum):
    """What a lever stops: every run, the runs of some agents, calls of some tools, or every call
    that cannot be undone.
    """

    ALL = "all"
    AGENT = "agent"
    TOOL = "tool"
    IRREVERSIBLE = "irreversible"


AIMED = frozenset({Reach.AGENT, Reach.TOOL})
"""Levers that need a target: names or patterns, separated by spaces."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A pulled lever. `by` is a person's name, `at` when it was pulled."""

    id: int
    reach: Reach
    target: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is about to happen: a step of an agent or, with `tool`, a call. An undeclared effect
    counts as irreversible.
    """

    agent: str
    tool: str = ""
    effect: str = ""


def decision(facts: Facts, levers: Iterable[Lever]) -> Decision:
    """The decision of the first lever that reaches this, the widest asked first: the run pauses at
    this very point, and goes on from it once a person resumes it.
    """
    reaching = (lever for lever in levers if reaches(lever, facts))
    found = min(reaching, key=lambda lever: (WIDTH[lever.reach], lever.id), default=None)
    return pausing(found) if found else ALLOWED


def pausing(lever: Lever) -> Decision:
    """The pause, with the lever in its facts, so that its release can find the runs again."""
    return Decision(
        DecisionKind.PAUSE,
        rule=f"halt:{lever.reach.value}",
        sentence=sentence(lever),
        facts={"lever": lever.id},
        reason=StopReason.USER_PAUSED,
    )


WIDTH: Mapping[Reach, int] = {reach: place for place, reach in enumerate(Reach)}


def reaches(lever: Lever, facts: Facts) -> bool:
    match lever.reach:
        case Reach.ALL:
            return True
        case Reach.AGENT:
            return fits(facts.agent, lever.target)
        case Reach.TOOL:
            return bool(facts.tool) and fits(facts.tool, lever.target)
        case Reach.IRREVERSIBLE:
            return bool(facts.tool) and facts.effect not in HARMLESS
    assert_never(lever.reach)


def sentence(lever: Lever) -> str:
    """Who pulled it, when, why, and what it stops, as operators read it."""
    return (
        f"Halted by {lever.by} at {figures.hour(lever.at)}: {figures.sentence(lever.reason)}"
        f" {stands(lever.reach, lever.target)}"
    )


def stands(reach: Reach, target: str) -> str:
    match reach:
        case Reach.ALL:
            return "Every run is halted."
        case Reach.AGENT:
            return f"Every run of {target} is halted."
        case Reach.TOOL:
            return f"Every call of {target} is halted."
        case Reach.IRREVERSIBLE:
            return "Everything irreversible is halted."
    assert_never(reach)
