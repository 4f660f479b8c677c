"""The moves a worker can make for a run, and the rules that are asked before each.

Pure facts and ports.
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
from runs.engine.limits import Estimate
from runs.engine.ports import Inquiry, Prepared, Returned, ToolCall, ToolSpec
from runs.engine.state import Flight, RunState, Undoable
from runs.engine.vocabulary import Verdict


class RunRules(Protocol):
    """What supervision decides.

    Knows the run's state; the planner and the tools know nothing of it.
    """

    def may_plan(self, state: RunState, estimate: Estimate, now: datetime) -> Decision:
        """ALLOW, or the pause or end of the run; whatever else is said ends it as denied."""

    def may_call(
        self, state: RunState, call: ToolCall, prepared: Prepared | None, now: datetime
    ) -> Decision:
        """Whether this call may be made, by what was found out of it. Where rules need facts and
        there are none, it may not."""

    def may_repeat(
        self, state: RunState, flight: Flight, prepared: Prepared | None, now: datetime
    ) -> Decision:
        """Before another attempt is intended. DENY: it is not made, and the planner hears why."""

    def may_retry(
        self, state: RunState, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Decision:
        """ALLOW, with the seconds to `wait` in the facts; DENY to let the planner hear of the
        failure; or the pause or end of the run."""

    def watch(self, state: RunState, now: datetime) -> Decision:
        """Before a step:

        ALLOW, with a sentence when the planner is to be given a hint; or the pause or end of a run
        that gets nowhere.
        """

    def inquire(self, state: RunState, now: datetime) -> Inquiry | None:
        """Before a step:

        None, nearly always, or what a judge is to be asked about the steps so far.
        """

    def summariser(self, state: RunState) -> str | None:
        """Who sums older steps up before they are folded: the name of a planner, empty for the
        run's own; None for lines that are made without any model.
        """

    def accepts(self, state: RunState, final: str, now: datetime) -> Decision:
        """ALLOW, DENY to send it back with what is missing, or the pause or end of the run."""

    def spec(self, tool: str) -> ToolSpec | None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """Ask the planner, with this window, reserving this much."""

    window: FittedContext
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Summarise:
    """Ask the model `planner`, the run's own where it is empty, to sum up what is to be folded."""

    planner: str
    folding: Folding


@dataclass(frozen=True, slots=True)
class Judge:
    """Ask a second model whether the run gets nearer to its goal."""

    inquiry: Inquiry


@dataclass(frozen=True, slots=True)
class Perform:
    """Make these calls in flight, side by side: those of them that are not under way already.

    Over once one of them is back, or at `until`, when something else of the run is due.
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
    """Commit these events; nothing to do in the world."""

    events: Sequence[e.RunEvent]


@dataclass(frozen=True, slots=True)
class Sleep:
    """Too short a wait to give the slot back."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """Nothing more for this worker to do."""


Action = (
    Plan | Summarise | Judge | Perform | Resolve | Undo | ResolveUndo | Record | Sleep | Release
)


Statement = tuple[str, Sequence[Any]]
"""SQL with `%s` placeholders, and its parameters."""


class ApprovalGate(Protocol):
    """Keeps the requests that people decide.

    What it wants written goes into the very transaction of the events.
    """

    def statements(
        self, run: UUID, events: Sequence[e.RunEvent], after: RunState
    ) -> Sequence[Statement]:
        """Requests that these events open, and those that they close; nearly always nothing."""

    def question(self, run: UUID) -> Question | None:
        """What the run stands still by until people answer,
        besides calls that wait for approval."""


class NoApprovals:
    """A house without an approvals room: nothing is kept beside the journal."""

    def statements(
        self, run: UUID, events: Sequence[e.RunEvent], after: RunState
    ) -> Sequence[Statement]:
        return ()

    def question(self, run: UUID) -> Question | None:
        return None
