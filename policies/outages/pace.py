"""At what pace all runs come back to a provider that was away: one probe goes first, then a rate
that doubles, so that the provider does not fail again under all who waited for it.

Pure: dice and clock are arguments. Slow start as in TCP (RFC 5681), in requests per second.
"""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FIRST_RATE = 2.0
"""Requests per second, of the whole house, just after the probe was answered."""
DOUBLES = 5.0
"""Seconds in which the rate doubles."""
RAMP = timedelta(seconds=40)
"""Seconds after which nobody is held back any more: the rate would be in the hundreds."""
PROBE = timedelta(seconds=90)
"""Seconds after which a probe without an answer counts as lost with its worker, and another one
goes.
"""
FIRST_PAUSE = 1.0
"""Seconds before the first probe, which double with each that failed."""
SHORT = 1.0
"""Seconds within which a run that the ramp held back asks again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the house knows of a provider that turned runs away: since when, its trouble, how many
    probes failed, when the next may go.

    `probe_until`: a probe is under way. `back_at`: when it answered; `granted` requests were let
    through since.
    """

    since: datetime
    trouble: str = ""
    tries: int = 0
    pause: float = FIRST_PAUSE
    retry_at: datetime | None = None
    probe_until: datetime | None = None
    back_at: datetime | None = None
    granted: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a run may ask now (`wait` is 0), or in how many seconds it is to come again. `away`:
    the provider has not answered yet, so that nobody knows how often it will have to.
    """

    wait: float = 0.0
    away: bool = False
    since: datetime | None = None
    trouble: str = ""


def over(standing: Standing | None, now: datetime) -> bool:
    """Whether the outage holds nobody back any more."""
    return standing is None or (standing.back_at is not None and now - standing.back_at >= RAMP)


def turn(standing: Standing | None, now: datetime, die: float) -> tuple[Turn, Standing | None]:
    """Whether one more run may ask, and the provider's standing afterwards."""
    if standing is None or over(standing, now):
        return Turn(), None
    if standing.back_at is not None:
        if standing.granted < allowed((now - standing.back_at).total_seconds()):
            return Turn(), replace(standing, granted=standing.granted + 1)
        return waiting(standing, SHORT * (0.5 + die), away=False), standing
    free = standing.probe_until is None or now >= standing.probe_until
    due = standing.retry_at is None or now >= standing.retry_at
    if due and free:
        return Turn(), replace(standing, probe_until=now + PROBE)
    ahead = 0.0 if due or standing.retry_at is None else (standing.retry_at - now).total_seconds()
    return waiting(standing, ahead + SHORT + die * standing.pause, away=True), standing


def waiting(standing: Standing, seconds: float, *, away: bool) -> Turn:
    return Turn(seconds, away, standing.since, standing.trouble)


def allowed(elapsed: float) -> float:
    """Requests that may have gone out so long after the probe was answered."""
    return 1 + FIRST_RATE * DOUBLES / math.log(2) * (2 ** (elapsed / DOUBLES) - 1)


def turned_away(
    standing: Standing | None,
    now: datetime,
    since: datetime,
    trouble: str,
    asked: float | None,
    cap: float,
    die: float,
) -> Standing:
    """The standing after one more request was turned away. Requests that were under way together
    count once.
    """
    known = None if over(standing, now) else standing
    if known is None:
        known = Standing(since, trouble)
    elif known.back_at is None and known.retry_at is not None and now < known.retry_at:
        return replace(known, trouble=trouble, retry_at=later(known.retry_at, now, asked))
    pause = min(cap, FIRST_PAUSE * 2.0 ** min(known.tries, 30))
    return replace(
        known,
        trouble=trouble,
        tries=known.tries + 1,
        pause=pause,
        retry_at=later(now + timedelta(seconds=pause * (0.5 + die / 2)), now, asked),
        probe_until=None,
        back_at=None,
        granted=0,
    )


def later(retry_at: datetime, now: datetime, asked: float | None) -> datetime:
    return max(retry_at, now + timedelta(seconds=asked or 0.0))


def answered(standing: Standing | None, now: datetime) -> Standing | None:
    """The standing after an answer: from now on the ramp holds, as long as it lasts."""
    if standing is None or over(standing, now):
        return None
    return standing if standing.back_at else replace(standing, back_at=now, probe_until=None)
