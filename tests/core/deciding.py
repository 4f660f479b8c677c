"""Runs and rules as `next_effect` is asked about them, and what it answers."""

from datetime import datetime, timedelta
from typing import Any

from policies.decision import Decision, DecisionKind
from runs.engine import actions, machine
from runs.engine.kept_calls import Flight
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Effect,
    StopReason,
)
from tests.core.runs_in_memory import START, Rules, spec

NOW = START + timedelta(seconds=5)
LATE = START + timedelta(hours=2)
PAUSE = Decision(DecisionKind.PAUSE, "halt", 2, "Halted.", reason=StopReason.USER_PAUSED)
STOP = Decision(DecisionKind.STOP, "watch", 2, "Enough.", reason=StopReason.LOOP_DETECTED)
DENY = Decision(DecisionKind.DENY, "gate", 3, "It is not allowed.")
ASK = Decision(DecisionKind.ASK, "gate", 3, "A person decides.", {"why": 1})


def flight(**facts: Any) -> Flight:
    given: dict[str, Any] = {
        "call": "1.1", "ref": "r", "tool": "pay", "args": {}, "key": "1.1", "step": 1,
        "idempotent": False, "lookup": False, "undo": False, "timeout": 30.0, **facts,
    }  # fmt: skip
    return Flight(**given)


def rules(**facts: Any) -> Rules:
    tools = {
        "pay": spec("pay"),
        "read": spec("read", effect=Effect.READ, idempotent=True),
    }
    return Rules(tools, **facts)


def following(state: RunState, asked: Rules | None = None, now: datetime = NOW) -> Any:
    return machine.next_effect(state, asked or rules(), now)


def recorded(state: RunState, asked: Rules | None = None, now: datetime = NOW) -> Any:
    effect = following(state, asked, now)
    assert isinstance(effect, actions.Record)
    [event] = effect.events
    return event
