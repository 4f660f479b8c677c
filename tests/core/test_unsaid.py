"""What an event, a state and a fact of the engine are where nobody has said more: nothing, but for
what is written here. Rows of old journals, which lack the younger fields, are read by it.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies.verdicts import Meaning
from runs.engine import events as e
from runs.engine import ports
from runs.engine.history import NOTHING as NO_HISTORY
from runs.engine.kept_calls import CallAsk, Doubt, Flight, SessionApproval, Undoable
from runs.engine.state import RunLimits, RunState
from runs.engine.vocabulary import (
    Compensation,
    Control,
    Effect,
    LossBlame,
    Priority,
    RunPhase,
    RunStatus,
    StopReason,
    Visibility,
)

EVENTS = {
    each.kind: each
    for each in vars(e).values()
    if isinstance(each, type) and issubclass(each, e.RunEvent) and each is not e.RunEvent
}
NOTHING: tuple[Any, ...] = ("", 0, None, (), {}, False, Decimal(0), timedelta())
ENVELOPE = frozenset({"at", "actor", "person", "visibility"})

ACTORS: Mapping[str, str] = {
    "call.intended": "planner",
    "call.late": "tool",
    "call.looked_up": "tool",
    "call.lost": "tool",
    "call.returned": "tool",
    "judge.answered": "judge",
    "step.reasoned": "planner",
    "undo.returned": "tool",
}
"""Of all others it is the supervisor."""

HIDDEN = """
    call.asked call.decided call.intended call.late call.looked_up call.lost call.refused
    call.retried call.returned context.compacted finding.opened grant.given grant.revoked hint.given
    judge.answered run.leased run.routed run.worker_failed step.plan_failed step.planned
    step.reasoned
    undo.intended undo.returned
""".split()
"""What only operators read; all others but the briefing everybody may read who sees the run."""

SAID: Mapping[str, Mapping[str, Any]] = {
    "call.intended": {"timeout": 30.0},
    "call.lost": {"blame": LossBlame.OWN, "begun": True},
    "call.returned": {"attempt": 1},
    "context.compacted": {"by": "digest"},
    "grant.given": {"limit": 1},
    "run.created": {"parallel": 1, "priority": Priority.INTERACTIVE},
    "run.kill_requested": {"compensate": Compensation.UNDO},
    "run.leased": {"lost": True, "blamed": True},
    "run.paused": {"reason": StopReason.USER_PAUSED},
    "undo.intended": {"attempt": 1},
    "undo.returned": {"attempt": 1},
}
"""Fields of events that are something where nobody said so."""


def said(kind: type) -> dict[str, Any]:
    """The fields of a kind that are something by themselves."""
    found = {}
    for each in fields(kind):
        if each.default is not MISSING:
            found[each.name] = each.default
        elif each.default_factory is not MISSING:
            found[each.name] = each.default_factory()
    return {name: value for name, value in found.items() if value not in NOTHING or value is True}


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_is_told_by_whoever_brings_it_about(kind: str) -> None:
    actor = next(each.default for each in fields(EVENTS[kind]) if each.name == "actor")
    assert actor == ACTORS.get(kind, "supervisor")


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_an_event_is_read_by_whoever_may(kind: str) -> None:
    seen = next(each.default for each in fields(EVENTS[kind]) if each.name == "visibility")
    hidden = Visibility.ALWAYS_HIDDEN if kind == "run.briefed" else Visibility.VISIBLE
    assert seen == (Visibility.USER_HIDDEN if kind in HIDDEN else hidden)


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_what_a_row_does_not_say_is_nothing(kind: str) -> None:
    found = {name: value for name, value in said(EVENTS[kind]).items() if name not in ENVELOPE}
    assert found == SAID.get(kind, {})


FACTS: Mapping[type, Mapping[str, Any]] = {
    RunState: {
        "status": RunStatus.QUEUED,
        "phase": RunPhase.IDLE,
        "limits": RunLimits(),
        "parallel": 1,
        "priority": Priority.INTERACTIVE,
        "scale": 1.0,
        "tier": "step",
        "history": NO_HISTORY,
        "kill_choice": Compensation.UNDO,
    },
    Flight: {
        "doubt": Doubt.NONE,
        "attempt": 1,
        "effect": Effect.IRREVERSIBLE,
        "blame": LossBlame.OWN,
    },
    CallAsk: {},
    SessionApproval: {},
    Undoable: {},
    RunLimits: {"steps": 50, "tokens": 200_000, "usd": Decimal(2), "seconds": 3_600},
    Meaning: {},
    ports.Usage: {},
    ports.PlannerTurn: {"usage": ports.Usage()},
    ports.ContextMessage: {},
    ports.Returned: {"answered": True, "blame": LossBlame.OWN},
    ports.Lookup: {},
}


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_a_fact_that_nobody_gave_is_nothing(kind: type) -> None:
    assert said(kind) == FACTS[kind]


def test_nobody_has_asked_anything_of_a_run_that_begins() -> None:
    assert RunState().control is Control.NONE
    assert (RunState().final, RunState().deadline, RunState().flight) == (False, None, None)
