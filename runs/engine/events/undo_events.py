"""What becomes of a run's actions once it has ended: asked about, undone, left as they are."""

from dataclasses import dataclass
from typing import ClassVar

from console.json_value import Json
from runs.engine.engine_errors import BadEvent
from runs.engine.events.envelope import RunEvent
from runs.engine.vocabulary import Outcome, StopReason, Verdict, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoAsked(RunEvent):
    """Somebody wants calls of an ended run undone, and another person has to agree first."""

    kind: ClassVar[str] = "undo.asked"
    visibility: Visibility = Visibility.VISIBLE
    undoes: tuple[str, ...]
    note: str = ""

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        named(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBegun(RunEvent):
    """These calls of an ended run are undone from now on, the newest first: a person chose them, or
    answered the `request` about them.
    """

    kind: ClassVar[str] = "undo.begun"
    visibility: Visibility = Visibility.VISIBLE
    undoes: tuple[str, ...]
    note: str = ""
    request: str = ""

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        named(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoDeclined(RunEvent):
    """A person says that what they were asked about is not undone."""

    kind: ClassVar[str] = "undo.declined"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoIntended(RunEvent):
    """The intent of an undo, durable before it is begun."""

    kind: ClassVar[str] = "undo.intended"
    step: int
    tool: str
    call: str
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoReturned(RunEvent):
    """What came back from an undo: done, to be tried again, given up, or in doubt."""

    kind: ClassVar[str] = "undo.returned"
    actor: str = "tool"
    step: int
    tool: str
    call: str
    outcome: Outcome
    verdict: Verdict
    attempt: int = 1
    result: Json = None
    error: str = ""
    duration: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoEnded(RunEvent):
    """All is undone that can be; the run has ended as it had before, or with an undo that failed.

    Not of a killed run, whose undoing ends as `run.stopped`.
    """

    kind: ClassVar[str] = "undo.ended"
    visibility: Visibility = Visibility.VISIBLE
    reason: StopReason
    detail: str = ""


def named(event: UndoAsked | UndoBegun) -> None:
    """Raises BadEvent when the event names no call, or one twice."""
    if not event.undoes or len(set(event.undoes)) < len(event.undoes):
        raise BadEvent(f"{event.kind}: which calls?")
