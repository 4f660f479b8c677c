"""How a held run changes to another model before its next step: because a routing policy says so,
or because a budget leaves it a cheaper one only.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime

from policies.decision import Decision, DecisionKind, StopReason
from policies.routing.rules import Routed
from runs.engine import outcomes
from runs.engine.events import RunDowngraded, RunRouted
from runs.engine.ports import Planner
from runs.planners.selection import NoPlanner
from runs.runtime import perform
from runs.runtime.held_run import HeldRun, priced

log = logging.getLogger(__name__)
UNREACHED = 10
"""Steps after which a model that could not be asked is tried again."""


class ModelChanges:
    """Changes of one held run's model, and the commits that record them."""

    def __init__(self, run: HeldRun) -> None:
        self.run = run

    async def reroute(self, routed: Routed) -> None:
        """Go on with another of the agent's models, as a policy says; with the one there is where
        that cannot be asked from here.
        """
        run = self.run
        planner = await self.another(routed.planner)
        if isinstance(planner, str):
            routed, planner = self.unreached(routed, planner), run.planner
        run.planner = planner
        event = self.routed(routed)
        await run.commit(lambda state, now: [replace(event, at=now, step=state.step)])

    def routed(self, routed: Routed) -> RunRouted:
        planner = self.run.planner
        return RunRouted(
            at=self.run.clock(),
            step=self.run.state.step,
            tier=routed.tier,
            planner=routed.planner,
            hold=routed.hold,
            rule=routed.rule,
            version=routed.version,
            detail=routed.sentence,
            **priced(planner),
            window=planner.window,
        )

    def unreached(self, routed: Routed, why: str) -> Routed:
        """What was wanted, but with the model that has the steps now, and for a while."""
        return replace(
            routed,
            tier=self.run.state.tier,
            planner=self.run.state.planner,
            sentence=f"{routed.planner} cannot be asked from here: {why}",
            hold=max(routed.hold, UNREACHED),
        )

    async def held_back(self, reserved: Decision) -> None:
        """Act on a budget that allows no turn: go on with a cheaper planner where it names one that
        can be asked, else pause or end the run.
        """
        if reserved.kind is not DecisionKind.ALLOW_WITH_CAPS:
            await self.run.commit(lambda state, now: outcomes.unless_asked(state, reserved, now))
            return
        cheaper = str(reserved.facts["downgrade"])
        planner = await self.another(cheaper)
        if isinstance(planner, str):
            pause = unable(reserved, cheaper, planner)
            await self.run.commit(lambda state, now: outcomes.unless_asked(state, pause, now))
            return
        self.run.planner = planner
        await self.run.commit(lambda state, now: [self.downgraded(cheaper, reserved, now)])

    async def another(self, name: str) -> Planner | str:
        """The planner of that name, or why it cannot be asked from here: a key that is not set."""
        try:
            # in a thread: a provider's library takes a second to import the first time
            found = await asyncio.to_thread(self.run.planners, name)
        except Exception as error:
            log.exception("run %s: no planner could be made of %s", self.run.lease.run, name)
            return perform.said(error)
        return found.sentence if isinstance(found, NoPlanner) else found

    def downgraded(self, planner: str, reserved: Decision, now: datetime) -> RunDowngraded:
        return RunDowngraded(
            at=now,
            planner=planner,
            rule=reserved.rule,
            version=reserved.version,
            detail=reserved.sentence,
            facts=reserved.facts,
            **priced(self.run.planner),
            window=self.run.planner.window,
        )


def unable(reserved: Decision, cheaper: str, why: str) -> Decision:
    """The pause of a run whose budget leaves it a model that cannot be asked from here."""
    return replace(
        reserved,
        kind=DecisionKind.PAUSE,
        reason=StopReason.BUDGET_EXCEEDED,
        sentence=f"{reserved.sentence} {cheaper} cannot be asked from here: {why}",
    )
