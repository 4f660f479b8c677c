"""A breaker's decision on a call, as people and planners read it: why a tool is cut off, and when
it is tried again. Pure.
"""

from datetime import datetime

from console import figures
from console.journal.records import label_of
from policies.circuit.rules import BreakerPhase, BreakerState, BreakerThresholds
from policies.decision import Decision, DecisionKind

RULE = "breaker"


def cut_off(breaker: BreakerState, policy: BreakerThresholds, at: datetime) -> Decision:
    """The refusal of a call. Its facts say after how many seconds it may be tried again."""
    after = {"retry_after": retry_after(breaker, at)}
    return Decision(DecisionKind.DENY, rule(policy), policy.version, sentence(breaker, at), after)


def probing(breaker: BreakerState, policy: BreakerThresholds) -> Decision:
    """The permission of the one call that tries a failing tool. Its facts hold the claim."""
    said = f"{breaker.tool} has been failing; this call tries whether it works again."
    claim = {"probe": breaker.probe}
    return Decision(DecisionKind.ALLOW, rule(policy), policy.version, said, claim)


def rule(policy: BreakerThresholds) -> str:
    return f"{RULE}:{policy.name}" if policy.name else RULE


def retry_after(breaker: BreakerState, at: datetime) -> float | None:
    """Seconds until a call may be tried again; None when only a person can allow it."""
    if breaker.phase is BreakerPhase.FORCED:
        return None
    until = breaker.open_until if breaker.phase is BreakerPhase.OPEN else breaker.probe_until
    return max(0.0, (until - at).total_seconds()) if until else 0.0


def sentence(breaker: BreakerState, at: datetime) -> str:
    """Why a call is refused now."""
    if breaker.phase is BreakerPhase.FORCED:
        return (
            f"{breaker.tool} was cut off by {person(breaker.by)} at {clock(breaker.moved_at)}:"
            f" {figures.sentence(breaker.why)}"
        )
    if breaker.phase is BreakerPhase.HALF_OPEN:
        return (
            f"{breaker.tool} has been failing and is being tried with one call; until that"
            " succeeds, no other is made."
        )
    return (
        f"{breaker.tool} is cut off because {figures.sentence(breaker.why)} It is tried again in"
        f" {seconds(retry_after(breaker, at) or 0)}."
    )


def person(by: str) -> str:
    return label_of(by) or "a person"


def clock(at: datetime | None) -> str:
    return figures.hour(at) if at else "some time ago"


def seconds(count: float) -> str:
    return f"{count:.0f} s" if count < 120 else f"{count / 60:.0f} minutes"
