"""A run in the middle of its work, and what an event changes of it."""

from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from typing import Any

from runs.engine import events as e
from runs.engine import tokens
from runs.engine.fold import fold
from runs.engine.history import History
from runs.engine.kept_calls import Flight, Undoable
from runs.engine.ports import ContextMessage, Speaker, ToolCall
from runs.engine.state import RunLimits, RunState
from runs.engine.vocabulary import (
    RunPhase,
    RunStatus,
)
from tests.core.runs_in_memory import START

NOW = START + timedelta(seconds=9)
CLOCK = frozenset({"active", "clock_since", "seen_at", "phase_at"})
FORWARD = {"lost": 0, "lost_by": ""}
FLIGHT = Flight(
    call="3.2", ref="r2", tool="pay", args={"n": 2}, key="3.2", step=3, idempotent=False,
    lookup=True, undo=True, timeout=9.0, undo_idempotent=True, undo_lookup=True,
)  # fmt: skip
NEXT = ToolCall("r3", "mail", {"n": 3})
BUSY = RunState(
    status=RunStatus.RUNNING,
    phase=RunPhase.CALLING,
    tool="pay",
    goal="count",
    limits=RunLimits(50, 1_000, Decimal(10), 3_600),
    context=500,
    overhead=40,
    started_at=START,
    epoch=6,
    lost=2,
    lost_by="its process died.",
    step=3,
    calls=5,
    tokens_in=100,
    tokens_out=50,
    usd=Decimal("0.5"),
    max_call_cost=Decimal("0.2"),
    history=History([ContextMessage(Speaker.USER, "begin")]),
    queue=(NEXT,),
    queued=2,
    flights=(FLIGHT,),
    retries=4,
    plan_failures=1,
    refusals=3,
    rejections=2,
    watched=1,
    undoable=(Undoable("1.1", "book", {}, None, 1),),
    undone=1,
    to_undo=2,
    late=1,
    last_failure="503",
)
"""A run in the middle of its work, in which no figure is nothing."""


def changes(event: e.RunEvent, state: RunState = BUSY) -> dict[str, Any]:
    """The fields that the event changes, but for the clock's own."""
    after = fold(state, event)
    names = [each.name for each in fields(RunState) if each.name not in CLOCK]
    return {
        name: getattr(after, name) for name in names if getattr(after, name) != getattr(state, name)
    }


def says(text: str, state: RunState = BUSY, **facts: Any) -> dict[str, Any]:
    """What a message more changes."""
    message = ContextMessage(facts.pop("role", Speaker.USER), text, **facts)
    return {
        "history": state.history.after(message),
        "context": state.context + tokens.of_message(message),
    }
