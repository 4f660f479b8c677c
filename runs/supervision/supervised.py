"""All rules of one run: its own limits and schemas first, then the policies of the house as they are at each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from policies import current, tool_policies
from policies.rules import gate as policy_gate
from policies.rules.gate_facts import Ruled
from runs.engine import tokens
from runs.engine.effects import Meaning
from runs.engine.events import Event
from runs.engine.ports import Answer, Call, Returned, Ruling, ToolSpec
from runs.engine.state import State
from runs.engine.vocabulary import Verdict
from runs.runtime import store
from runs.runtime.rules import OwnRules
from runs.supervision import truth
from runs.supervision.acceptance import Examiner
from runs.supervision.gate import Gatekeeper, ruling
from runs.supervision.watch import Watch


@dataclass
class Supervised(OwnRules):
    """The supervision of one run in one worker's hands. `judged` holds the gate's answers for the calls now proposed."""

    keeper: Gatekeeper
    examiner: Examiner
    watching: Watch = field(default_factory=lambda: Watch(lambda: current.thresholds().loops))
    judged: dict[str, Ruled] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)

    def observe(self, events: Sequence[Event]) -> None:
        self.keeper.observe(events)
        self.watching.observe(events)
        self.examiner.observe(events)

    async def prepare(self, state: State, proposed: Mapping[str, Call], now: datetime) -> None:
        """Judge the proposed calls, and count against their policy's hour those that it allows."""
        policies = current.gate()
        for name, call in proposed.items():
            spec = self.spec(call.tool)
            if name in self.counted or spec is None or super().may_call(state, call, spec, now).answer is not Answer.ALLOW:
                continue
            found = self.keeper.ruled(state, call, spec, policies, now)
            if found.hourly is not None:
                self.counted.add(name)
                if not await self.take(found, now):
                    found = self.over(found, state, call, spec, policies, now)
            self.judged[key(call)] = found

    async def take(self, found: Ruled, now: datetime) -> bool:
        facts = {"policy": found.rule, "agent": self.keeper.agent, "hour": tool_policies.hour_of(now), "cap": found.hourly or 0}
        async with (await store.connections()).connection() as connection:
            return await (await connection.execute(tool_policies.TAKE, facts)).fetchone() is not None

    def over(self, found: Ruled, state: State, call: Call, spec: ToolSpec, policies: policy_gate.Gate, now: datetime) -> Ruled:
        """The hour is used up: what the policy says of that."""
        self.keeper.hours[found.rule] = found.hourly or 0
        return self.keeper.ruled(state, call, spec, policies, now)

    def may_call(self, state: State, call: Call, spec: ToolSpec | None, now: datetime) -> Ruling:
        own = super().may_call(state, call, spec, now)
        if own.answer is not Answer.ALLOW or spec is None:
            return own
        found = self.judged.get(key(call)) or self.keeper.ruled(state, call, spec, current.gate(), now)
        return ruling(found)

    def watch(self, state: State, now: datetime) -> Ruling | None:
        return self.watching.ruling(state)

    def accepts(self, state: State, final: str, now: datetime) -> Ruling:
        return self.examiner.ruling(state, final)

    def meaning(self, spec: ToolSpec, back: Returned, said: Verdict | None) -> Meaning:
        return truth.meaning(spec, back, said, current.thresholds().truth)


def key(call: Call) -> str:
    """What tells the calls of one decision apart."""
    return f"{call.id} {call.tool} {tokens.rendered(call.args)}"
