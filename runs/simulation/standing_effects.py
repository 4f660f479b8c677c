"""What must hold of effects that stand when a run has ended: the run's state knows of each, and
where everything was to be undone, each is under what needs a person.
"""

from collections import defaultdict
from collections.abc import Callable
from uuid import UUID

from runs.engine import events as e
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, StopReason
from runs.simulation.undo_watch import Violated


class StandingEffects:
    """Keeps by run the calls that have truly changed the world, and that no undo has truly
    reached.
    """

    def __init__(self, violated: Violated) -> None:
        self.violated = violated
        self.reading: set[tuple[UUID, str]] = set()
        self.standing: dict[UUID, set[str]] = defaultdict(set)

    def intended(self, run: UUID, event: e.CallIntended) -> None:
        if event.effect is Effect.READ:
            self.reading.add((run, event.call))

    def landed(self, run: UUID, call: str, *, undo: bool) -> None:
        if undo:
            self.standing[run].discard(call)
        elif (run, call) not in self.reading:
            self.standing[run].add(call)

    def ended(self, run: UUID, end: RunState, excused: Callable[[str], bool]) -> None:
        """Checks the run at its end. `excused` are calls of which a person said what is not so."""
        standing = {call for call in self.standing[run] if not excused(call)}
        if unknown := sorted(standing - known(end)):
            self.violated(run, f"it has ended, and of {unknown[0]} nobody knows that it stands")
        if standing and end.undoes_all and not listed(end):
            self.violated(run, f"all was to be undone, {min(standing)} stands, and nobody is told")


def known(end: RunState) -> set[str]:
    """The calls that an ended run says it has made, or may have."""
    able = {entry.call for entry in end.undoable}
    return able | {*end.lasting, *end.undo_failed} | {flight.call for flight in end.flights}


def listed(end: RunState) -> bool:
    """Whether the run is under what needs a person for what it left."""
    return end.leftover or end.stop_reason is StopReason.KILLED_IN_DOUBT
