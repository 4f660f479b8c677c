"""What follows when a planner gave nothing usable: when it is asked again, how large an answer it
may give then, or that it is not asked again. Pure.

A provider that is away is waited for. An unusable answer has been paid for and would most likely
come again, so it is bought once more at most. An answer that was cut off is asked for once more,
with more room.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from policies.decision import Decision, DecisionKind, StopReason
from policies.outages import rules
from policies.outages.rules import Patience, TurnedAway
from runs.engine import limits
from runs.engine.context import known_window
from runs.engine.engine_errors import AWAY, HOPELESS, PlannerError, PlannerFault
from runs.engine.ids import dice
from runs.engine.state import RunState

PLAN_ATTEMPTS = 5
"""Failures in a row of a kind that costs nothing and may pass: less is sent next time, or the
answer was garbled.
"""
BOUGHT_ATTEMPTS = 2
"""Failures in a row of answers that were paid for or refused."""
SCHEMA_ATTEMPTS = 50
"""In a row, of tools that are described anew: two for each of many tools, and not for ever."""
RAISE = 4
"""How much larger an answer may be after one that was cut off."""
FIELD = "“Tokens of one answer” on the agent's page"
SHARE_OF_WINDOW = 2
"""One answer may take at most the window divided by this."""


@dataclass(frozen=True, slots=True)
class Fate:
    """When the planner is asked again: `retry_at`, None when it is not. `end` then says why, where
    the failure alone does not.

    `answer_limit` is how many tokens an answer may have from now on, None when that stays as it is.
    """

    retry_at: datetime | None
    answer_limit: int | None = None
    end: Decision | None = None


def fate(state: RunState, error: PlannerError, patience: Patience, now: datetime) -> Fate:
    if error.fault in HOPELESS:
        return Fate(None)
    if error.fault in AWAY:
        return waited(state, error, patience, now)
    if error.fault is PlannerFault.OVERFLOW:
        return Fate(now)
    if error.fault is PlannerFault.SCHEMA:
        return Fate(now if state.plan_failures < SCHEMA_ATTEMPTS else None)
    if error.fault is PlannerFault.CUT_OFF:
        return cut_off(state, error, now)
    if error.fault is PlannerFault.ANSWER_LIMIT:
        return lowered(state, error, now)
    bought = error.fault is PlannerFault.REFUSED or error.usage is not None
    tries = BOUGHT_ATTEMPTS if bought else PLAN_ATTEMPTS
    last = error.fault is not PlannerFault.CANCELLED and state.unusable + 1 >= tries
    return Fate(None if last else now + backoff(state, patience))


def backoff(state: RunState, patience: Patience) -> timedelta:
    """Exponential with full jitter from the run's own dice."""
    failures = state.plan_failures + 1
    bound = min(patience.cap, patience.base * 2.0 ** min(failures, 30))
    return timedelta(seconds=dice(state.seed, state.step, failures) * bound)


def waited(state: RunState, error: PlannerError, patience: Patience, now: datetime) -> Fate:
    """When a provider that is away is asked again, or that it is no longer waited for."""
    failures, deadline = state.plan_failures + 1, state.deadline
    away = TurnedAway(
        provider=error.provider or state.planner,
        since=state.away.since if state.away else now,
        failures=failures,
        asked=error.retry_after,
        limited=error.fault is PlannerFault.RATE_LIMITED,
        left=(deadline - now).total_seconds() if deadline else None,
    )
    said = rules.wait_out(away, patience, now, dice(state.seed, state.step, failures))
    if said.kind is DecisionKind.ALLOW:
        return Fate(now + timedelta(seconds=said.facts["wait"]))
    if said.reason is StopReason.TIMEOUT:
        said = limits.stopped("deadline", said.sentence, StopReason.TIMEOUT)
    return Fate(None, end=said)


def cut_off(state: RunState, error: PlannerError, now: datetime) -> Fate:
    """Ask once more, with more tokens, for an answer that was cut off at its limit."""
    limit = state.max_tokens_out
    if state.answer_before:
        was = f"It was raised once already, from {state.answer_before:,}."
        return Fate(None, end=unanswerable(error, was))
    more = larger(state, error)
    if more <= limit:
        return Fate(None, end=unanswerable(error, "The model gives no more in one answer."))
    return Fate(now, answer_limit=more)


def larger(state: RunState, error: PlannerError) -> int:
    """The next larger limit of an answer, within what the model gives and its window."""
    window = known_window(state)
    bounds = [
        state.max_tokens_out * RAISE,
        error.answer_limit,
        window and window // SHARE_OF_WINDOW,
    ]
    return min(each for each in bounds if each)


def lowered(state: RunState, error: PlannerError, now: datetime) -> Fate:
    """Ask again with the limit that the model allows, when more tokens were asked for than it
    gives.
    """
    most = error.answer_limit
    if most is None or most >= state.max_tokens_out:
        return Fate(None)
    if state.answer_before and most <= state.answer_before:
        return Fate(None, end=unanswerable(error, "An answer that long was cut off before."))
    return Fate(now, answer_limit=most)


def unanswerable(error: PlannerError, why: str) -> Decision:
    return Decision(
        DecisionKind.STOP,
        rule="answer-limit",
        sentence=f"{error.message} {why} The limit is {FIELD}.",
        reason=StopReason.PLANNER_FAILURE,
    )
