"""Asking a judge. Its cost is reserved and settled against the run's budgets like any other call;
whatever goes wrong comes back as no answer.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from policies.decision import DecisionKind
from runs.engine import limits
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.limits import Estimate
from runs.engine.ports import Inquiry, Planner, PlannerTurn, PlanRequest
from runs.engine.state import RunState
from runs.engine.tokens import of_text
from runs.runtime import asked_planner, perform
from runs.runtime.dependencies import Supervision, dependencies
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease

log = logging.getLogger(__name__)


async def asked(
    handle: Handle,
    lease: Lease,
    rules: Supervision,
    state: RunState,
    inquiry: Inquiry,
    clock: Callable[[], datetime],
) -> PlannerTurn | PlannerError:
    """The judge's answer, or why there is none: reserve, ask, settle."""
    # in a thread: a provider's library takes a second to import the first time
    planner = await asyncio.to_thread(built, inquiry)
    if isinstance(planner, PlannerError):
        return planner
    guess = estimate(planner, inquiry)
    for fits in (limits.fits(state, guess, clock()), await rules.reserve(state, guess, clock())):
        if fits.kind is not DecisionKind.ALLOW:
            return PlannerError(PlannerFault.FATAL, f"It was not asked: {fits.sentence}")
    timeout = perform.within(inquiry.timeout, state.deadline, clock())
    said = await asked_planner.ask(handle, planner, request(lease, state, inquiry), timeout)
    await rules.settle(
        state, said.known_usage if isinstance(said, PlannerError) else said.usage, clock()
    )
    return said


def built(inquiry: Inquiry) -> Planner | PlannerError:
    try:
        return dependencies().planner(inquiry.planner)
    except Exception as error:
        log.exception("no judge could be made of %s", inquiry.rule)
        return PlannerError(PlannerFault.FATAL, perform.said(error))


def estimate(planner: Planner, inquiry: Inquiry) -> Estimate:
    """What the answer may cost at most. It counts as no step."""
    tokens_in, tokens_out = (
        of_text(inquiry.task) + of_text(inquiry.question),
        inquiry.max_tokens_out,
    )
    return Estimate(tokens_in, tokens_out, planner.price(tokens_in, tokens_out), steps=0)


def request(lease: Lease, state: RunState, inquiry: Inquiry) -> PlanRequest:
    """The judge sees the inquiry and nothing else, and has no tools."""
    return PlanRequest(
        run=str(lease.run),
        step=state.step + 1,
        goal=state.goal,
        seed=state.seed,
        correlation_id=str(lease.correlation_id),
        context=inquiry,
        tools=(),
        max_tokens_out=inquiry.max_tokens_out,
        deadline=state.deadline,
    )
