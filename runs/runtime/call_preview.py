"""What can be done for the next calls while the intent of them is still on its way to the disk.

Nothing of a tool runs for that: a call is handed over where it is going to be made, and begun once
the intent is in the journal. What is previewed is true of one state alone, the one that the commit
leads to: it is used only where that very state is the run's, and dropped where anything else has
come.
"""

import logging
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from runs.engine import machine
from runs.engine.actions import Perform
from runs.engine.kept_calls import Flight
from runs.engine.ports import ReadyCall, Tool, Toolbox, ToolContext, ToolSpec, can_make_ready
from runs.engine.state import RunState
from runs.runtime.dependencies import Supervision

FRESH = timedelta(seconds=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
log = logging.getLogger(__name__)
ContextOf = Callable[[Flight, RunState], ToolContext]
"""What a tool is told beside the arguments of this call, made from this state."""


@dataclass(frozen=True, slots=True)
class FoundCall:
    """All that making this call takes; `ready` where its tool has it already."""

    flight: Flight
    tool: Tool
    spec: ToolSpec
    context: ToolContext
    ready: ReadyCall | None = None


@dataclass(frozen=True, slots=True)
class CallPreview:
    """What follows on `state` for certain, and its calls by their names, as of `at`."""

    state: RunState | None = None
    at: datetime = LONG_AGO
    action: Perform | None = None
    calls: Mapping[str, FoundCall] = field(default_factory=dict)

    def action_on(self, state: RunState) -> Perform | None:
        """What follows on this very state; None unless it is the one that was previewed."""
        return self.action if state is self.state else None

    def found(self, flight: Flight, now: datetime) -> FoundCall | None:
        """What was found of this very call: tried again, or in doubt, it is another one. Nothing
        where the commit took so long that its tool was told of less time than it has.
        """
        found = self.calls.get(flight.call)
        fresh = now - self.at <= FRESH
        return found if found is not None and found.flight is flight and fresh else None

    def alone(self, state: RunState, now: datetime) -> FoundCall | None:
        """The call that follows on this very state, if it is the only one."""
        if state is not self.state or self.action is None or len(self.action.flights) > 1:
            return None
        return self.found(self.action.flights[0], now)

    def drop(self) -> None:
        """None of its calls comes, but for those that were begun."""
        for found in self.calls.values():
            if found.ready is not None:
                found.ready.drop()


NOTHING_PREVIEWED = CallPreview()


def previewed(
    after: RunState,
    now: datetime,
    toolbox: Toolbox,
    rules: Supervision,
    context_of: ContextOf,
    begun: Container[str],
) -> CallPreview:
    """What follows on a state that is being committed, its calls made ready but for those that have
    begun.
    """
    action = machine.certain(after)
    if action is None:
        return NOTHING_PREVIEWED
    fresh = [flight for flight in action.flights if flight.call not in begun]
    calls = [found(flight, after, toolbox, rules, context_of, early=True) for flight in fresh]
    return CallPreview(after, now, action, {each.flight.call: each for each in filter(None, calls)})


def found(
    flight: Flight,
    state: RunState,
    toolbox: Toolbox,
    rules: Supervision,
    context_of: ContextOf,
    *,
    early: bool = False,
) -> FoundCall | None:
    """What making a call takes; None when there is no such tool any more. `early` has the call made
    ready as well, where its tool can.
    """
    tool, spec = toolbox.find(flight.tool), rules.spec(flight.tool)
    if tool is None or spec is None:
        return None
    context = context_of(flight, state)
    return FoundCall(flight, tool, spec, context, ready(tool, flight, context) if early else None)


def ready(tool: Tool, flight: Flight, context: ToolContext) -> ReadyCall | None:
    """The call, made ready where that is possible. What goes wrong with that costs nothing: it is
    made as any other, and what is wrong with it is said then.
    """
    if not can_make_ready(tool):
        return None
    try:
        return tool.make_ready(flight.args, context)
    except Exception:
        log.warning("a call of %s could not be made ready", flight.tool, exc_info=True)
        return None
