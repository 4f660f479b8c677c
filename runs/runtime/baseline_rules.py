"""The rules that every run has whatever its policies: its own limits, its tools and their schemas,
and the plain reading of a result.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from console.json_value import Json
from policies.decision import ALLOWED, Decision, DecisionKind
from policies.gate.effect_keys import ProposedEffect
from policies.outages.pace import Turn
from policies.outages.rules import UNTIL_THE_END, Patience
from policies.routing.rules import Routed
from policies.verdicts import Meaning
from runs.engine import effects_had, limits
from runs.engine.engine_errors import PlannerError
from runs.engine.events import RunEvent
from runs.engine.kept_calls import Flight
from runs.engine.ports import (
    UNPREPARED,
    Inquiry,
    Prepared,
    PreparedCalls,
    Returned,
    Toolbox,
    ToolCall,
    ToolSpec,
    Usage,
    is_withholding,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import Outcome, Verdict

SERVED = (
    " If it is an MCP server's, that server has no such tool, or could not be reached when this run"
    " was taken in hand."
)
Problems = Callable[[Mapping[str, Json], Json], list[str]]


@dataclass
class OwnRules:
    """Allowlist, argument schemas and limits of one run. `problems(schema, args)` gives sentences
    about what is wrong with the arguments.
    """

    toolbox: Toolbox
    problems: Problems

    def spec(self, tool: str) -> ToolSpec | None:
        found = self.toolbox.find(tool)
        return found.spec if found else None

    def may_plan(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision:
        return limits.may_plan(state, now, estimate)

    def may_call(
        self, state: RunState, call: ToolCall, prepared: Prepared | None, now: datetime
    ) -> Decision:
        """The decision prepared for this very call. One prepared for other arguments, or for a call
        that was not to be made, lets nothing through.
        """
        if prepared is None or prepared.call != call:
            return UNPREPARED
        found, breaker = prepared.decision, prepared.breaker
        match found.kind:
            case DecisionKind.DENY | DecisionKind.PAUSE | DecisionKind.STOP:
                return found
            case DecisionKind.ASK if breaker is None:
                return found
            case DecisionKind.ALLOW | DecisionKind.ALLOW_WITH_CAPS | DecisionKind.ASK:
                breaker = breaker or UNPREPARED
                return found if breaker.allowed else breaker
        assert_never(found.kind)

    def weigh(self, state: RunState, call: ToolCall, now: datetime) -> Decision:
        spec = self.spec(call.tool)
        if spec is None and (why := self.withheld(call.tool)):
            return Decision(DecisionKind.DENY, rule="held", sentence=why)
        if spec is None:
            return Decision(DecisionKind.DENY, rule="allowlist", sentence=self.no_such(call.tool))
        wrong = self.problems(spec.schema, call.args)
        if wrong:
            return Decision(
                DecisionKind.DENY,
                rule="arguments",
                sentence=f"Arguments of {call.tool}: {'; '.join(wrong[:5])}.",
            )
        return Decision(DecisionKind.ALLOW, rule="allowlist")

    def may_repeat(
        self, state: RunState, flight: Flight, prepared: Prepared | None, now: datetime
    ) -> Decision:
        return ALLOWED

    def withheld(self, tool: str) -> str:
        """Why a tool that is there is not to be called; empty when nothing is known against it."""
        known = self.toolbox.withheld if is_withholding(self.toolbox) else {}
        return known.get(tool, "")

    def no_such(self, tool: str) -> str:
        names = sorted(spec.name for spec in self.toolbox.specs())
        there = f"There are: {', '.join(names[:40])}." if names else "There are none at all."
        served = SERVED if "." in tool else ""
        return f"There is no tool {tool!r} here. {there}{served}"

    def may_retry(
        self, state: RunState, flight: Flight, back: Returned, verdict: Verdict, now: datetime
    ) -> Decision:
        return Decision(DecisionKind.DENY)

    def watch(self, state: RunState, now: datetime) -> Decision:
        return ALLOWED

    def inquire(self, state: RunState, now: datetime) -> Inquiry | None:
        return None

    def route(self, state: RunState, now: datetime) -> Routed | None:
        return None

    def summariser(self, state: RunState) -> str | None:
        return None

    def accepts(self, state: RunState, final: str, now: datetime) -> Decision:
        return ALLOWED

    def meaning(self, spec: ToolSpec, back: Returned, said: Verdict | None) -> Meaning:
        if back.outcome is Outcome.OK:
            return Meaning(said, "check") if said else Meaning(Verdict.SUCCEEDED, "returned")
        if back.outcome is Outcome.ERROR and back.answered:
            return Meaning(Verdict.FAILED, "error")
        return Meaning(Verdict.FAILED if spec.idempotent else Verdict.UNKNOWN, str(back.outcome))

    async def reserve(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision:
        return ALLOWED

    def at_hand(self, state: RunState, estimate: limits.Estimate, now: datetime) -> Decision | None:
        return None

    async def settle(self, state: RunState, usage: Usage | None, now: datetime) -> None:
        return None

    async def prepare(
        self, state: RunState, proposed: Mapping[str, ToolCall], now: datetime
    ) -> PreparedCalls:
        return {
            name: Prepared(call, self.weigh(state, call, now), ALLOWED, self.effect(call))
            for name, call in proposed.items()
        }

    def effect(self, call: ToolCall) -> ProposedEffect | None:
        """What the call is known by, where its tool names that."""
        return effects_had.proposed(spec, call) if (spec := self.spec(call.tool)) else None

    async def turn(self, state: RunState, place: str, now: datetime) -> Turn:
        return Turn()

    async def heard(
        self, state: RunState, place: str, error: PlannerError | None, now: datetime
    ) -> None:
        return None

    def patience(self, planner: str) -> Patience:
        return UNTIL_THE_END

    async def learn(
        self, state: RunState, flight: Flight, back: Returned, meaning: Meaning, now: datetime
    ) -> None:
        return None

    def preview(self, events: Sequence[RunEvent]) -> None:
        return None

    def observe(self, events: Sequence[RunEvent]) -> None:
        return None

    async def close(self, state: RunState, now: datetime) -> None:
        return None
