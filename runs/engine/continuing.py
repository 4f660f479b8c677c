"""Letting a run that has ended go on: what stands in its way, and what it will do first. Pure."""

from datetime import datetime

from runs.engine import context, limits
from runs.engine.engine_errors import ContextExhausted
from runs.engine.fold_calls import at_work
from runs.engine.state import RunState


def obstacle(after: RunState, now: datetime) -> str:
    """Why the continued run would end again before its next step, as a sentence; empty when nothing
    is known to stand in its way.

    Calls in flight or queued, and a final answer, are dealt with first, whatever the limits say of
    another turn.
    """
    if after.flights or after.queue or after.proposed is not None:
        return ""
    said = limits.may_go_on(after, now)
    if not said.allowed:
        return said.sentence
    try:
        if context.folding(after) is None:
            context.window(after)
    except ContextExhausted as problem:
        return str(problem)
    return ""


def first_move(state: RunState, planner: str = "", *, sees_tools: bool = True) -> str:
    """What the run does first when it goes on, as a sentence. `planner`: the one it goes on with,
    when it changes.
    """
    if state.flights:
        what = at_work(state.flights) if sees_tools else "a call"
        if any(flight.doubtful for flight in state.flights):
            return f"First it is found out whether {what} happened; then it goes on."
        return f"First {what} is made, which it had decided on in step {state.step}."
    if state.queue:
        what = state.queue[0].tool if sees_tools else "the next call"
        return f"Next it makes {what}, which it had decided on in step {state.step}."
    if state.proposed is not None:
        return "Next its final answer is judged again."
    kept = f" Its {state.step} steps before stay as they are." if state.step > 1 else ""
    return f"Next it plans step {state.step + 1} with {planner or state.planner}.{kept}"
