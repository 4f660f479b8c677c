"""All rules of one run: its own limits and schemas first, then the policies of the house as they
are at each step.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from policies import current, people
from policies.gate import rows as tool_policies
from policies.gate.facts import Ruled
from policies.halts import levers as halts
from runs.engine import limits
from runs.engine.calls import LET_THROUGH
from runs.engine.effects import Meaning
from runs.engine.events import Event
from runs.engine.ports import (
    ALLOWED,
    UNPREPARED,
    Answer,
    Call,
    Inquiry,
    Known,
    Prepared,
    Returned,
    Ruling,
    ToolSpec,
    Usage,
)
from runs.engine.state import Doubt, Flight, State
from runs.engine.vocabulary import StopReason, Verdict
from runs.runtime import patience, store
from runs.runtime.rules import OwnRules
from runs.supervision import truth
from runs.supervision.acceptance import AcceptanceChecker
from runs.supervision.budgets import BudgetGuard
from runs.supervision.gate import ToolPolicyGuard, ruling
from runs.supervision.health import Health
from runs.supervision.judging import Judging
from runs.supervision.watch import Watch

MOST_RULED = 9
"""Calls of one decision that are judged at once: no commit rules on more, unless people are asked
about all of them together.
"""


@dataclass
class Supervised(OwnRules):
    """The supervision of one run in one worker's hands.

    `counted` are the calls that count against a policy's hour already.
    """

    policy_guard: ToolPolicyGuard
    acceptance_checker: AcceptanceChecker
    budget_guard: BudgetGuard
    health: Health
    judging: Judging
    watching: Watch = field(default_factory=lambda: Watch(current.thresholds))
    counted: set[tuple[str, str, datetime]] = field(default_factory=set)
    short: Ruling | None = None

    def preview(self, events: Sequence[Event]) -> None:
        self.watching.preview(events)

    def observe(self, events: Sequence[Event]) -> None:
        self.policy_guard.observe(events)
        self.watching.observe(events)
        self.acceptance_checker.observe(events)
        self.judging.observe(events)

    def may_plan(self, state: State, estimate: limits.Estimate, now: datetime) -> Ruling:
        own = super().may_plan(state, estimate, now)
        return own if own.answer is not Answer.ALLOW else self.halted() or self.short or own

    async def reserve(self, state: State, estimate: limits.Estimate, now: datetime) -> Ruling:
        return await self.budget_guard.draw(state, estimate, now)

    async def settle(self, state: State, usage: Usage | None, now: datetime) -> None:
        self.budget_guard.settle(usage)

    async def close(self, state: State, now: datetime) -> None:
        await self.budget_guard.close(state, now)
        await self.health.close(now)

    async def prepare(self, state: State, proposed: Mapping[str, Call], now: datetime) -> Known:
        """Judge the proposed calls; count against their policy's hour those that it allows, and ask
        their tools' breakers.

        Before what a person let through, ask the shared budgets whether the run may go on after it.
        """
        self.short = None
        known: dict[str, Prepared] = {}
        flight = state.flight
        if flight and flight.doubt is Doubt.CLEARED and (spec := self.spec(flight.tool)):
            await self.health.ask(flight.call, spec, now)
            again = Call(flight.ref, flight.tool, flight.args)
            known[flight.call] = Prepared(
                again, ALLOWED, cleared=True, cut_off=self.health.ruling(flight.call)
            )
        asks = False
        for place, (name, call) in enumerate(proposed.items()):
            if place:
                await asyncio.sleep(
                    0
                )  # each may take a while to judge: others have their turn in between
            if place >= MOST_RULED and not asks:
                break
            known[name] = await self.found(name, state, call, now)
            asks |= known[name].ruling.answer is Answer.REQUIRE_APPROVAL
        return known

    async def found(self, name: str, state: State, call: Call, now: datetime) -> Prepared:
        """All that is to be known of one call.

        A breaker is asked only of a call that may be made: it may have one probe to give away.
        """
        spec, own = self.spec(call.tool), super().weigh(state, call, now)
        if spec is None or own.answer is not Answer.ALLOW:
            return Prepared(call, own)
        judged = await self.judge(name, state, call, spec, now)
        let_through = (ask := state.ask_of(name)) is not None and ask.word in LET_THROUGH
        if not judged.allowed and not (judged.answer is Answer.REQUIRE_APPROVAL and let_through):
            return Prepared(call, ruling(judged))
        if let_through and self.short is None:
            self.short = await self.lacking(state, now)
        await self.health.ask(name, spec, now)
        return Prepared(call, ruling(judged), cleared=True, cut_off=self.health.ruling(name))

    def weigh(self, state: State, call: Call, now: datetime) -> Ruling:
        """Allowlist and schema, then scopes and the gate.

        Reads a long history in one go: not for the event loop's thread.
        """
        own, spec = super().weigh(state, call, now), self.spec(call.tool)
        if spec is None or own.answer is not Answer.ALLOW:
            return own
        while self.policy_guard.tracker.catch_up():
            pass
        return ruling(self.policy_guard.ruled(state, call, spec, current.gate(), now))

    async def lacking(self, state: State, now: datetime) -> Ruling | None:
        """The shared budget that would end or pause the run at its next step; a cheaper planner is
        a way to go on.
        """
        said = await self.budget_guard.room(state, limits.estimate(state), now)
        return None if said.answer is Answer.ALLOW or "downgrade" in said.detail else said

    async def judge(
        self, name: str, state: State, call: Call, spec: ToolSpec, now: datetime
    ) -> Ruled:
        """The gate's answer, anew each time: earlier calls of the decision count.

        Against an hour of its policy a call is counted once.
        """
        found, hour = await self.ruled(state, call, spec, now), tool_policies.hour_of(now)
        if found.hourly is None or (name, found.rule, hour) in self.counted:
            return found
        self.counted.add((name, found.rule, hour))
        if await self.take(found, hour):
            return found
        self.policy_guard.used_up[found.rule] = (hour, found.hourly)
        return await self.ruled(state, call, spec, now)

    async def ruled(self, state: State, call: Call, spec: ToolSpec, now: datetime) -> Ruled:
        """The gate's answer.

        A long history that it asks about is read first, and others have their turn meanwhile.
        """
        found = self.policy_guard.ruled(state, call, spec, current.gate(), now)
        while self.policy_guard.tracker.behind:
            while self.policy_guard.tracker.catch_up():
                await asyncio.sleep(0)
            found = self.policy_guard.ruled(state, call, spec, current.gate(), now)
        return found

    async def take(self, found: Ruled, hour: datetime) -> bool:
        facts = {
            "policy": found.rule,
            "agent": self.policy_guard.agent,
            "hour": hour,
            "cap": found.hourly,
        }

        async def taking() -> bool:
            async with (await store.connections()).connection() as connection:
                return (
                    await (await connection.execute(tool_policies.TAKE, facts)).fetchone()
                    is not None
                )

        return await patience.patiently(self.policy_guard.lease.run, taking)

    def may_call(
        self, state: State, call: Call, prepared: Prepared | None, now: datetime
    ) -> Ruling:
        found = super().may_call(state, call, prepared, now)
        if prepared is None or found is UNPREPARED or prepared.ruling.answer is Answer.DENY:
            return found
        if found.answer is Answer.REQUIRE_APPROVAL:
            found = replace(
                found, detail={**found.detail, "loop_score": round(self.watching.score, 2)}
            )
        return self.halted(self.spec(call.tool)) or found

    def halted(self, spec: ToolSpec | None = None) -> Ruling | None:
        """Whoever it works for was switched off, or a lever was pulled: it pauses where it stands.

        A refusal would not do: a planner that is told no again and again only finds ways around.
        """
        return self.orphaned() or self.stopped_by_lever(spec)

    def orphaned(self) -> Ruling | None:
        lease = self.policy_guard.lease
        if not people.gone(lease.principal_id):
            return None
        sentence, gone = people.sentence(lease.principal), StopReason.PRINCIPAL_GONE
        return Ruling(Answer.DENY, rule=people.RULE, sentence=sentence, stop=gone, pause=True)

    def stopped_by_lever(self, spec: ToolSpec | None) -> Ruling | None:
        found = halts.halted(
            self.policy_guard.agent, spec.name if spec else "", spec.effect.value if spec else ""
        )
        if found is None:
            return None
        paused = StopReason.USER_PAUSED
        return Ruling(
            Answer.DENY,
            rule=found.rule,
            sentence=found.sentence,
            stop=paused,
            pause=True,
            detail=dict(found.facts),
        )

    def watch(self, state: State, now: datetime) -> Ruling | None:
        return self.watching.ruling(state) or self.judging.ruling(state)

    def inquire(self, state: State, now: datetime) -> Inquiry | None:
        return self.judging.inquiry(state)

    def accepts(self, state: State, final: str, now: datetime) -> Ruling:
        return self.acceptance_checker.ruling(state, final)

    def meaning(self, spec: ToolSpec, back: Returned, said: Verdict | None) -> Meaning:
        standards = current.thresholds()
        return truth.meaning(spec, back, said, standards.truth, standards.truth_version)

    async def learn(
        self, state: State, flight: Flight, back: Returned, meaning: Meaning, now: datetime
    ) -> None:
        spec = self.spec(flight.tool)
        if spec is not None:
            await self.health.tell(state, flight, spec, back, meaning, now)

    def may_repeat(
        self, state: State, flight: Flight, prepared: Prepared | None, now: datetime
    ) -> Ruling | None:
        spec = self.spec(flight.tool)
        if spec is None:
            return None
        return self.halted(spec) or (UNPREPARED if prepared is None else prepared.cut_off)

    def may_retry(
        self, state: State, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Ruling:
        spec = self.spec(flight.tool)
        return self.health.may_retry(state, flight, spec) if spec else Ruling(Answer.DENY)
