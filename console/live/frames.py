"""A live frame: the latest state of one run and the range of journal events it stands for. Pure.

A frame is a doorbell, never the only copy: whoever sees a hole before `first` reads the journal
instead.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from console.json_value import Json

FLEET = "fleet"
APPROVALS = "approvals"
ASKING = (
    "approval.",
    "call.asked",
    "call.decided",
    "call.settled",
    "call.late",
    "late.",
    "finding.",
    "run.waiting",
    "run.paused",
    "run.resumed",
    "run.stopped",
    "run.completed",
    "run.kill_",
    "undo.asked",
    "undo.begun",
    "undo.declined",
)
"""Prefixes of the kinds of events that may give people something else to decide."""
VISIBLE = "visible"
USER_HIDDEN = "user_hidden"
KINDS_KEPT = 64

VIEWER_STATE = frozenset(
    {
        "status",
        "waiting_for",
        "stop_reason",
        "phase",
        "phase_at",
        "control",
        "step",
        "calls",
        "tokens_in",
        "tokens_out",
        "usd",
        "usd_unknown",
        "estimated",
        "saved",
        "reserved_usd",
        "reserved_tokens",
        "undone",
        "to_undo",
        "started_at",
        "ended_at",
        "wake_at",
        "active_seconds",
        "clock_since",
    }
)


class NotAFrame(ValueError):
    """A message on the live channel that is not a frame, by a bug or from a stranger; never shown
    to a browser.
    """


@dataclass(frozen=True, slots=True)
class Frame:
    """The state of `run` after its event `seq`. It covers the events `first`..`seq`, none when
    `first` is `seq + 1`. `at` is ISO time by the writer's clock. `state` is the run's projection as
    JSON: money as text, times as ISO.
    """

    run: str
    seq: int
    first: int
    at: str
    state: Mapping[str, Json]
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LostFrames:
    """Frames were lost on the way: whoever shows runs must read the journal."""

    why: str


@dataclass(frozen=True, slots=True)
class CalledBack:
    """Sessions or rights of this person ended: their sockets must look again whether they may stay.
    `user` is the person's id as text.
    """

    user: str


def topic_of(run: str) -> str:
    return f"run:{run}"


def topics_of(frame: Frame) -> tuple[str, ...]:
    """The topics of a frame: the fleet, its run, and, when it asks or answers, the approvals."""
    asking = any(kind.startswith(ASKING) for kind in frame.kinds)
    return (FLEET, topic_of(frame.run), APPROVALS) if asking else (FLEET, topic_of(frame.run))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in a frame")


def encode(frame: Frame) -> str:
    """The frame as compact JSON; raises TypeError or ValueError for a
    state that JSON cannot say."""
    body = {
        "run": frame.run,
        "seq": frame.seq,
        "from": frame.first,
        "at": frame.at,
        "state": dict(frame.state),
        "kinds": list(frame.kinds),
    }
    return json.dumps(body, default=_plain, separators=(",", ":"), allow_nan=False)


def encode_gap(why: str) -> str:
    return json.dumps({"gap": why})


def encode_call(user: str) -> str:
    return json.dumps({"call": user})


def decode(text: str | bytes) -> Frame | LostFrames | CalledBack:
    """What `encode`, `encode_gap` or `encode_call` wrote; raises NotAFrame for anything else."""
    try:
        body = json.loads(text)
        if "gap" in body:
            return LostFrames(str(body["gap"]))
        if "call" in body:
            return CalledBack(str(body["call"]))
        return Frame(
            str(UUID(body["run"])),
            int(body["seq"]),
            int(body["from"]),
            str(body["at"]),
            dict(body["state"]),
            tuple(map(str, body["kinds"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotAFrame(f"not a frame: {error}") from error


def merge(one: Frame, other: Frame) -> Frame:
    """The latest state of two frames of one run, covering both ranges when they touch.

    When there is a hole between them the merged range begins after it: a reader that counts then
    sees the hole and asks the journal.
    """
    if one.run != other.run:
        raise ValueError(f"frames of different runs do not merge: {one.run}, {other.run}")
    older, newer = (one, other) if (one.seq, one.at) <= (other.seq, other.at) else (other, one)
    if newer.first > older.seq + 1:
        return newer
    kinds = (older.kinds + newer.kinds)[-KINDS_KEPT:]
    first = min(older.first, newer.first)
    return Frame(newer.run, newer.seq, first, newer.at, newer.state, kinds)


def for_clearance(frame: Frame, clearance: Iterable[str]) -> Frame:
    """The part of a frame that a reader of that clearance may see: without `user_hidden`, a fixed
    set of fields and no tool's name.
    """
    if USER_HIDDEN in clearance:
        return frame
    # whom a run waits for is nothing that its tools have said
    told = {"stop_detail"} if frame.state.get("waiting_for") == "provider" else set()
    seen = VIEWER_STATE | told
    return replace(
        frame, state={name: value for name, value in frame.state.items() if name in seen}
    )


def ended(frame: Frame) -> bool:
    """Whether the run is over by this frame."""
    return frame.state.get("ended_at") is not None
