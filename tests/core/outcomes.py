"""What came back, as the tests of its recording have it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from policies.decision import Decision, DecisionKind
from runs.engine import events as e
from runs.engine import limits, outcomes
from runs.engine.actions import Plan
from runs.engine.context import window
from runs.engine.fold import folded
from runs.engine.ports import PlannerTurn, Returned
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Outcome,
    StopReason,
)
from tests.core.runs_in_memory import START, Rules, calling, running, spec

NOW = START + timedelta(seconds=5)
SILENCE = Returned(Outcome.TIMEOUT, error="No answer within 30 s.")
PAUSE = Decision(DecisionKind.PAUSE, "watch", 2, "Enough.", reason=StopReason.NO_PROGRESS)
STOP = Decision(DecisionKind.STOP, "watch", 2, "Enough.", reason=StopReason.LOOP_DETECTED)


def rules(**specs: dict[str, Any]) -> Rules:
    return Rules({name: spec(name, **facts) for name, facts in specs.items()})


def planned(state: RunState, turn: PlannerTurn, with_: Rules) -> Sequence[e.RunEvent]:
    plan = Plan(window(state), limits.estimate(state))
    return outcomes.after_plan(state, plan, turn, with_, NOW, 0.25)


def in_flight(with_: Rules, *tools: str) -> RunState:
    """A run that has begun a turn of these calls: the first one is in flight."""
    state = running()
    return folded(planned(state, calling(*(tools or tuple(with_.specs))), with_), state)


def only(events: Sequence[e.RunEvent]) -> Any:
    [event] = events
    return event
