"""The actions a worker can take for a run, and the ports to the rules that are asked before each.

Facts and ports only. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from policies.authority import Question
from policies.decision import Decision
from runs.engine import events as e
from runs.engine.context import FittedContext, Folding
from runs.engine.kept_calls import Flight, Undoable
from runs.engine.limits import Estimate
from runs.engine.ports import Inquiry, Prepared, Returned, ToolCall, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import Verdict


class RunRules(Protocol):
    """What supervision decides. It knows the run's state; the planner and the tools know nothing of
    it.
    """

    def may_plan(self, state: RunState, estimate: Estimate, now: datetime) -> Decision:
        """ALLOW, or the pause or end of the run; any other decision ends the run as denied."""

    def may_call(
        self, state: RunState, call: ToolCall, prepared: Prepared | None, now: datetime
    ) -> Decision:
        """Whether this call may be made, judged by the facts `prepared` for it. Where rules need
        facts and there are none, the call is denied.
        """

    def may_repeat(
        self, state: RunState, flight: Flight, prepared: Prepared | None, now: datetime
    ) -> Decision:
        """Asked before another attempt is intended. DENY: the attempt is not made, and the planner
        reads why.
        """

    def may_retry(
        self, state: RunState, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Decision:
        """ALLOW, with the seconds to `wait` in the facts; DENY to let the planner hear of the
        failure; or the pause or end of the run."""

    def watch(self, state: RunState, now: datetime) -> Decision:
        """Asked before a step: ALLOW, with a sentence if the planner is to be given a hint; or the
        pause or end of a run that makes no progress.
        """

    def inquire(self, state: RunState, now: datetime) -> Inquiry | None:
        """Asked before a step: the question for a judge about the steps so far; None
        nearly always.
        """

    def summariser(self, state: RunState) -> str | None:
        """The planner that writes summaries of older steps: a name, empty for the run's own
        planner, None when they are made as lines without a model.
        """

    def accepts(self, state: RunState, final: str, now: datetime) -> Decision:
        """Whether a final answer meets the criteria: ALLOW, DENY to send it back with what is
        missing, or the pause or end of the run.
        """

    def spec(self, tool: str) -> ToolSpec | None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Ask the planner with this context, reserving this estimate."""

    window: FittedContext
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Summarise:
    """Ask the model `planner`, the run's own when empty, for a summary of what is to be folded."""

    planner: str
    folding: Folding


@dataclass(frozen=True, slots=True)
class Judge:
    """Ask a second model whether the run gets nearer to its goal."""

    inquiry: Inquiry


@dataclass(frozen=True, slots=True)
class Perform:
    """Make those of these calls in flight that are not under way yet, side by side.

    It is over once one of them is back, or at `until`, when something else of the run is due.
    """

    flights: tuple[Flight, ...]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """Ask the tool whether this call in flight, whose worker or answer was lost, happened."""

    flight: Flight


@dataclass(frozen=True, slots=True)
class Undo:
    """Undo a succeeded call."""

    entry: Undoable
    attempt: int


@dataclass(frozen=True, slots=True)
class ResolveUndo:
    """Ask the tool whether the undo in flight, whose worker was lost, happened."""

    entry: Undoable
    attempt: int


@dataclass(frozen=True, slots=True)
class Record:
    """Commit these events; there is nothing to do in the world."""

    events: Sequence[e.RunEvent]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait in the worker's hands, since the wait is too short to give the run back."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """Give the run back: there is nothing more for this worker to do."""


Action = (
    Plan | Summarise | Judge | Perform | Resolve | Undo | ResolveUndo | Record | Sleep | Release
)


Statement = tuple[str, Sequence[Any]]
"""SQL with `%s` placeholders, and its parameters."""


class ApprovalGate(Protocol):
    """Keeps the requests that people decide.

    What it wants written goes into the transaction of the events.
    """

    def statements(
        self, run: UUID, events: Sequence[e.RunEvent], after: RunState
    ) -> Sequence[Statement]:
        """SQL that opens and closes requests because of these events; nearly always none."""

    def question(self, run: UUID) -> Question | None:
        """What else, besides calls that wait for approval, the run waits for people to answer."""


class NoApprovals:
    """A house without an approvals app: no requests are kept."""

    def statements(
        self, run: UUID, events: Sequence[e.RunEvent], after: RunState
    ) -> Sequence[Statement]:
        return ()

    def question(self, run: UUID) -> Question | None:
        return None
