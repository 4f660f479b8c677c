"""Whether a failed call is worth another attempt, and when. Gives a decision, not a sleep. Pure:
dice and counts are arguments.

Exponential back-off with full jitter (AWS Architecture Blog, 2015); each tool's budget of retries
is a share of its calls (Finagle).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from policies.call_counts import Counts
from policies.decision import Decision, DecisionKind, StopReason
from policies.retries.failure import Cause, Failure
from policies.verdicts import Effect

RULE = "retry"


class Afterwards(StrEnum):
    """What follows when retries are used up: the planner reads the failure, or the run stops."""

    PLANNER = "planner"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How often and how soon, for the tools it fits.

    `attempts` counts the first one; seconds throughout.

    A tool's budget for one minute is `floor` retries and `share` of its calls; `patience` is the
    longest Retry-After that is honoured.
    """

    name: str = "default"
    version: int = 1
    tools: str = "*"
    priority: int = 1_000
    attempts: int = 3
    base: float = 0.5
    cap: float = 30.0
    patience: float = 300.0
    per_run: int = 20
    share: float = 0.2
    floor: int = 10
    used_up: Afterwards = Afterwards.PLANNER
    run_used_up: Afterwards = Afterwards.STOP


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """`idempotent`: the same call under the same key has one effect."""

    name: str
    effect: str
    idempotent: bool


NO_RETRY = Decision(DecisionKind.DENY, RULE)


def decide(
    attempt: int,
    retries_of_run: int,
    failure: Failure,
    tool: ToolFacts,
    policy: RetryRule | None,
    die: float,
    tool_budget_left: float,
    open_for: float | None = None,
) -> Decision:
    """What follows on the `attempt`th attempt:

    ALLOW with the seconds to `wait` in its facts, DENY to let the planner hear of the failure, STOP
    to end the run. `die` is in [0, 1); `open_for` is given when the tool's breaker is not closed.

    The tool's budget is drawn before this is asked, since that is shared between runs: at least 1
    left means that one was drawn.
    """
    if policy is None or not worth(failure, tool):
        return NO_RETRY
    if used_up := spent(attempt, retries_of_run, policy):
        return used_up
    if open_for is not None:
        return told(policy, f"It is not tried again now: {tool.name} is cut off.")
    if (failure.retry_after or 0) > policy.patience:
        asked = (
            f"{tool.name} asks to wait {failure.retry_after:.0f} s, longer than the"
            f" {policy.patience:.0f} s that retries wait."
        )
        return told(policy, asked)
    if tool_budget_left < 1:
        return told(
            policy, f"It is not tried again: {tool.name} has used up its retries of this minute."
        )
    seconds = wait(attempt, failure, policy, die)
    sentence = f"Attempt {attempt + 1} of {policy.attempts} in {seconds:.1f} s."
    return decision(DecisionKind.ALLOW, policy, sentence, wait=seconds)


def wants(
    attempt: int, retries_of_run: int, failure: Failure, tool: ToolFacts, policy: RetryRule | None
) -> bool:
    """Whether a retry should be drawn from the tool's budget at all."""
    if policy is None or not worth(failure, tool) or spent(attempt, retries_of_run, policy):
        return False
    return (failure.retry_after or 0) <= policy.patience


def worth(failure: Failure, tool: ToolFacts) -> bool:
    """Whether the same call could succeed, and making it twice does no harm."""
    cause = failure.cause
    if cause is Cause.PASSING:
        return repeatable(tool)
    return cause is Cause.BUSY and (repeatable(tool) or tool.effect == Effect.REVERSIBLE)


def repeatable(tool: ToolFacts) -> bool:
    return tool.idempotent or tool.effect == Effect.READ


def spent(attempt: int, retries_of_run: int, policy: RetryRule) -> Decision | None:
    if retries_of_run >= policy.per_run:
        return over(
            policy, policy.run_used_up, f"The run has used up its {policy.per_run} retries."
        )
    if attempt >= policy.attempts:
        return over(
            policy,
            policy.used_up,
            f"{attempt} attempts were made." if attempt > 1 else "It is not tried again.",
        )
    return None


def over(policy: RetryRule, afterwards: Afterwards, sentence: str) -> Decision:
    """What the policy wants done when retries are used up."""
    match afterwards:
        case Afterwards.PLANNER:
            return told(policy, sentence)
        case Afterwards.STOP:
            limit = StopReason.RETRY_LIMIT_REACHED
            return decision(DecisionKind.STOP, policy, sentence, reason=limit)
    assert_never(afterwards)


def told(policy: RetryRule, sentence: str) -> Decision:
    return decision(DecisionKind.DENY, policy, sentence)


def decision(
    kind: DecisionKind,
    policy: RetryRule,
    sentence: str,
    reason: StopReason | None = None,
    **facts: float,
) -> Decision:
    return Decision(kind, f"{RULE}:{policy.name}", policy.version, sentence, facts, reason)


def wait(attempt: int, failure: Failure, policy: RetryRule, die: float) -> float:
    """Seconds to wait: anywhere below the exponential bound, added to a Retry-After, since callers
    that were sent away together must not come back together.
    """
    bound = min(policy.cap, policy.base * 2.0 ** min(attempt, 30))
    return (failure.retry_after or 0.0) + die * bound


def budget(counts: Counts, policy: RetryRule) -> int:
    """How many retries a tool has left of a minute with these counts."""
    first = counts.calls - counts.retries
    return max(0, int(policy.floor + policy.share * max(0, first)) - counts.retries)
