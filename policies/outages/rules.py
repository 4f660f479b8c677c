"""Whether a provider that turned a run away is asked again, and when. Gives a decision, not a
sleep. Pure: dice and clock are arguments.
"""

from dataclasses import dataclass
from datetime import datetime

from console import figures
from policies.decision import Decision, DecisionKind, StopReason

RULE = "patience"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a run waits for the provider of some planners, in seconds.

    `longest`: how long an outage is waited for at most; None: until the run's own time is over.
    `limited`: the least wait after a rate limit that does not say when to come back, since such
    limits are mostly per minute.
    """

    name: str = "default"
    version: int = 0
    planners: str = "*"
    priority: int = 1_000
    longest: float | None = None
    base: float = 0.5
    cap: float = 60.0
    limited: float = 60.0


UNTIL_THE_END = Patience()


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A request that a provider turned away: the `failures`th in a row, the first one at `since`.

    `asked`: how many seconds it asks to wait, None when it does not say. `limited`: it was a rate
    limit. `left`: seconds of the run's own time that are left, None while nothing ends it.
    """

    provider: str
    since: datetime
    failures: int
    asked: float | None = None
    limited: bool = False
    left: float | None = None


def wait_out(away: TurnedAway, policy: Patience, now: datetime, die: float) -> Decision:
    """ALLOW with the seconds to `wait` in its facts, or STOP when it is waited for no longer."""
    wanted = away.asked if away.asked is not None else policy.limited if away.limited else 0.0
    if away.asked is not None and away.left is not None and away.asked >= away.left:
        return out_of_time(away, away.asked, away.left)
    if policy.longest is not None:
        patient = policy.longest - (now - away.since).total_seconds()
        if wanted > patient or patient <= 0:
            return given_up(away, policy, now)
    seconds = max(wanted, die * min(policy.cap, policy.base * 2.0 ** min(away.failures, 30)))
    return decision(DecisionKind.ALLOW, policy, "", wait=in_time(seconds, away))


def in_time(seconds: float, away: TurnedAway) -> float:
    """The wait, cut where nobody asked for it so that a last attempt fits the run's own time."""
    if away.left is None or seconds < away.left:
        return seconds
    return max(away.asked or 0.0, away.left / 2, 0.0)


def out_of_time(away: TurnedAway, asked: float, left: float) -> Decision:
    """The end of a run whose own limit is reached; the engine names the rule."""
    sentence = (
        f"{away.provider} asks to wait {figures.span(asked)}, and {figures.span(left)} of its"
        " running time are left."
    )
    return Decision(
        DecisionKind.STOP, sentence=sentence, facts={"asked": asked}, reason=StopReason.TIMEOUT
    )


def given_up(away: TurnedAway, policy: Patience, now: datetime) -> Decision:
    waited = figures.span((now - away.since).total_seconds())
    sentence = (
        f"{away.provider} has turned it away for {waited}; it is waited for"
        f" {figures.allowance(policy.longest or 0)} at most."
    )
    return decision(DecisionKind.STOP, policy, sentence, reason=StopReason.PLANNER_FAILURE)


def decision(
    kind: DecisionKind,
    policy: Patience,
    sentence: str,
    reason: StopReason | None = None,
    **facts: float,
) -> Decision:
    return Decision(kind, f"{RULE}:{policy.name}", policy.version, sentence, facts, reason)
