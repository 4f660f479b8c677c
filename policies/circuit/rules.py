"""The circuit breaker of one tool, as a table of what each event makes of it. Pure; the state that
workers share is kept elsewhere.

Closed lets every call through and counts; open lets none; half-open lets one probe at a time;
forced is open until a person resets it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from policies.call_counts import EMPTY, Counts, CountWindow


class BreakerPhase(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED = "forced"


@dataclass(frozen=True, slots=True)
class BreakerThresholds:
    """When the breakers of some tools open and close, as an administrator wrote it. Times in
    seconds; `share` is of calls, 0 to 1.
    """

    name: str = "default"
    version: int = 1
    tools: str = "*"
    priority: int = 1_000
    window: float = 60
    calls: int = 5
    share: float = 0.5
    open_for: float = 15
    growth: float = 2.0
    longest: float = 600
    probe_for: float = 60
    successes: int = 2


NEVER = BreakerThresholds(name="", calls=2**62)
"""The thresholds of tools that no policy fits: only a person opens their breaker."""


@dataclass(frozen=True, slots=True)
class BreakerState:
    """A breaker. `trips`: openings in a row; `passed`: probes in a row that succeeded; `why` and
    `by`: what moved it last.
    """

    tool: str
    phase: BreakerPhase = BreakerPhase.CLOSED
    window: CountWindow = EMPTY
    trips: int = 0
    passed: int = 0
    open_until: datetime | None = None
    probe: str = ""
    probe_until: datetime | None = None
    moved_at: datetime | None = None
    by: str = ""
    why: str = ""
    last_failure: str = ""
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Calls that came back well, added up."""

    count: int = 1


@dataclass(frozen=True, slots=True)
class CallFailed:
    why: str = ""


@dataclass(frozen=True, slots=True)
class Crashed:
    """A call ended its worker, and all runs that the worker held: one such call is enough."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A caller wants to make the probe; `timeout` is how long its call may take."""

    token: str
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Probed:
    """The probe is over: it went well, badly, or (None) told nothing about the tool or was never
    made.
    """

    token: str
    good: bool | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Forced:
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Reset:
    by: str
    why: str


Happening = Succeeded | CallFailed | Crashed | Claimed | Probed | Forced | Reset
BreakerMove = Callable[[BreakerState, Any, BreakerThresholds, datetime], BreakerState]


