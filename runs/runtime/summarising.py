"""Asking a model to summarise older steps. Its cost is reserved and settled against the run's
limits and budgets like any other call; whatever goes wrong comes back as no summary.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from policies.decision import DecisionKind
from runs.engine import limits, summary, tokens
from runs.engine.actions import Summarise
from runs.engine.context import known_window
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.limits import Estimate
from runs.engine.ports import ContextMessage, Planner, PlannerTurn, PlanRequest, Tier, ToolSpec
from runs.engine.state import RunState
from runs.runtime import asked_planner, perform
from runs.runtime.asked_planner import PLAN_TIMEOUT
from runs.runtime.dependencies import Supervision
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease

log = logging.getLogger(__name__)
TOO_MUCH = "What is to be summed up does not fit that model's window."


@dataclass(frozen=True, slots=True)
class Told:
    """The messages that the model is sent, as a planner's context."""

    sent: Sequence[ContextMessage]

    def messages(self) -> Sequence[ContextMessage]:
        return self.sent


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything about asking for a run's summaries that does not change from one to the next."""

    handle: Handle
    lease: Lease
    rules: Supervision
    clock: Callable[[], datetime]
    prompt: str
    own: Planner
    others: Callable[[str], Planner]

    async def summary(
        self, state: RunState, wanted: Summarise, tools: tuple[ToolSpec, ...]
    ) -> PlannerTurn | PlannerError:
        """The model's summary, or why there is none: reserve, ask, settle."""
        planner = await self.planner(wanted.planner)
        if isinstance(planner, PlannerError):
            return planner
        window = planner.window if wanted.planner else known_window(state)
        sent = summary.question(state, self.prompt, wanted.folding, window)
        if sent is None:
            return PlannerError(PlannerFault.OVERFLOW, TOO_MUCH)
        asked = self.request(state, wanted, sent, tools)
        guess = estimate(state, planner, asked, sent)
        now = self.clock()
        for fits in (limits.fits(state, guess, now), await self.rules.reserve(state, guess, now)):
            if fits.kind is not DecisionKind.ALLOW:
                return PlannerError(PlannerFault.FATAL, f"It was not asked: {fits.sentence}")
        timeout = perform.within(PLAN_TIMEOUT, state.deadline, self.clock())
        said = await asked_planner.ask(self.handle, planner, asked, timeout)
        spent = said.known_usage if isinstance(said, PlannerError) else said.usage
        await self.rules.settle(state, spent, self.clock())
        return said

    async def planner(self, name: str) -> Planner | PlannerError:
        if not name:
            return self.own
        try:
            # in a thread: a provider's library takes a second to import the first time
            return await asyncio.to_thread(partial(self.others, name))
        except Exception as error:
            log.exception("run %s: no planner could be made of %s", self.lease.run, name)
            return PlannerError(PlannerFault.FATAL, perform.said(error))

    def request(
        self,
        state: RunState,
        wanted: Summarise,
        sent: Sequence[ContextMessage],
        tools: tuple[ToolSpec, ...],
    ) -> PlanRequest:
        """The request, with the tools of the step before it: providers refuse calls of tools that
        they are not told of, and their caches begin with the tools.
        """
        return PlanRequest(
            run=str(self.lease.run),
            step=state.step + 1,
            goal=state.goal,
            seed=state.seed,
            correlation_id=str(self.lease.correlation_id),
            context=Told(sent),
            tools=tools,
            max_tokens_out=summary.longest_answer(state, wanted.folding),
            deadline=state.deadline,
            tier=Tier.SUMMARISE,
        )


def estimate(
    state: RunState, planner: Planner, asked: PlanRequest, sent: Sequence[ContextMessage]
) -> Estimate:
    """What the summary may cost at most. It counts as no step."""
    size = state.overhead + sum(map(tokens.of_message, sent))
    tokens_in, tokens_out = int(size * state.scale), asked.max_tokens_out
    return Estimate(tokens_in, tokens_out, planner.price(tokens_in, tokens_out), steps=0)
