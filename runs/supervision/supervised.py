"""All rules of one run: its own limits and schemas first, then the policies of the house as they are at each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from policies import current, halts, tool_policies
from policies.rules.gate_facts import Ruled
from runs.engine import limits
from runs.engine.effects import Meaning
from runs.engine.events import Event
from runs.engine.ports import Answer, Call, Inquiry, Returned, Ruling, ToolSpec, Usage
from runs.engine.state import Doubt, Flight, State
from runs.engine.vocabulary import StopReason, Verdict, Word
from runs.runtime import store
from runs.runtime.rules import OwnRules
from runs.supervision import truth
from runs.supervision.acceptance import Examiner
from runs.supervision.budgets import Treasurer
from runs.supervision.gate import Gatekeeper, ruling
from runs.supervision.health import Health
from runs.supervision.judging import Judging
from runs.supervision.watch import Watch

Key = tuple[str, str, int]
APPROVED = (Word.APPROVE, Word.EDIT)


@dataclass
class Supervised(OwnRules):
    """The supervision of one run in one worker's hands. `judged` and `names` hold what is known of the calls now proposed."""

    keeper: Gatekeeper
    examiner: Examiner
    treasurer: Treasurer
    health: Health
    judging: Judging
    watching: Watch = field(default_factory=lambda: Watch(current.thresholds))
    judged: dict[Key, Ruled] = field(default_factory=dict)
    names: dict[Key, str] = field(default_factory=dict)
    own: dict[Key, Ruling] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    short: Ruling | None = None

    def foresee(self, events: Sequence[Event]) -> None:
        self.watching.foresee(events)

    def observe(self, events: Sequence[Event]) -> None:
        self.keeper.observe(events)
        self.watching.observe(events)
        self.examiner.observe(events)
        self.judging.observe(events)

    def may_plan(self, state: State, estimate: limits.Estimate, now: datetime) -> Ruling:
        own = super().may_plan(state, estimate, now)
        return own if own.answer is not Answer.ALLOW else self.halted() or self.short or own

    async def reserve(self, state: State, estimate: limits.Estimate, now: datetime) -> Ruling:
        return await self.treasurer.draw(state, estimate, now)

    async def settle(self, state: State, usage: Usage | None, now: datetime) -> None:
        self.treasurer.settle(usage)

    async def close(self, state: State, now: datetime) -> None:
        await self.treasurer.close(state, now)
        await self.health.close(now)

    async def prepare(self, state: State, proposed: Mapping[str, Call], now: datetime) -> None:
        """Judge the proposed calls; count against their policy's hour those that it allows, and ask their tools' breakers.

        Before what a person let through, ask the shared budgets whether the run may go on after it.
        """
        self.names = {key(call): name for name, call in proposed.items()}
        self.own, self.judged, self.short = {}, {}, None
        flight = state.flight
        if flight and flight.doubt is Doubt.CLEARED and (spec := self.spec(flight.tool)):
            await self.health.ask(flight.call, spec, now)
        for name, call in proposed.items():
            spec = self.spec(call.tool)
            own = self.own[key(call)] = super().may_call(state, call, spec, now)
            if spec is None or own.answer is not Answer.ALLOW:
                continue
            self.judged[key(call)] = await self.judge(name, state, call, spec, now)
            ask = state.ask_of(name)
            if ask and ask.word in APPROVED and self.short is None:
                self.short = await self.lacking(state, now)
            if self.judged[key(call)].allowed or (ask and ask.word in APPROVED):
                await self.health.ask(name, spec, now)

    async def lacking(self, state: State, now: datetime) -> Ruling | None:
        """The shared budget that would end or pause the run at its next step; a cheaper planner is a way to go on."""
        said = await self.treasurer.room(state, limits.estimate(state), now)
        return None if said.answer is Answer.ALLOW or "downgrade" in said.detail else said

    async def judge(self, name: str, state: State, call: Call, spec: ToolSpec, now: datetime) -> Ruled:
        """The gate's answer, anew each time: earlier calls of the decision count. Against its policy's hour a call is counted once."""
        found = self.keeper.ruled(state, call, spec, current.gate(), now)
        if found.hourly is None or name in self.counted:
            return found
        self.counted.add(name)
        if await self.take(found, now):
            return found
        self.keeper.used_up[found.rule] = (tool_policies.hour_of(now), found.hourly)
        return self.keeper.ruled(state, call, spec, current.gate(), now)

    async def take(self, found: Ruled, now: datetime) -> bool:
        facts = {"policy": found.rule, "agent": self.keeper.agent, "hour": tool_policies.hour_of(now), "cap": found.hourly}

        async def taking() -> bool:
            async with (await store.connections()).connection() as connection:
                return await (await connection.execute(tool_policies.TAKE, facts)).fetchone() is not None

        return await store.patiently(self.keeper.lease.run, taking)

    def may_call(self, state: State, call: Call, spec: ToolSpec | None, now: datetime) -> Ruling:
        own = self.own.get(key(call)) or super().may_call(state, call, spec, now)
        if own.answer is not Answer.ALLOW or spec is None:
            return own
        found = ruling(self.judged.get(key(call)) or self.keeper.ruled(state, call, spec, current.gate(), now))
        if found.answer is Answer.DENY:
            return found
        if found.answer is Answer.REQUIRE_APPROVAL:
            found = replace(found, detail={**found.detail, "loop_score": round(self.watching.score, 2)})
        return self.halted(spec) or self.health.ruling(self.names.get(key(call), "")) or found

    def halted(self, spec: ToolSpec | None = None) -> Ruling | None:
        """A pulled lever pauses the run where it stands: a planner that is told no again and again only finds ways around."""
        found = halts.halted(self.keeper.agent, spec.name if spec else "", spec.effect.value if spec else "")
        if found is None:
            return None
        paused = StopReason.USER_PAUSED
        return Ruling(Answer.DENY, rule=found.rule, sentence=found.sentence, stop=paused, pause=True, detail=dict(found.facts))

    def watch(self, state: State, now: datetime) -> Ruling | None:
        return self.watching.ruling(state) or self.judging.ruling(state)

    def inquire(self, state: State, now: datetime) -> Inquiry | None:
        return self.judging.inquiry(state)

    def accepts(self, state: State, final: str, now: datetime) -> Ruling:
        return self.examiner.ruling(state, final)

    def meaning(self, spec: ToolSpec, back: Returned, said: Verdict | None) -> Meaning:
        standards = current.thresholds()
        return truth.meaning(spec, back, said, standards.truth, standards.truth_version)

    async def learn(self, state: State, flight: Flight, back: Returned, meaning: Meaning, now: datetime) -> None:
        spec = self.spec(flight.tool)
        if spec is not None:
            await self.health.tell(state, flight, spec, back, meaning, now)

    def may_repeat(self, state: State, flight: Flight, now: datetime) -> Ruling | None:
        spec = self.spec(flight.tool)
        return (self.halted(spec) or self.health.ruling(flight.call)) if spec else None

    def may_retry(self, state: State, flight: Flight, back: Returned, verdict: Verdict, now: datetime) -> Ruling:
        spec = self.spec(flight.tool)
        return self.health.may_retry(state, flight, spec) if spec else Ruling(Answer.DENY)


def key(call: Call) -> Key:
    """What tells the calls of one decision apart, while they are at hand; a call that was rewritten since is judged anew."""
    return call.id, call.tool, id(call.args)
