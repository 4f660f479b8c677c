"""The state of a run: frozen facts that `runs.engine.fold` makes of its events.

Nothing here changes a state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from runs.engine import running_clock
from runs.engine.history import NOTHING, History
from runs.engine.kept_calls import CallAsk, Doubt, Flight, KeyedCall, SessionApproval, Undoable
from runs.engine.ports import Opaque, PriceTier, ToolCall
from runs.engine.vocabulary import (
    FINAL,
    Compensation,
    Control,
    Priority,
    RunPhase,
    RunStatus,
    StopReason,
    Waiting,
)


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What a run may use at most: steps, tokens (in and out), USD, seconds of running time as
    `runs.engine.running_clock` counts them.
    """

    steps: int = 50
    tokens: int = 200_000
    usd: Decimal = Decimal(2)
    seconds: int = 3_600


@dataclass(frozen=True, slots=True)
class Away:
    """A provider that turns the run away: its name for people, its trouble in a word, and since
    when.
    """

    provider: str
    trouble: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ForcedPlanner:
    """The budget that has left a run a cheaper planner: its rule in its version, and when its
    period ends, None for one that has no end of its own.
    """

    rule: str
    version: int = 0
    ends: datetime | None = None


@dataclass(frozen=True)
class RunState:
    """Everything the engine knows of a run. Grows only by its history; each step costs the same."""

    status: RunStatus = RunStatus.QUEUED
    """Where the run stands; only the transition table moves it."""
    waiting_for: Waiting | None = None
    """What it waits for, also in the middle of being undone; None while it does not wait."""
    stop_reason: StopReason | None = None
    """Why it has stopped, or why it is paused; None while it goes on."""
    stop_detail: str = ""
    """The sentence to that reason, or why it waits."""
    control: Control = Control.NONE
    """What a person asked for and the worker has not confirmed yet.

    It is apart from the status, since a request changes nothing until whoever holds the run has
    heard it.
    """
    phase: RunPhase = RunPhase.IDLE
    """What it is doing this second, for people; no decision rests on it but the account of lost
    workers.
    """
    phase_at: datetime | None = None
    """When that began, for the clock that people see beside it."""
    tool: str = ""
    """The tool that the phase is about, or the tools, each once; empty between two calls."""

    goal: str = ""
    """What it is to reach, in the words of whoever started it."""
    agent: str = ""
    """The agent's title when it was started."""
    principal: str = ""
    """Whom it works for, as they were called then; the id stands on the run's row."""
    planner: str = ""
    """The planner it goes on with: the agent's usual or better one, or a cheaper one that a budget
    left it.
    """
    usual: str = ""
    """The planner of its usual steps: the agent's, or the one that a person let it go on with."""
    parallel: int = 1
    """How many calls that only read may be in flight side by side; 1 for runs from before there
    was such a thing, which go on as they began.
    """
    tier: str = "step"
    """Which of the agent's models takes the steps: the better one or the usual one."""
    held_until: int = 0
    """The step up to which the routing policies are not asked again."""
    forced: ForcedPlanner | None = None
    """The budget that has left it a cheaper planner: no routing policy takes that back, only room
    in that budget does.
    """
    compensation: Mapping[str, str] = field(default_factory=dict)
    """What becomes of what it did when it ends short of its goal, as its agent chose."""
    kill_choice: Compensation = Compensation.UNDO
    """What a person who has it killed wants to become of it."""
    priority: Priority = Priority.INTERACTIVE
    """Whether people wait for it, or it comes after those that they wait for."""
    seed: int = 0
    """Feeds every die of the run, so that a replay throws the same."""
    limits: RunLimits = RunLimits()
    """What it may use at most."""
    max_tokens_out: int = 0
    """Most tokens of one turn of the planner, which the window keeps free for it."""
    answer_before: int = 0
    """What that was before a turn was cut off and it was raised; 0 when it was not.

    It is raised once: a model that fills any room would be paid for more and more of it.
    """
    overhead: int = 0
    """Tokens that each turn costs before the history: prompt and tool descriptions."""
    price_in: Decimal | None = None
    """USD for a million tokens sent, as of the last lease; None when it is unknown."""
    price_out: Decimal | None = None
    """USD for a million tokens answered; None when it is unknown."""
    price_tiers: tuple[PriceTier, ...] = ()
    """What they cost in longer contexts, where that is more, by the length from which on."""
    window: int | None = None
    """Tokens that the planner's model says it takes; None when it does not say."""
    learned_window: int | None = None
    """Tokens that the model takes, as far as a provider's "too long" has taught."""

    started_at: datetime | None = None
    """When a worker first had it in hand."""
    ended_at: datetime | None = None
    """When it ended; None again after a requeue."""
    wake_at: datetime | None = None
    """When a back-off is over, so that somebody takes it then; None when only people end the wait.
    """
    active: timedelta = timedelta()
    """Running time up to `clock_since`; all of it when that is None, which is while the clock
    stands. `runs.engine.running_clock` says when.
    """
    clock_since: datetime | None = None
    """Since when its clock runs; None while the clock stands."""
    seen_at: datetime | None = None
    """When the run was last seen to be worked on."""
    epoch: int = 0
    """The epoch of the last lease recorded: a worker that reads a larger one than its own has lost
    the run.
    """
    lost: int = 0
    """Workers lost in a row that count against it.

    Any step forward sets it to 0, so that a long run is not ended for the crashes of a week.
    """
    lost_by: str = ""
    """What became of the last one, as sentences, for whoever reads that the run was stopped."""

    step: int = 0
    """The planner's turns so far; the number of the one that is being carried out."""
    calls: int = 0
    """Calls intended so far; refused ones are none."""
    tokens_in: int = 0
    """Tokens sent so far, failed turns and the judge's included: they were paid for too."""
    tokens_out: int = 0
    """Tokens answered so far, likewise."""
    usd: Decimal = Decimal(0)
    """What it cost so far, as far as prices are known."""
    estimated: bool = False
    """Some of those tokens, or their price, are our estimate, since nobody told of them."""
    cached: int = 0
    """How many of the tokens sent were read from the provider's cache."""
    saved: Decimal = Decimal(0)
    """What the provider's cache has spared so far, in USD."""
    usd_unknown: bool = False
    """Some of it had no known price, so `usd` is a lower bound and is shown as one."""
    max_call_cost: Decimal = Decimal(0)
    """The most that one turn has cost: no later estimate is below it.

    It begins anew with another planner, whose prices are others.
    """

    opaque: Opaque | None = None
    """What came with the turn that is about to be recorded, for its maker alone."""
    history: History = NOTHING
    """All messages of the run, from which the planner's context is cut; shared between states, so a
    step costs the same however long it is.
    """
    context: int = 0
    """Tokens of prompt, goal and history by our own count, before `scale`."""
    scale: float = 1.0
    """The provider's count of the last turn divided by ours: estimates are of its tokens."""
    folded: int = 0
    """Entries at the beginning of `history` that the planner is no longer sent, but `summary`."""
    summary: str = ""
    """What those entries are told by."""

    queue: tuple[ToolCall, ...] = ()
    """Calls of this turn on which nothing was decided yet, in the planner's order."""
    queued: int = 0
    """How many calls of this turn have left the queue: the next one's name is counted from it."""
    flights: tuple[Flight, ...] = ()
    """The calls that are intended and not over, in the order of their intents.

    Several only where all of them read and may be made again: what changes the world is alone, so
    that after a crash there is one thing at most to find out.
    """
    asks: tuple[CallAsk, ...] = ()
    """Calls of this turn that people are asked about, with what they decided."""
    grants: tuple[SessionApproval, ...] = ()
    """Session approvals that stand."""
    effects: tuple[KeyedCall, ...] = ()
    """Calls with an effect key that have had their effect or may have it yet, oldest first.

    One that is known not to have happened, or was undone, is taken out: its key is free.
    """
    proposed: str | None = None
    """A final answer that nobody has accepted yet."""
    rejections: int = 0
    """Answers that were sent back for not meeting the criteria; a person who sends one back starts
    the count anew.
    """
    watched: int = 0
    """The step at which a hint was last given or the run last paused.

    The loop rules are not asked again before the next one, else hint would follow hint and no step
    would be made.
    """
    judged: int = 0
    """The last step that a judge was asked about, so that it is not paid twice for one."""
    retries: int = 0
    """Failures that were to be tried again: what the run's own retry budget counts."""
    plan_failures: int = 0
    """Failed turns in a row; one that was only cancelled is none."""
    unusable: int = 0
    """How many of them were no outage of the provider: only they are tried a bounded number of
    times.
    """
    away: Away | None = None
    """The provider that turned the last turn away, since when; None when it did answer.

    From the first failure on, so that people read for how long it has been waited for.
    """
    plan_fatal: bool = False
    """The last failure is one that asking again cannot mend."""
    plan_overflow: bool = False
    """The last failure was a history too long for the model's window: it ends the run for another
    reason than a provider that is down.
    """
    retry_at: datetime | None = None
    """Before when the planner is not asked again.

    It outlasts a pause and a lost worker, so that neither is a way around a back-off.
    """
    last_failure: str = ""
    """The last failure in words, for the sentence of whatever ends the run over it."""
    refusals: int = 0
    """Calls in a row that were refused; enough of them end a run whose planner only looks for a way
    around.
    """

    undoable: tuple[Undoable, ...] = ()
    """Succeeded calls that their tools can undo and that are not undone, oldest first: undone from
    the end, since later ones may rest on earlier ones.
    """
    to_be_undone: tuple[str, ...] = ()
    """Names of those whose undoing is decided on, newest first: all of them, or those that a person
    chose.
    """
    undoes_all: bool = False
    """Everything that can be undone is: a call that turns out to have succeeded is as well."""
    undo_asked: tuple[str, ...] = ()
    """Names of those that a person is asked about, newest first."""
    undo_asked_by: str = ""
    """The opaque id of the person who wants that and may not agree to it themselves; empty where
    the agent had them asked.
    """
    to_undo: int = 0
    """How many are undone or to be undone, so that people read k of n."""
    undone: int = 0
    """How many are undone by now. What the run did is no longer whole then, so it never goes on."""
    ended_for: StopReason | None = None
    """Why it had ended before it was undone; None for a kill, which ends once all is undone."""
    ended_with: str = ""
    """The sentence of that end, which the end of the undoing repeats."""
    undo_attempt: int = 0
    """Attempts that the newest one's undo has used up."""
    undoing: Doubt | None = None
    """What is known of the undo in flight, that of the first of `to_be_undone`, like
    `Flight.doubt`; None when none is.
    """
    undo_silent: bool = False
    """The undo in doubt came back to its worker without an answer: found not to have happened, it
    has used up an attempt.
    """
    undo_failed: tuple[str, ...] = ()
    """Calls whose undo was given up: each needs a person."""
    lasting: tuple[str, ...] = ()
    """Calls that changed the world, or may have, and that nothing can undo. One that failed is
    among them where an attempt of it was never answered.
    """
    leftover: bool = False
    """Something was to be undone and could not be, and nobody has looked into it yet."""
    late: int = 0
    """Calls that came back after their lease had ended, and that nobody has looked into.

    They may have been done twice.
    """
    restored: bool = False
    """It was not over in a backup that the house was restored from: what it did since is not known,
    so each effect that it wants may have been had already.
    """
    findings: tuple[int, ...] = ()
    """Differences between journal and far side that nobody has looked into, by their numbers."""

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def flight(self) -> Flight | None:
        """The oldest call in flight: the only one, unless several read."""
        return self.flights[0] if self.flights else None

    def flight_of(self, call: str) -> Flight | None:
        return next((flight for flight in self.flights if flight.call == call), None)

    def effect_of(self, call: str) -> KeyedCall | None:
        return next((each for each in self.effects if each.call == call), None)

    @property
    def undo_next(self) -> Undoable | None:
        """The call that is undone now, or next."""
        name = self.to_be_undone[0] if self.to_be_undone else ""
        return next((entry for entry in reversed(self.undoable) if entry.call == name), None)

    def ask_of(self, call: str) -> CallAsk | None:
        return next((ask for ask in self.asks if ask.call == call), None)

    def running_time(self, now: datetime) -> timedelta:
        return running_clock.spent(self, now)

    @property
    def deadline(self) -> datetime | None:
        """When its running time is over if nothing stops its clock before; None while the clock
        stands.
        """
        return (
            self.clock_since + (timedelta(seconds=self.limits.seconds) - self.active)
            if self.clock_since
            else None
        )