def moved(
    breaker: BreakerState, happening: Happening, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    """The breaker afterwards. An event that the table does not have for the phase changes nothing,
    such as the end of a call that was begun before the breaker opened.
    """
    move = TABLE.get((breaker.phase, type(happening)))
    return breaker if move is None else move(breaker, happening, thresholds, at)


def went_well(
    breaker: BreakerState, happening: Succeeded, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    return replace(
        breaker, window=breaker.window.counted(at, kept(thresholds), good=happening.count)
    )


def went_badly(
    breaker: BreakerState, happening: CallFailed, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    window = breaker.window.counted(at, kept(thresholds), bad=1)
    after = replace(breaker, window=window, last_failure=happening.why, failed_at=at)
    counts = window.counts(at, thresholds.window)
    if counts.calls < thresholds.calls or counts.bad < thresholds.share * counts.calls:
        return after
    return opened(after, thresholds, at, cause(counts, thresholds, happening.why))


def crashed(
    breaker: BreakerState, happening: Crashed, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    """Open the breaker at once, unless no policy fits the tool."""
    window = breaker.window.counted(at, kept(thresholds), bad=1)
    after = replace(breaker, window=window, last_failure=happening.why, failed_at=at)
    return after if thresholds is NEVER else opened(after, thresholds, at, happening.why)


def drawn(breaker: BreakerState, thresholds: BreakerThresholds, at: datetime) -> BreakerState:
    """The breaker with one more retry counted: now, so that nobody else counts on it."""
    return replace(breaker, window=breaker.window.counted(at, kept(thresholds), retries=1))


def opened(
    breaker: BreakerState, thresholds: BreakerThresholds, at: datetime, why: str
) -> BreakerState:
    """Open the breaker, for longer each time in a row; one that stayed closed for a good while
    begins anew.
    """
    trips = breaker.trips + 1 if flaps(breaker, thresholds, at) else 1
    until = at + timedelta(seconds=open_seconds(thresholds, trips))
    idle = replace(breaker, probe="", probe_until=None, passed=0, by="")
    return replace(
        idle, phase=BreakerPhase.OPEN, trips=trips, open_until=until, moved_at=at, why=why
    )


def flaps(breaker: BreakerState, thresholds: BreakerThresholds, at: datetime) -> bool:
    if breaker.phase is not BreakerPhase.CLOSED or not breaker.trips or breaker.moved_at is None:
        return breaker.trips > 0
    return (at - breaker.moved_at).total_seconds() < thresholds.window + open_seconds(
        thresholds, breaker.trips
    )


def open_seconds(thresholds: BreakerThresholds, trips: int) -> float:
    """Seconds to stay open after so many openings in a row. The exponent is bounded, since trips
    are not.
    """
    return min(thresholds.longest, thresholds.open_for * thresholds.growth ** min(trips - 1, 30))


def claimed(
    breaker: BreakerState, happening: Claimed, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    """Give the probe to one caller until its lease ends, so that a caller that dies holds nobody up
    for ever.
    """
    if not probe_due(breaker, at):
        return breaker
    until = at + timedelta(seconds=lease(thresholds, happening.timeout))
    phase, since = (
        (BreakerPhase.HALF_OPEN, at)
        if breaker.phase is BreakerPhase.OPEN
        else (breaker.phase, breaker.moved_at)
    )
    return replace(breaker, phase=phase, moved_at=since, probe=happening.token, probe_until=until)


def lease(thresholds: BreakerThresholds, timeout: float) -> float:
    """Seconds a probe may take: at least its own timeout and what comes after it."""
    return max(thresholds.probe_for, timeout + 5)


def probed(
    breaker: BreakerState, happening: Probed, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    """Count the result of the probe that holds the claim: enough good ones close the breaker, a bad
    one opens it again, None lets the next caller try.
    """
    if happening.token != breaker.probe:
        return breaker
    if happening.good is False:
        failed = replace(breaker, last_failure=happening.why, failed_at=at)
        return opened(
            failed,
            thresholds,
            at,
            f"the probe failed: {happening.why}" if happening.why else "the probe failed",
        )
    free = replace(breaker, probe="", probe_until=None)
    if happening.good is None:
        return free
    if free.passed + 1 < thresholds.successes:
        return replace(free, passed=free.passed + 1)
    return closed(free, at, by="", why=probes_said(free.passed + 1))


def closed(breaker: BreakerState, at: datetime, by: str, why: str) -> BreakerState:
    """Close the breaker and forget its counts."""
    fresh = replace(
        breaker,
        phase=BreakerPhase.CLOSED,
        window=breaker.window.forgiven(),
        passed=0,
        open_until=None,
        probe="",
        probe_until=None,
    )
    return replace(fresh, moved_at=at, by=by, why=why)


def forced(
    breaker: BreakerState, happening: Forced, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    bare = replace(
        breaker, phase=BreakerPhase.FORCED, open_until=None, probe="", probe_until=None, passed=0
    )
    return replace(bare, moved_at=at, by=happening.by, why=happening.why)


def reset(
    breaker: BreakerState, happening: Reset, thresholds: BreakerThresholds, at: datetime
) -> BreakerState:
    return replace(closed(breaker, at, happening.by, happening.why), trips=0)


TABLE: Mapping[tuple[BreakerPhase, type[Happening]], BreakerMove] = {
    (BreakerPhase.CLOSED, Succeeded): went_well,
    (BreakerPhase.CLOSED, CallFailed): went_badly,
    (BreakerPhase.CLOSED, Crashed): crashed,
    (BreakerPhase.CLOSED, Forced): forced,
    (BreakerPhase.CLOSED, Reset): reset,
    (BreakerPhase.OPEN, Claimed): claimed,
    (BreakerPhase.OPEN, Forced): forced,
    (BreakerPhase.OPEN, Reset): reset,
    (BreakerPhase.HALF_OPEN, Claimed): claimed,
    (BreakerPhase.HALF_OPEN, Crashed): crashed,
    (BreakerPhase.HALF_OPEN, Probed): probed,
    (BreakerPhase.HALF_OPEN, Forced): forced,
    (BreakerPhase.HALF_OPEN, Reset): reset,
    (BreakerPhase.FORCED, Reset): reset,
}


def probe_due(breaker: BreakerState, at: datetime) -> bool:
    """Whether the next call may try the tool: nobody is trying it, and it has been cut off long
    enough.
    """
    match breaker.phase:
        case BreakerPhase.CLOSED | BreakerPhase.FORCED:
            return False
        case BreakerPhase.OPEN:
            return not before(at, breaker.open_until)
        case BreakerPhase.HALF_OPEN:
            return not (breaker.probe and before(at, breaker.probe_until))
    assert_never(breaker.phase)


def before(at: datetime, until: datetime | None) -> bool:
    return until is not None and at < until


def kept(thresholds: BreakerThresholds) -> float:
    """How many seconds counts are kept: at least the minute of the retry budget, whatever the
    breaker's own window.
    """
    return max(thresholds.window, 60.0)


def cause(counts: Counts, thresholds: BreakerThresholds, why: str) -> str:
    said = f", the last one: {why}" if why else ""
    return f"{counts.bad} of {counts.calls} calls in {thresholds.window:g} s failed{said}"


def probes_said(count: int) -> str:
    return "the probe succeeded" if count == 1 else f"{count} probes in a row succeeded"
