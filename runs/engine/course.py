"""Events that may follow on a state, and the state that they lead to. Pure.

The rules fold events to judge them, and the commit needs the state after the very same events. The
state is handed over with them, so that nothing is folded twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from runs.engine.events import RunEvent
from runs.engine.fold import fold, folded
from runs.engine.state import RunState


class Course(Sequence[RunEvent]):
    """Events that may follow on the state `before`; `after` is the state after all of them."""

    __slots__ = ("_events", "after", "before")

    def __init__(self, before: RunState, events: Iterable[RunEvent] = ()) -> None:
        self.before = self.after = before
        self._events: list[RunEvent] = []
        self.extend(events)

    def add(self, event: RunEvent) -> None:
        """Append one event.

        Raises IllegalMove, changing nothing, when the state after the others does not allow it.
        """
        self.after = fold(self.after, event)
        self._events.append(event)

    def extend(self, events: Iterable[RunEvent]) -> None:
        for event in events:
            self.add(event)

    def branch(self) -> "Course":
        """A course of the same events, to which others can be added without changing this one."""
        other = Course(self.before)
        other.after, other._events = self.after, list(self._events)
        return other

    def __iter__(self) -> Iterator[RunEvent]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, place: int) -> RunEvent: ...
    @overload
    def __getitem__(self, place: slice) -> list[RunEvent]: ...
    def __getitem__(self, place: int | slice) -> RunEvent | list[RunEvent]:
        return self._events[place]


def reached(state: RunState, made: Sequence[RunEvent], kept: Sequence[RunEvent]) -> RunState:
    """The state after `kept`, the events to be committed, of which `made` is what the engine gave.

    Nothing is folded again where all of `made` is kept and its state is known already.
    """
    if kept is made and isinstance(made, Course) and made.before is state:
        return made.after
    return folded(kept, state)
