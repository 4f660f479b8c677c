"""The calls that a run's state keeps: in flight, asked about, with an effect key, to be undone; and
the approvals that stand for calls to come.

Frozen facts; nothing here changes one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from console.json_value import Json
from runs.engine.vocabulary import CallAct, Effect, LossBlame


class Doubt(StrEnum):
    """What is known of a call in flight: NONE, intended by this worker; LOST, its worker or its
    answer was lost; UNKNOWN, nobody can tell; CLEARED, it did not happen and may be intended again.
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


def deciders(facts: Mapping[str, Json]) -> Mapping[str, Json]:
    """Which people decide a call that is asked about: their groups and how many of each, as the
    rule that asks says it; nothing where it does not.
    """
    terms = facts.get("approval")
    given: Mapping[str, Json] = terms if isinstance(terms, Mapping) else {}
    return {name: given[name] for name in ("group", "quorum") if given.get(name)}


def others_decide(now: Mapping[str, Json], then: Mapping[str, Json]) -> bool:
    """Whether other people, or more of them, decide `now` than `then`."""
    wanted, had = (each.get("quorum", 1) for each in (now, then))
    more = isinstance(wanted, int) and isinstance(had, int) and wanted > had
    return more or now.get("group") != then.get("group")


@dataclass(frozen=True, slots=True)
class Flight:
    """A call that is intended and has no result yet."""

    call: str
    """Its name within the run: step, a dot, its place in the turn."""
    ref: str
    """The planner's own id of it, which the result has to carry."""
    tool: str
    """The name of the tool that it calls."""
    args: Json
    """What is sent, as it was let through."""
    key: str
    """The idempotency key within the run, the same for every attempt."""
    step: int
    """The step it belongs to."""
    idempotent: bool
    """The tool's contract as it was when the call was intended, here and below: an edit of the tool
    in between does not change how this call is settled.
    """
    lookup: bool
    """The tool can say whether it happened."""
    undo: bool
    """The tool can undo it."""
    timeout: float
    """Seconds it may take."""
    doubt: Doubt = Doubt.NONE
    """Whether it is known to have happened.

    Only NONE may simply be made; after a lost worker nothing is NONE.
    """
    attempt: int = 1
    """Which attempt it is, from 1."""
    retry_at: datetime | None = None
    """When a failed one may be tried again; None unless it has failed."""
    effect: Effect = Effect.IRREVERSIBLE
    """What it does to the world: a call that only reads leaves nothing to find out."""
    undo_idempotent: bool = False
    """Undoing it twice has one effect."""
    undo_lookup: bool = False
    """The tool can say whether an undo happened."""
    lost: str = ""
    """How its answer was lost, in words; empty for a call that its worker was lost with."""
    blame: LossBlame = LossBlame.OWN
    """Whose fault it was that its answer was lost, the last time; one that was among several that
    may be at fault is forgiven once.
    """
    silent: bool = False
    """An attempt was never answered: it may have happened, whatever became of another one."""

    @property
    def reads(self) -> bool:
        """Whether it only reads and may be made again: others that do may be beside it."""
        return self.idempotent and self.effect is Effect.READ

    @property
    def may_be_made(self) -> bool:
        """Whether it is simply made: for the first time, or again since the same key has one
        effect.
        """
        return self.doubt is Doubt.NONE or (self.idempotent and self.doubtful)

    @property
    def doubtful(self) -> bool:
        """Whether it happened is not known, so that somebody may say so."""
        return self.doubt in (Doubt.LOST, Doubt.UNKNOWN)


@dataclass(frozen=True, slots=True)
class KeyedCall:
    """A call that has had its effect, or may have it yet, by the key of that effect.

    `done` once it has succeeded. `silent`: an attempt of it was never answered. `until`: how long
    its key is taken over all runs; None when it counts in this run alone. `repeats` names the
    earlier call that a person was told of who let this one through.
    """

    key: str
    call: str
    tool: str
    step: int
    args: Mapping[str, Json]
    done: bool = False
    result: Json = None
    silent: bool = False
    until: datetime | None = None
    repeats: str = ""


@dataclass(frozen=True, slots=True)
class CallAsk:
    """A call that needs a person, and what was decided on it.

    `repeats` names the earlier call with the same effect that the person is told of. `deciders`
    says which people decide it.
    """

    call: str
    args: Mapping[str, Json]
    word: CallAct | None = None
    by: str = ""
    note: str = ""
    request: str = ""
    repeats: str = ""
    deciders: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionApproval:
    """A person's approval of up to `limit` calls of one tool for the rest of the run, `used` of
    them so far. Arguments must equal `args`, except those named in `free`.

    `by` names who gave it, `person` is their opaque id. `deciders`: who was asked for it; it covers
    no call that other people, or more of them, decide.
    """

    name: str
    tool: str
    args: Mapping[str, Json]
    free: tuple[str, ...]
    limit: int
    by: str
    used: int = 0
    person: str = ""
    deciders: Mapping[str, Json] = field(default_factory=dict)


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
