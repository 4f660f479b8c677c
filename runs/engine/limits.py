"""A run's own limits, checked against an upper estimate before each planner call, and what the run
has left of them. Pure arithmetic.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from console import figures
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from runs.engine.state import RunState

MILLION = Decimal(1_000_000)
OWN = "run-limit-"
"""Prefix of the rules that are a run's own limits; the limit's name follows."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An upper estimate of one planner call. `usd` is None when a price is unknown; `steps` is 0
    for a question to a judge, which is no step.
    """

    tokens_in: int
    tokens_out: int
    usd: Decimal | None
    steps: int = 1

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


def estimate(state: RunState) -> Estimate:
    """What the next planner call may cost at most: by the price list, but no less than the most
    expensive call so far.
    """
    tokens_in = min(int(state.context * state.scale), state.window or 10**12)
    tokens_out = state.max_tokens_out
    price_in, price_out = prices(state, tokens_in)
    if price_in is None or price_out is None:
        return Estimate(tokens_in, tokens_out, state.max_call_cost or None)
    listed = (tokens_in * price_in + tokens_out * price_out) / MILLION
    return Estimate(tokens_in, tokens_out, max(listed, state.max_call_cost))


def prices(state: RunState, tokens_in: int) -> tuple[Decimal | None, Decimal | None]:
    """USD per million tokens, sent and answered, when `tokens_in` tokens are sent: those of the
    highest tier that is reached. None where unknown.
    """
    reached = [tier for tier in state.price_tiers if tokens_in > tier.above]
    if not reached:
        return state.price_in, state.price_out
    last = max(reached, key=lambda tier: tier.above)
    return last.price_in, last.price_out


def may_plan(state: RunState, now: datetime, guess: Estimate | None = None) -> Decision:
    """ALLOW, or STOP naming the limit that the next planner call could break. `guess`: the call's
    estimate, where that is known already.
    """
    if state.step + 1 > state.limits.steps:
        return exceeded("steps", f"{state.step} of {state.limits.steps} steps are used.")
    return fits(state, guess or estimate(state), now)


def may_go_on(state: RunState, now: datetime) -> Decision:
    """What `may_plan` will say once the run is taken: a run that is queued has its clock stand, and
    may have used up its time all the same.
    """
    if state.running_time(now) >= timedelta(seconds=state.limits.seconds):
        return out_of_time(state)
    return may_plan(state, now)


def fits(state: RunState, guess: Estimate, now: datetime) -> Decision:
    """Whether any call to a model fits the run: ALLOW, or STOP naming the limit of time, tokens or
    USD.
    """
    limits, used = state.limits, state.tokens_in + state.tokens_out
    time = in_time(state, now)
    if not time.allowed:
        return time
    if used + guess.tokens > limits.tokens:
        return exceeded(
            "tokens",
            f"{used:,} of {limits.tokens:,} tokens are used; the next call could take"
            f" {guess.tokens:,}.",
        )
    if guess.usd is not None and state.usd + guess.usd > limits.usd:
        return exceeded(
            "usd",
            f"${state.usd:.4f} of ${limits.usd:.2f} are spent; the next call could cost"
            f" ${guess.usd:.4f}.",
        )
    return ALLOWED


def in_time(state: RunState, now: datetime) -> Decision:
    """ALLOW while there is running time left or the clock stands still; otherwise STOP."""
    deadline = state.deadline
    if deadline is None or now < deadline:
        return ALLOWED
    return out_of_time(state)


def out_of_time(state: RunState) -> Decision:
    sentence = f"{figures.allowance(state.limits.seconds)} limit reached {after(state.step)}."
    return stopped("deadline", sentence, StopReason.TIMEOUT)


def after(step: int) -> str:
    return f"after step {step}" if step else "before its first step"


def exceeded(limit: str, sentence: str) -> Decision:
    return stopped(limit, sentence, StopReason.BUDGET_EXCEEDED)


def stopped(limit: str, sentence: str, reason: StopReason) -> Decision:
    facts = {"limit": limit}
    return Decision(DecisionKind.STOP, f"{OWN}{limit}", 0, sentence, facts, reason)


def runway(state: RunState) -> str:
    """One line for the planner: how far it has come and what it has left."""
    limits = state.limits
    parts = [f"step {state.step}/{limits.steps}"]
    if state.price_in is not None or state.usd:
        parts.append(f"${state.usd:.2f} of ${limits.usd:.2f}")
    parts.append(left(limits.tokens - state.tokens_in - state.tokens_out, "token"))
    parts.append(left(limits.steps - state.step, "step"))
    return f"[{' · '.join(parts)}]"


def left(number: int, what: str) -> str:
    return f"{max(number, 0):,} {what}{'' if number == 1 else 's'} left"
