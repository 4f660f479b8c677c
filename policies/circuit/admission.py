"""Whether a tool may be called now, and how a call went: one breaker for each tool, shared by all
workers. Runs on the caller's event loop and connection.

A healthy call costs no query: `glance` and `went_well` say whether one is needed at all.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from console.journal.libpq_wire import Connection
from policies import current
from policies.circuit import breaker_cache, rows, rules, words
from policies.circuit.rules import BreakerPhase, BreakerState, CallFailed, Probed, Succeeded
from policies.decision import ALLOWED, Decision
from policies.retries import failure as retry_failure
from policies.retries.failure import Failure
from policies.retries.rules import RetryRule, budget

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """What follows from a report: whether a retry was drawn from the tool's budget, and how long
    the breaker is open (None: closed).
    """

    granted: bool = False
    open_for: float | None = None


NOTHING = ReportOutcome()


def glance(tool: str, at: datetime) -> Decision | None:
    """The decision, when this process knows it without a query; else ask `permit`."""
    if not breaker_cache.watching():
        return None
    known = breaker_cache.known(tool[: rows.MOST_NAME])
    if known is None:
        return ALLOWED
    return None if rules.probe_due(known, at) else decided(known, at)


async def permit(
    connection: Connection, tool: str, run: UUID | str, at: datetime, timeout: float = 0.0
) -> Decision:
    """Whether `run` may call the tool. `timeout`, in seconds, is how long the call may take: a
    probe is held for longer than that.

    A call that is to try a failing tool has its claim as `probe` in the facts: it must be reported
    on, with `withdraw` when it is not made after all. A refusal has the seconds to `retry_after`
    there, None when only a person can allow calls again.
    """
    if seen := glance(tool, at):
        return seen
    name, token = tool[: rows.MOST_NAME], f"{run} {uuid4().hex[:12]}"[-64:]
    until = at + timedelta(seconds=rules.lease(breaker_cache.thresholds(name), timeout))
    facts = {"tool": name, "token": token, "until": until, "at": at}
    row = await (await connection.execute(rows.CLAIM, facts)).fetchone()
    if row is None:
        return ALLOWED
    found = rows.breaker_of(row)
    breaker_cache.remember(found)
    if found.probe == token:
        return words.probing(found, breaker_cache.thresholds(name))
    return decided(found, at)


def probe_of(decision: Decision) -> str:
    """The claim of the one call that tries a failing tool; empty for any other call."""
    return str(decision.facts.get("probe", ""))


def decided(breaker: BreakerState, at: datetime) -> Decision:
    if breaker.phase is BreakerPhase.CLOSED:
        return ALLOWED
    return words.cut_off(breaker, breaker_cache.thresholds(breaker.tool), at)


def went_well(tool: str, verdict: str, permit: Decision, failure: Failure | None = None) -> bool:
    """Whether nothing has to be written of this call now: it went well and was no probe, so it is
    counted here for later.

    Asked first, it spares a healthy call its connection; when False, `report`.
    """
    if probe_of(permit) or not breaker_cache.watching():
        return False
    healthy = retry_failure.healthy(verdict, failure)
    if healthy:
        breaker_cache.went_well(tool[: rows.MOST_NAME])
    return healthy is not False


async def report(
    connection: Connection,
    tool: str,
    verdict: str,
    at: datetime,
    permit: Decision = ALLOWED,
    *,
    failure: Failure | None = None,
    retry: RetryRule | None = None,
) -> ReportOutcome:
    """Report how a call went.

    With `retry`, a retry is drawn from the tool's budget of that policy, if there is one left.
    `failure` says more of a call that did not succeed; without it the verdict alone counts.
    """
    if retry is None and went_well(tool, verdict, permit, failure):
        return NOTHING
    name = tool[: rows.MOST_NAME]
    policy = breaker_cache.thresholds(name)
    happening = happened(verdict, permit, failure)
    counted = breaker_cache.uncounted(name)
    try:
        async with connection.transaction():
            before = await rows.locked_on_loop(connection, name)
            now, granted = after(before, (counted, happening), policy, at, retry)
            await rows.write_on_loop(connection, before, now, at)
    # a cancelled task as well: what is not written is counted again, for whoever writes next
    except BaseException:
        breaker_cache.recount(name, counted)
        raise
    await told(before, now)
    return outcome(now, at, granted=granted)


def outcome(breaker: BreakerState, at: datetime, *, granted: bool) -> ReportOutcome:
    closed = breaker.phase is BreakerPhase.CLOSED
    return ReportOutcome(granted, None if closed else words.retry_after(breaker, at) or 0.0)


def after(
    breaker: BreakerState,
    happenings: Iterable[rules.Happening | None],
    policy: rules.BreakerThresholds,
    at: datetime,
    retry: RetryRule | None,
) -> tuple[BreakerState, bool]:
    """The breaker after what happened, and whether a retry was drawn from the tool's budget."""
    for each in happenings:
        breaker = rules.moved(breaker, each, policy, at) if each else breaker
    return drawn(breaker, policy, at, retry)


def happened(verdict: str, permit: Decision, failure: Failure | None) -> rules.Happening | None:
    healthy = retry_failure.healthy(verdict, failure)
    why = (failure.sentence or failure.error) if failure else ""
    if probe := probe_of(permit):
        return Probed(probe, healthy, why)
    if healthy is None:
        return None
    return Succeeded() if healthy else CallFailed(why)


def drawn(
    breaker: BreakerState, policy: rules.BreakerThresholds, at: datetime, retry: RetryRule | None
) -> tuple[BreakerState, bool]:
    """The breaker with one retry fewer, and whether there was one: the breaker must be closed and
    the tool's budget not used up. Decided under the row's lock, so never twice.
    """
    if (
        retry is None
        or breaker.phase is not BreakerPhase.CLOSED
        or budget(breaker.window.counts(at, MINUTE), retry) < 1
    ):
        return breaker, False
    return rules.drawn(breaker, policy, at), True


async def withdraw(connection: Connection, tool: str, at: datetime, permit: Decision) -> None:
    """Record that a permitted call was not made after all: if it was the probe, the next caller may
    make it.
    """
    if probe_of(permit):
        await report(connection, tool, "unknown", at, permit)


async def told(before: BreakerState, after: BreakerState) -> None:
    if after.phase is before.phase and after.probe == before.probe:
        return
    breaker_cache.remember(after)
    await asyncio.to_thread(breaker_cache.announce)


def start() -> None:
    """Keep policies and breakers fresh from now on. For processes that make calls; idempotent.

    Not on an event loop's thread.
    """
    current.start()
    breaker_cache.start()


def stop() -> None:
    breaker_cache.stop()
    current.stop()
