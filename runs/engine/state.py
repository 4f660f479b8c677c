"""The state of a run: frozen facts, what `runs.engine.fold` makes of its events.

Nothing here moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from runs.engine import clock
from runs.engine.history import NOTHING, History
from runs.engine.ports import Call, Json
from runs.engine.vocabulary import (
    FINAL,
    CallAct,
    Control,
    Effect,
    Phase,
    Status,
    StopReason,
    Waiting,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use at most: steps, tokens (in and out), USD, seconds of running time as
    `runs.engine.clock` counts them.
    """

    steps: int = 50
    tokens: int = 200_000
    usd: Decimal = Decimal(2)
    seconds: int = 3_600


class Doubt(StrEnum):
    """What is known of a call in flight: made in this life, lost (worker or answer), unknowable, or
    cleared to be intended again.
    """

    NONE = "none"
    LOST = "lost"
    UNKNOWN = "unknown"
    CLEARED = "cleared"


AFTER_LEASE = {
    Doubt.NONE: Doubt.LOST,
    Doubt.LOST: Doubt.LOST,
    Doubt.UNKNOWN: Doubt.UNKNOWN,
    Doubt.CLEARED: Doubt.CLEARED,
}


UNDO_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Flight:
    """The call that is intended and has not come back."""

    call: str
    ref: str
    tool: str
    args: Json
    key: str
    step: int
    idempotent: bool
    lookup: bool
    undo: bool
    timeout: float
    doubt: Doubt = Doubt.NONE
    attempt: int = 1
    retry_at: datetime | None = None
    effect: Effect = Effect.IRREVERSIBLE
    undo_idempotent: bool = False
    undo_lookup: bool = False
    lost: str = ""
    """How its answer was lost, in words; empty for a call that its worker was lost with."""

    @property
    def doubtful(self) -> bool:
        """Whether it happened is not known, so that somebody may say so."""
        return self.doubt in (Doubt.LOST, Doubt.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Ask:
    """A call that needs a person, and what was decided on it."""

    call: str
    args: Mapping[str, Json]
    word: CallAct | None = None
    by: str = ""
    note: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A person's session approval to calls of one tool with these arguments, those in `free` whatever
    they are; `used` of `limit`.

    `by` names who gave it, `person` is their opaque id.
    """

    name: str
    tool: str
    args: Mapping[str, Json]
    free: tuple[str, ...]
    limit: int
    by: str
    used: int = 0
    person: str = ""


@dataclass(frozen=True, slots=True)
class Undoable:
    """A succeeded call that its tool can undo.

    `idempotent` and `lookup` are the contract of the undo, not of the call.
    """

    call: str
    tool: str
    args: Json
    result: Json
    step: int
    idempotent: bool = False
    lookup: bool = False


@dataclass(frozen=True)
class State:
    """Everything the engine knows of a run. Grows only by its history; each step costs the same."""

    status: Status = Status.QUEUED
    waiting_for: Waiting | None = None
    stop_reason: StopReason | None = None
    stop_detail: str = ""
    control: Control = Control.NONE
    phase: Phase = Phase.IDLE
    phase_at: datetime | None = None
    tool: str = ""

    goal: str = ""
    agent: str = ""
    principal: str = ""
    planner: str = ""
    seed: int = 0
    limits: Limits = Limits()
    max_tokens_out: int = 0
    overhead: int = 0
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    window: int | None = None
    learned_window: int | None = None
    """Tokens that the model takes, as far as a provider's "too long" has taught."""

    started_at: datetime | None = None
    ended_at: datetime | None = None
    wake_at: datetime | None = None
    active: timedelta = timedelta()
    """Running time up to `clock_since`; all of it when that is None, which is while the clock
    stands. `runs.engine.clock` says when.
    """
    clock_since: datetime | None = None
    seen_at: datetime | None = None
    """When the run was last seen to be worked on."""
    epoch: int = 0
    lost: int = 0
    lost_by: str = ""

    step: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: Decimal = Decimal(0)
    usd_unknown: bool = False
    max_call_cost: Decimal = Decimal(0)

    history: History = NOTHING
    context: int = 0
    scale: float = 1.0
    folded: int = 0
    """Entries at the beginning of `history` that the planner is no longer sent, but `summary`."""
    summary: str = ""

    queue: tuple[Call, ...] = ()
    queued: int = 0
    flight: Flight | None = None
    asks: tuple[Ask, ...] = ()
    grants: tuple[Grant, ...] = ()
    proposed: str | None = None
    rejections: int = 0
    watched: int = 0
    judged: int = 0
    retries: int = 0
    plan_failures: int = 0
    plan_fatal: bool = False
    plan_overflow: bool = False
    retry_at: datetime | None = None
    last_failure: str = ""
    refusals: int = 0

    undoable: tuple[Undoable, ...] = ()
    to_undo: int = 0
    undone: int = 0
    undo_attempt: int = 0
    undoing: Doubt | None = None
    undo_silent: bool = False
    """The undo in doubt came back to its worker without an answer: found not to have happened, it
    has used up an attempt.
    """
    undo_failed: tuple[str, ...] = ()
    late: int = 0

    @property
    def final(self) -> bool:
        return self.status in FINAL

    def ask_of(self, call: str) -> Ask | None:
        return next((ask for ask in self.asks if ask.call == call), None)

    def running_time(self, now: datetime) -> timedelta:
        return clock.spent(self, now)

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
