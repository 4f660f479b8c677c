"""What must hold of undoing, looked at as events come: only what was decided on is undone; newest
first; never before a call in doubt is settled; and nothing twice.
"""

from collections.abc import Callable
from uuid import UUID

from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import Compensation, Effect, Verdict

Violated = Callable[[UUID, str], None]
EVERYTHING = None


class UndoWatch:
    """Keeps by run which calls may be undone now, None for all of them; the place of the last one
    whose undoing was begun; and what is undone.
    """

    def __init__(self, violated: Violated) -> None:
        self.violated = violated
        self.may: dict[UUID, frozenset[str] | None] = {}
        self.wanted: dict[UUID, Compensation] = {}
        self.last: dict[UUID, tuple[int, int]] = {}
        self.done: set[tuple[UUID, str]] = set()

    # one case an event
    def heard(self, run: UUID, event: e.RunEvent, state: RunState) -> None:
        """`state` is the run's before the event."""
        match event:
            case e.KillRequested():
                self.wanted[run] = event.compensate
            case e.KillAcknowledged():
                self.begins(run, self.wanted.get(run, Compensation.UNDO))
            case e.CallSettled() if state.final:
                self.begins(run, self.wanted.get(run, Compensation.UNDO))
            case e.RunStopped() if run not in self.last:
                choice = state.compensation.get("stop", Compensation.LEAVE)
                self.begins(run, Compensation(choice))
            case e.RunStopped() | e.UndoEnded() | e.UndoDeclined():
                self.may[run] = frozenset()
                self.last.pop(run, None)
            case e.RunRequeued() | e.RunExtended() | e.RunContinued():
                self.may[run] = frozenset()
                self.last.pop(run, None)
            case e.UndoBegun():
                self.may[run], self.last[run] = frozenset(event.undoes), LATEST
            case e.UndoIntended():
                self.intended(run, event, state)
            case e.UndoReturned() if event.verdict is Verdict.SUCCEEDED:
                self.undone(run, event.call)

    def begins(self, run: UUID, choice: Compensation) -> None:
        self.may[run] = EVERYTHING if choice is Compensation.UNDO else frozenset()
        self.last[run] = LATEST

    def intended(self, run: UUID, event: e.UndoIntended, state: RunState) -> None:
        may = self.may.get(run, frozenset())
        if may is not EVERYTHING and event.call not in may:
            self.violated(run, f"{event.call} is undone although nobody decided on that")
        if place(event.call) > self.last.get(run, LATEST):
            self.violated(run, f"{event.call} is undone after an earlier call")
        self.last[run] = place(event.call)
        doubted = [each.call for each in state.flights if each.effect is not Effect.READ]
        if doubted:
            self.violated(run, f"{event.call} is undone while {doubted[0]} is in doubt")

    def undone(self, run: UUID, call: str) -> None:
        if (run, call) in self.done:
            self.violated(run, f"{call} is undone twice")
        self.done.add((run, call))


LATEST = (1 << 30, 0)
"""A place after that of every call."""


def place(call: str) -> tuple[int, int]:
    """Where the call stands in its run: step, and place in the step's turn."""
    step, _, turn = call.partition(".")
    return int(step), int(turn)
