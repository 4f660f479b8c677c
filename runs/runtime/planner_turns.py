"""The turns of a run's planner: whether it may be asked now, asking it, and what came of that.

Also the two other questions to a model: the judge's, and the summary of older steps.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from policies.decision import DecisionKind
from policies.outages.pace import Turn
from runs.engine import actions, call_decisions, folding, machine, outcomes
from runs.engine.course import Course
from runs.engine.engine_errors import PlannerError
from runs.engine.events import HintGiven, RunEvent
from runs.engine.ports import (
    NOTHING_KNOWN,
    Inquiry,
    PlannerTurn,
    PreparedCalls,
    Usage,
)
from runs.engine.recall import offered
from runs.engine.state import Away, RunState
from runs.runtime import asked_planner, judge_calls, perform, plan_preview
from runs.runtime.asked_planner import PLAN_TIMEOUT, provider_of
from runs.runtime.held_run import HeldRun
from runs.runtime.model_changes import ModelChanges
from runs.runtime.plan_preview import NOTHING_DECIDED
from runs.runtime.summarising import Asking

MISSING = "tools"
log = logging.getLogger(__name__)


class PlannerTurns:
    """All questions to models that one held run asks, and the commits of their answers."""

    def __init__(self, run: HeldRun) -> None:
        self.run = run
        self.ahead = NOTHING_DECIDED
        self.held = 0.0
        """Seconds for which a provider that is away was waited for here, since the model was last
        asked.
        """

    def preview(self, events: Sequence[RunEvent], after: RunState) -> None:
        """Decide on the next turn while these events are being written, where they lead to it."""
        run = self.run
        if not plan_preview.planning_follows(events, after) or not run.tell_ahead(events):
            return
        try:
            self.ahead = plan_preview.previewed(after, run.rules, run.clock(), run.prompt)
        except Exception:
            # what came back is committed all the same; the rules are asked again afterwards
            log.warning("run %s: no turn was decided ahead", run.lease.run, exc_info=True)

    async def decided_ahead(self, now: datetime) -> actions.Plan | None:
        """The next turn, where it was decided already and nothing else has come since."""
        action = self.ahead.action_on(self.run.state, now)
        if action is None:
            await self.settle_ahead()
        return action

    async def settle_ahead(self) -> None:
        """Give back what was reserved for a turn that has not come."""
        ahead, self.ahead = self.ahead, NOTHING_DECIDED
        if ahead.reserved is not None:
            await self.run.rules.settle(self.run.state, Usage(), self.run.clock())

    async def plan(self, action: actions.Plan) -> None:
        """Ask the planner for the next step and commit what came of it, unless something else comes
        first.
        """
        if await self.comes_first(action):
            return
        run, started = self.run, perform.seconds()
        tools = offered(run.toolbox, run.state)
        asked = asked_planner.request(run.lease, run.state, action, tools, run.picture)
        answer = await run.held(
            lambda: asked_planner.ask(run.handle, run.planner, asked, run.in_time(PLAN_TIMEOUT))
        )
        took = perform.seconds() - started
        if isinstance(answer, PlannerError):
            await self.failed(answer, took)
        else:
            await self.turned(action, answer, took)

    async def comes_first(self, action: actions.Plan) -> bool:
        """Do what comes before asking the planner, and say whether it is not asked now.

        In this order: tell of missing tools, change to another model, wait for a turn at the
        provider, reserve the turn's estimate of the budgets. What is done instead of asking is
        committed here.
        """
        run = self.run
        if run.missing and run.state.proposed is None:
            await run.commit(self.tell_missing)
            run.missing = ()
            return True
        if (routed := run.rules.route(run.state, run.clock())) is not None:
            await ModelChanges(run).reroute(routed)
            return True
        turn = await run.rules.turn(run.state, self.place, run.clock())
        if turn.wait > 0:
            await self.wait_for(turn)
            return True
        self.held = 0.0
        ahead, self.ahead = self.ahead, NOTHING_DECIDED
        reserved = ahead.reserved_for(action) or await run.rules.reserve(
            run.state, action.estimate, run.clock()
        )
        if reserved.kind is not DecisionKind.ALLOW:
            await ModelChanges(run).held_back(reserved)
            return True
        return False

    async def failed(self, error: PlannerError, took: float) -> None:
        """Settle what a failed turn cost, and commit the failure. `took`: seconds."""
        run = self.run
        await run.rules.settle(run.state, error.known_usage, run.clock())
        await run.rules.heard(run.state, self.place, error, run.clock())
        patience = run.rules.patience(run.state.planner)
        await run.commit(
            lambda state, now: outcomes.after_plan_failure(state, error, now, took, patience)
        )

    async def turned(self, action: actions.Plan, answer: PlannerTurn, took: float) -> None:
        """Settle what a turn cost, and commit it with the intents of its calls. `took`: seconds."""
        run = self.run
        await run.rules.heard(run.state, self.place, None, run.clock())
        await run.rules.settle(run.state, answer.usage, run.clock())
        await run.hear()
        now = run.ordered(run.clock())
        step = outcomes.planned(run.state, action, answer, now, took)
        await run.commit_prepared(
            lambda state, now, known: outcomes.after_plan(
                state, action, answer, run.rules, now, took, known, step
            ),
            partial(self.decided, step, now),
        )

    @property
    def place(self) -> str:
        """Where outages are shared with other runs: the provider and its model."""
        return " ".join(dict.fromkeys((provider_of(self.run.planner), self.run.planner.model)))

    async def wait_for(self, turn: Turn) -> None:
        """Wait for a turn at the provider: a short wait in this worker's hands; for a longer one,
        and for short ones of a provider that is away once they are long together, the run is given
        back.
        """
        self.held += turn.wait if turn.away else 0.0
        if max(turn.wait, self.held) <= machine.LONGEST_SLEEP.total_seconds():
            await self.run.handle.sleep(turn.wait)
            return
        away = Away(provider_of(self.run.planner), turn.trouble, turn.since or self.run.clock())
        await self.run.commit(
            lambda state, now: machine.its_turn_later(state, away, turn.wait, now)
        )

    async def decided(self, step: Course, now: datetime) -> PreparedCalls:
        """What the rules need to know of the calls of a turn that is not committed yet."""
        if machine.at_once(step.before, now) is not None:
            return NOTHING_KNOWN
        return await self.run.rules.prepare(step.after, call_decisions.proposed(step.after), now)

    def tell_missing(self, state: RunState, now: datetime) -> Sequence[RunEvent]:
        """A hint, given once, that says which tools are missing and why: neither the planner nor a
        reader should take the run for one that needs none.
        """
        text = (
            f"[Supervisor: {' '.join(self.run.missing)} Until that is mended its tools are missing,"
            " or fail when they are called.]"
        )
        if any(message.text == text for message in state.history):
            return ()
        return [
            HintGiven(
                at=now,
                step=state.step,
                text=text,
                rule=MISSING,
                facts={"missing": list(self.run.missing)},
            )
        ]

    async def judge(self, inquiry: Inquiry) -> None:
        """Ask the judge about the last steps; without an answer the run goes on all the same."""
        run, started = self.run, perform.seconds()
        said = await run.held(
            lambda: judge_calls.asked(
                run.handle, run.lease, run.rules, run.state, inquiry, run.clock
            )
        )
        took = perform.seconds() - started
        await run.commit(lambda state, now: outcomes.after_judge(state, inquiry, said, now, took))

    async def summarise(self, action: actions.Summarise) -> None:
        """Ask a model to summarise the steps that are folded; without an answer, lines made here
        stand in.
        """
        run, started = self.run, perform.seconds()
        asking = Asking(
            run.handle, run.lease, run.rules, run.clock, run.prompt, run.planner, run.planners
        )
        tools = offered(run.toolbox, run.state)
        answer = await run.held(lambda: asking.summary(run.state, action, tools))
        took = perform.seconds() - started
        await run.commit(
            lambda state, now: folding.after_summary(
                state, action.folding, answer, run.rules, now, took
            )
        )
