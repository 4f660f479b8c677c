"""Comparing what the journal says of a tool's calls with what its far side lists. Pure.

A look-up asks about one call that is in doubt. This asks about all of them, also those that nobody
doubts: it finds an effect that no call had, a call whose effect is not there, one that is there
although its call failed or was undone, and one that is there twice. It judges only what is over and
old enough for the far side to have heard of it; where the journal itself says that nobody knows,
nothing can differ.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from console.journal.records import JournalRecord
from runs.engine.ids import idempotency_key
from runs.engine.ports import ListedEffect
from runs.engine.vocabulary import Discrepancy, Verdict

UNDO = ":undo"
KINDS = (
    "call.intended",
    "call.retried",
    "call.returned",
    "call.lost",
    "undo.intended",
    "undo.returned",
)
"""The kinds of events that say how a call went, and its undo."""


class CallFate(StrEnum):
    """What the journal says of a call: it is not over; it has succeeded; it has failed for certain;
    it was undone; nobody knows.
    """

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    UNDONE = "undone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CallCourse:
    """One call as the journal tells of it. `begun` is when it was intended, `at` when anything was
    last heard of it or of its undo.
    """

    run: str
    call: str
    tool: str
    step: int
    fate: CallFate
    begun: datetime
    at: datetime

    @property
    def key(self) -> str:
        return idempotency_key(self.run, self.call)


@dataclass(frozen=True, slots=True)
class Unlike:
    """One thing in which journal and far side differ.

    `run` and `call` are empty where no run of the house fits; `at` is the far side's time of the
    effect, None where it lists none. `words` are the far side's.
    """

    difference: Discrepancy
    tool: str
    key: str
    run: str = ""
    call: str = ""
    step: int = 0
    at: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """The time that is compared: effects since `since`, and only what was over by `until`."""

    since: datetime
    until: datetime


def course(run: str, records: Sequence[JournalRecord]) -> CallCourse | None:
    """What the events of one call, in order, make of it; None when its intent is not among them."""
    intent = next((record for record in records if record.kind == "call.intended"), None)
    if intent is None:
        return None
    fate = CallFate.OPEN
    for record in records:
        fate = after(fate, record)
    return CallCourse(
        run=run,
        call=str(intent.data.get("call", "")),
        tool=intent.tool,
        step=intent.step or 0,
        fate=fate,
        begun=intent.at,
        at=records[-1].at,
    )


def after(fate: CallFate, record: JournalRecord) -> CallFate:
    """The fate of a call after one more of its events."""
    match record.kind:
        case "call.returned":
            return returned(record)
        case "undo.intended":
            return CallFate.UNKNOWN
        case "undo.returned":
            return undone(record)
        case "call.intended" | "call.retried" | "call.lost":
            return CallFate.OPEN
    return fate


def returned(record: JournalRecord) -> CallFate:
    """What a result says. One that is tried again is not over; a failure without an answer may have
    happened.
    """
    if record.data.get("retry_at"):
        return CallFate.OPEN
    if record.verdict == Verdict.SUCCEEDED:
        return CallFate.DONE
    certain = record.verdict == Verdict.FAILED and not record.data.get("silent")
    return CallFate.FAILED if certain else CallFate.UNKNOWN


def undone(record: JournalRecord) -> CallFate:
    """What the answer to an undo says of the call. An undo that failed may have undone a part."""
    return CallFate.UNDONE if record.verdict == Verdict.SUCCEEDED else CallFate.UNKNOWN


def named(key: str) -> tuple[UUID, str] | None:
    """The run and the call that an idempotency key names; None for a key that is not ours."""
    run, _, call = key.removesuffix(UNDO).partition(":")
    try:
        found = UUID(run)
    except ValueError:
        return None
    return (found, call) if call and str(found) == run else None


def compared(
    tool: str,
    calls: Iterable[CallCourse],
    effects: Sequence[ListedEffect],
    span: Span,
    passed_over: frozenset[str] = frozenset(),
) -> list[Unlike]:
    """All differences between the journal and the far side of one tool, in the order of the keys.

    `calls` are those of the time compared and those that an effect names, whatever their tool.
    `passed_over` are keys of calls of which the journal does not tell any more.
    """
    by_key = {call.key: call for call in calls}
    listed = grouped(effects)
    of_effects = [
        found
        for key, group in listed.items()
        if key not in passed_over and (found := of_effect(tool, key, by_key.get(key), group, span))
    ]
    of_calls = [
        Unlike(Discrepancy.NOT_THERE, tool, call.key, call.run, call.call, call.step)
        for call in by_key.values()
        if call.tool == tool and missing(call, span) and not there(listed.get(call.key, ()))
    ]
    return sorted((*of_effects, *of_calls), key=lambda found: found.key)


def grouped(effects: Iterable[ListedEffect]) -> Mapping[str, Sequence[ListedEffect]]:
    """The effects by the key of their call; what an undo left under its own key is with its
    call's.
    """
    found: dict[str, list[ListedEffect]] = defaultdict(list)
    for effect in effects:
        found[effect.key.removesuffix(UNDO)].append(effect)
    return found


def there(group: Sequence[ListedEffect]) -> Sequence[ListedEffect]:
    """Those of one call's effects that stand: none once the far side knows of an undo."""
    if any(effect.key.endswith(UNDO) for effect in group):
        return ()
    return [effect for effect in group if not effect.undone]


def missing(call: CallCourse, span: Span) -> bool:
    """Whether the far side should list the call's effect."""
    return call.fate is CallFate.DONE and call.begun >= span.since and call.at <= span.until


def of_effect(
    tool: str, key: str, call: CallCourse | None, group: Sequence[ListedEffect], span: Span
) -> Unlike | None:
    """The difference between the effects of one key and what the journal says of their call. Those
    of another tool's call are that tool's.
    """
    standing = there(group)
    if not standing or max(effect.at for effect in standing) > span.until:
        return None
    if call is not None and (call.tool != tool or call.at > span.until):
        return None
    difference = unlike(call, len(standing))
    if difference is None:
        return None
    last = standing[-1]
    place = named(key) if call is None else None
    return Unlike(
        difference,
        tool,
        key,
        run=call.run if call else str(place[0]) if place else "",
        call=call.call if call else place[1] if place else "",
        step=call.step if call else 0,
        at=last.at,
        words=last.words,
    )


def unlike(call: CallCourse | None, times: int) -> Discrepancy | None:
    if call is None:
        return Discrepancy.NO_CALL
    if times > 1:
        return Discrepancy.TWICE
    if call.fate is CallFate.FAILED:
        return Discrepancy.ALTHOUGH_FAILED
    return Discrepancy.ALTHOUGH_UNDONE if call.fate is CallFate.UNDONE else None
