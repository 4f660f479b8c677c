"""All rules of one run: its own limits and schemas first, then the house's policies as they are at
each step.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from policies import memberships
from policies.decision import ALLOWED, Decision, DecisionKind
from policies.gate import rows as tool_policies
from policies.gate.effect_keys import EarlierEffect, ProposedEffect
from policies.gate.gate_facts import hourly_cap
from policies.halts import halt_levers
from policies.outages import rows as outages
from policies.outages.pace import Turn
from policies.outages.rules import Patience
from policies.retries.rules import NO_RETRY
from policies.routing import rows as routing
from policies.routing.rules import Routed
from policies.thresholds import rows as standards
from policies.verdicts import Meaning
from runs.engine import effects_had, limits
from runs.engine.call_decisions import LET_THROUGH
from runs.engine.engine_errors import PlannerError
from runs.engine.events import RunEvent
from runs.engine.kept_calls import Doubt, Flight
from runs.engine.ports import (
    UNPREPARED,
    Inquiry,
    Prepared,
    PreparedCalls,
    Returned,
    ToolCall,
    ToolSpec,
    Usage,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import Verdict
from runs.runtime import effect_claims, patience, postgres_store
from runs.runtime.baseline_rules import OwnRules
from runs.supervision import provider_pace, result_check, routing_rules
from runs.supervision.completion import AcceptanceChecker
from runs.supervision.judge_schedule import Judging
from runs.supervision.loop_watch import LoopWatch
from runs.supervision.routing_rules import Routing
from runs.supervision.shared_budgets import BudgetGuard
from runs.supervision.summariser import summariser
from runs.supervision.tool_gate import ToolPolicyGuard
from runs.supervision.tool_health import Health


@dataclass
class Supervised(OwnRules):
    """The supervision of one run in one worker's hands. `counted`: the calls that are counted
    against a policy's hour already.
    """

    policy_guard: ToolPolicyGuard
    acceptance_checker: AcceptanceChecker
    budget_guard: BudgetGuard
    health: Health
    judging: Judging
    routing: Routing
    watching: LoopWatch = field(default_factory=lambda: LoopWatch(standards.in_force))
    counted: set[tuple[str, str, datetime]] = field(default_factory=set)
    short: Decision = ALLOWED

    def preview(self, events: Sequence[RunEvent]) -> None:
        self.watching.preview(events)

    def observe(self, events: Sequence[RunEvent]) -> None:
        self.policy_guard.observe(events)
        self.watching.observe(events)
        self.acceptance_checker.observe(events)
        self.judging.observe(events)
        self.routing.observe(events)

    def may_plan(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision:
        own = super().may_plan(state, estimate, now)
        if not own.allowed:
            return own
        halted = self.halted()
        return self.short if halted.allowed else halted

    async def reserve(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision:
        return await self.budget_guard.draw(state, estimate, now)

    def at_hand(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision | None:
        return self.budget_guard.at_hand(state, estimate, now)

    async def settle(self, state: RunState, usage: Usage | None, now: datetime) -> None:
        self.budget_guard.settle(usage)

    async def close(self, state: RunState, now: datetime) -> None:
        await self.budget_guard.close(state, now)
        await self.health.close(now)

    async def prepare(
        self, state: RunState, proposed: Mapping[str, ToolCall], now: datetime
    ) -> PreparedCalls:
        """Judge the proposed calls, count those that are allowed against the hour of their policy,
        and ask their tools' breakers. Before a call that a person let through, ask the shared
        budgets whether the run may go on after it.
        """
        self.short = ALLOWED
        known: dict[str, Prepared] = {}
        for flight in state.flights:
            if flight.doubt is Doubt.CLEARED and (spec := self.spec(flight.tool)):
                await self.health.ask(flight.call, spec, now)
                again = ToolCall(flight.ref, flight.tool, flight.args)
                known[flight.call] = Prepared(again, ALLOWED, self.health.decision(flight.call))
        try:
            for place, (name, call) in enumerate(proposed.items()):
                if place:  # each may take a while to judge: others have their turn in between
                    await asyncio.sleep(0)
                known[name] = await self.found(name, state, call, now)
                if state.parallel > 1 and known[name].lets and self.reads(call.tool):
                    self.policy_guard.expect(known[name].decision.rule)
        finally:
            self.policy_guard.expected.clear()
        return known

    def reads(self, tool: str) -> bool:
        return (spec := self.spec(tool)) is not None and spec.reads

    async def found(self, name: str, state: RunState, call: ToolCall, now: datetime) -> Prepared:
        """The facts about one call. The breaker is only asked about a call that may be made, since
        it may give its one probe away.
        """
        spec, own = self.spec(call.tool), super().weigh(state, call, now)
        if spec is None or not own.allowed:
            return Prepared(call, own)
        judged = await self.judge(name, state, call, spec, now)
        effect = await self.effect_of(judged, call, spec, now)
        let_through = (ask := state.ask_of(name)) is not None and ask.word in LET_THROUGH
        if not judged.allowed and not (judged.kind is DecisionKind.ASK and let_through):
            return Prepared(call, judged, effect=effect)
        if let_through and self.short.allowed:
            self.short = await self.lacking(state, now)
        await self.health.ask(name, spec, now)
        return Prepared(call, judged, self.health.decision(name), effect)

    def weigh(self, state: RunState, call: ToolCall, now: datetime) -> Decision:
        """The decision by allowlist and schema, then scopes and the gate. Reads a long history in
        one go: not for an event loop's thread.
        """
        own, spec = super().weigh(state, call, now), self.spec(call.tool)
        if spec is None or not own.allowed:
            return own
        while self.policy_guard.tracker.catch_up():
            pass
        return self.policy_guard.decision(state, call, spec, tool_policies.in_force(), now)

    async def lacking(self, state: RunState, now: datetime) -> Decision:
        """The end or pause that a shared budget would bring at the next step; ALLOW also where a
        cheaper planner can go on.
        """
        said = await self.budget_guard.room(state, limits.estimate(state), now)
        return ALLOWED if said.allowed else said

    async def judge(
        self, name: str, state: RunState, call: ToolCall, spec: ToolSpec, now: datetime
    ) -> Decision:
        """The gate's decision, made anew each time, since earlier calls of the turn count. A call
        is counted once against its policy's hour.
        """
        found, hour = await self.decided(state, call, spec, now), tool_policies.hour_of(now)
        cap = hourly_cap(found)
        if cap is None or (name, found.rule, hour) in self.counted:
            return found
        self.counted.add((name, found.rule, hour))
        if await self.take(found.rule, hour, cap):
            return found
        self.policy_guard.used_up[found.rule] = (hour, cap)
        return await self.decided(state, call, spec, now)

    async def decided(
        self, state: RunState, call: ToolCall, spec: ToolSpec, now: datetime
    ) -> Decision:
        """The gate's decision. A long history that it asks about is read first, in pieces, so that
        other runs have their turn meanwhile.
        """
        found = self.policy_guard.decision(state, call, spec, tool_policies.in_force(), now)
        while self.policy_guard.tracker.behind:
            while self.policy_guard.tracker.catch_up():
                await asyncio.sleep(0)
            found = self.policy_guard.decision(state, call, spec, tool_policies.in_force(), now)
        return found

    async def effect_of(
        self, judged: Decision, call: ToolCall, spec: ToolSpec, now: datetime
    ) -> ProposedEffect | None:
        """What the call is known by, as the policy that decided or its tool names it; with the call
        of another run that has its key, where the policy counts over all runs. Costs no query
        otherwise.
        """
        names, hours = tool_policies.in_force().effect_terms(judged.rule)
        until = now + timedelta(hours=hours) if hours else None
        effect = effects_had.proposed(spec, call, names, until)
        if effect is None or until is None or not effect.key:
            return effect
        run = self.policy_guard.lease.run

        async def looking() -> EarlierEffect | None:
            async with (await postgres_store.connections()).connection() as connection:
                row = await connection.execute(effect_claims.FIND, (effect.key, run))
                return effect_claims.earlier(await row.fetchone())

        return replace(effect, elsewhere=await patience.patiently(run, looking))

    async def take(self, policy: str, hour: datetime, cap: int) -> bool:
        facts = {"policy": policy, "agent": self.policy_guard.agent, "hour": hour, "cap": cap}

        async def taking() -> bool:
            async with (await postgres_store.connections()).connection() as connection:
                return (
                    await (await connection.execute(tool_policies.TAKE, facts)).fetchone()
                    is not None
                )

        return await patience.patiently(self.policy_guard.lease.run, taking)

    async def turn(self, state: RunState, place: str, now: datetime) -> Turn:
        return await provider_pace.turn(self.policy_guard.lease.run, place, state, now)

    async def heard(
        self, state: RunState, place: str, error: PlannerError | None, now: datetime
    ) -> None:
        cap = self.patience(state.planner).cap
        await provider_pace.heard(self.policy_guard.lease.run, place, state, error, cap, now)

    def patience(self, planner: str) -> Patience:
        return outages.policy(planner)

    def may_call(
        self, state: RunState, call: ToolCall, prepared: Prepared | None, now: datetime
    ) -> Decision:
        found = super().may_call(state, call, prepared, now)
        if prepared is None or found is UNPREPARED or prepared.decision.kind is DecisionKind.DENY:
            return found
        halted = self.halted(self.spec(call.tool))
        if not halted.allowed:
            return halted
        if found.kind is DecisionKind.ASK:
            score = round(self.watching.score, 2)
            return replace(found, facts={**found.facts, "loop_score": score})
        return found

    def halted(self, spec: ToolSpec | None = None) -> Decision:
        """The pause, where a lever was pulled, or the person the run works for was switched off or
        may start no runs any more. A refusal would not do: a planner that is told no again and
        again only finds ways around.
        """
        lease = self.policy_guard.lease
        working = memberships.working_for(
            lease.principal_id, lease.principal, by_right=lease.by_right
        )
        if not working.allowed:
            return working
        tool, effect = (spec.name, spec.effect.value) if spec else ("", "")
        return halt_levers.decision(self.policy_guard.agent, tool, effect)

    def watch(self, state: RunState, now: datetime) -> Decision:
        found = self.watching.decision(state)
        return self.judging.decision(state) if found is ALLOWED else found

    def inquire(self, state: RunState, now: datetime) -> Inquiry | None:
        return self.judging.inquiry(state)

    def route(self, state: RunState, now: datetime) -> Routed | None:
        """What a budget has forced, only room in that budget gives back."""
        if state.forced is None:
            return self.routing.change(state, self.watching.score, routing.in_force())
        room = self.budget_guard.has_room(state, now)
        return routing_rules.given_back(state, state.forced) if room else None

    def summariser(self, state: RunState) -> str | None:
        return summariser(self.policy_guard.lease.snapshot, state)

    def accepts(self, state: RunState, final: str, now: datetime) -> Decision:
        return self.acceptance_checker.decision(state, final)

    def meaning(self, spec: ToolSpec, back: Returned, said: Verdict | None) -> Meaning:
        thresholds = standards.in_force()
        return result_check.meaning(spec, back, said, thresholds.truth, thresholds.truth_version)

    async def learn(
        self, state: RunState, flight: Flight, back: Returned, meaning: Meaning, now: datetime
    ) -> None:
        spec = self.spec(flight.tool)
        if spec is not None:
            await self.health.tell(state, flight, spec, back, meaning, now)

    def may_repeat(
        self, state: RunState, flight: Flight, prepared: Prepared | None, now: datetime
    ) -> Decision:
        spec = self.spec(flight.tool)
        if spec is None:
            return ALLOWED
        halted = self.halted(spec)
        if not halted.allowed:
            return halted
        return (prepared and prepared.breaker) or UNPREPARED

    def may_retry(
        self, state: RunState, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Decision:
        spec = self.spec(flight.tool)
        return self.health.may_retry(state, flight, spec) if spec else NO_RETRY
