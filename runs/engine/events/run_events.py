"""What happens to a run as a whole: made, taken, paused, killed, waiting, ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from console.json_value import Json
from runs.engine.engine_errors import BadEvent
from runs.engine.events.envelope import RunEvent
from runs.engine.ports import PriceTier
from runs.engine.vocabulary import Compensation, Priority, StopReason, Visibility, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCreated(RunEvent):
    """A person or a program asked for a run.

    `limits`: steps, tokens, usd, seconds; `seed` feeds every die of the run; `parallel`: calls that
    only read may be in flight side by side, so many. `compensation` says, by `kill`, by a stop
    reason or by `stop` for all other reasons, what becomes of what it did. `priority`: whether
    people wait for it.
    """

    kind: ClassVar[str] = "run.created"
    visibility: Visibility = Visibility.VISIBLE
    goal: str
    agent: str
    planner: str
    principal: str
    limits: Mapping[str, Json]
    agent_name: str = ""
    max_tokens_out: int = 0
    seed: int = 0
    parallel: int = 1
    compensation: Mapping[str, str] = field(default_factory=dict)
    priority: Priority = Priority.INTERACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBriefed(RunEvent):
    """The system prompt the planner will be given."""

    kind: ClassVar[str] = "run.briefed"
    visibility: Visibility = Visibility.ALWAYS_HIDDEN
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLeased(RunEvent):
    """A worker took the run in hand.

    Prices are USD per million tokens, None when unknown, and `price_tiers` the dearer ones of
    longer contexts; `window` is in tokens, and so is `overhead`: prompt and tool descriptions, sent
    with each call.

    `lost`: the worker before was lost or failed with the run in hand; False when the run was given
    back in order. `after` is what became of it and `words` what it said last, as far as somebody
    saw; `blamed` whether that counts against the run.
    """

    kind: ClassVar[str] = "run.leased"
    owner: str
    epoch: int
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    price_tiers: tuple[PriceTier, ...] = ()
    window: int | None = None
    overhead: int = 0
    lost: bool = True
    blamed: bool = True
    after: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerFailed(RunEvent):
    """A worker could not take the run up, or not go on with it: the error's words.

    Written without reading the run's journal.

    `takes` counts the workers in a row that did not even get as far as `run.leased`.
    """

    kind: ClassVar[str] = "run.worker_failed"
    error: str
    takes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRequested(RunEvent):
    """A person wants the run paused; its worker does so after the call in flight."""

    kind: ClassVar[str] = "run.pause_requested"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused(RunEvent):
    """The run rests until a person lets it go on. `reason` says who or what paused it."""

    kind: ClassVar[str] = "run.paused"
    visibility: Visibility = Visibility.VISIBLE
    reason: StopReason = StopReason.USER_PAUSED
    rule: str = ""
    version: int = 0
    detail: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed(RunEvent):
    """The run may go on where it was paused.

    `request` names the request whose answer it is; it is empty where somebody resumed the run
    itself.
    """

    kind: ClassVar[str] = "run.resumed"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequeued(RunEvent):
    """A person gave a dead-lettered run another chance."""

    kind: ClassVar[str] = "run.requeued"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunExtended(RunEvent):
    """A person gave a run more of the limit of its own that had ended it, and it goes on.

    `limit` is steps, tokens, usd or deadline (seconds of running time); `value` is what it is from
    now on, `was` what it was, both as decimal text.
    """

    kind: ClassVar[str] = "run.extended"
    visibility: Visibility = Visibility.VISIBLE
    limit: str
    value: str
    was: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContinued(RunEvent):
    """A person let a run go on from its last step, once the cause of its end was dealt with.

    `planner` is the one it goes on with, empty where that stays; `note` is how the cause was dealt
    with.
    """

    kind: ClassVar[str] = "run.continued"
    visibility: Visibility = Visibility.VISIBLE
    planner: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillRequested(RunEvent):
    """A person wants the run stopped for good; it is still as it was until its worker confirms.
    `compensate` is what then becomes of what it did.
    """

    kind: ClassVar[str] = "run.kill_requested"
    visibility: Visibility = Visibility.VISIBLE
    note: str = ""
    compensate: Compensation = Compensation.UNDO


@dataclass(frozen=True, slots=True, kw_only=True)
class KillAcknowledged(RunEvent):
    """The worker has stopped all work on the run and begins to undo."""

    kind: ClassVar[str] = "run.kill_acknowledged"
    visibility: Visibility = Visibility.VISIBLE
    to_undo: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWaiting(RunEvent):
    """The run gives its slot back until `until` (backoff) or until somebody acts."""

    kind: ClassVar[str] = "run.waiting"
    visibility: Visibility = Visibility.VISIBLE
    waiting_for: Waiting
    why: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStopped(RunEvent):
    """The run has ended short of its goal; `reason` says why, `detail` in a sentence."""

    kind: ClassVar[str] = "run.stopped"
    visibility: Visibility = Visibility.VISIBLE
    reason: StopReason
    rule: str = ""
    version: int = 0
    detail: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        RunEvent.__post_init__(self)
        if self.reason in (StopReason.COMPLETED, StopReason.USER_PAUSED):
            raise BadEvent(f"a run is not stopped as {self.reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompleted(RunEvent):
    """The planner's final answer was accepted; the run has ended."""

    kind: ClassVar[str] = "run.completed"
    visibility: Visibility = Visibility.VISIBLE
    final: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDowngraded(RunEvent):
    """A budget lets the run go on with a cheaper planner only. Prices as in RunLeased."""

    kind: ClassVar[str] = "run.downgraded"
    visibility: Visibility = Visibility.VISIBLE
    planner: str
    rule: str = ""
    version: int = 0
    detail: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    price_tiers: tuple[PriceTier, ...] = ()
    window: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRouted(RunEvent):
    """From the next step on another of the agent's models takes the steps, until `hold` of them are
    made at least: a routing policy says so, or a budget that has room again. Prices as in
    RunLeased.
    """

    kind: ClassVar[str] = "run.routed"
    step: int
    tier: str
    planner: str
    hold: int = 0
    rule: str = ""
    version: int = 0
    detail: str = ""
    facts: Mapping[str, Json] = field(default_factory=dict)
    price_in: Decimal | None = None
    price_out: Decimal | None = None
    price_tiers: tuple[PriceTier, ...] = ()
    window: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRestored(RunEvent):
    """The run was not over in a backup that the house was restored from: what it has done since is
    not in its journal. Each effect of it is in doubt from now on, until its tool or a person says
    that it did not happen.
    """

    kind: ClassVar[str] = "run.restored"
    visibility: Visibility = Visibility.VISIBLE
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHandedOver(RunEvent):
    """The run works for somebody else from now on: `to` takes it over from `left`, who leaves. What
    it may is asked of `to` as they are.
    """

    kind: ClassVar[str] = "run.handed_over"
    visibility: Visibility = Visibility.VISIBLE
    to: str
    left: str
    note: str = ""
