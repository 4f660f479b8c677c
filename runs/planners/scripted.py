"""The scripted planner: plays a script, the same for the same run and step.

Keeps nothing, spends nothing, calls nobody.
"""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from runs.engine import tokens
from runs.engine.engine_errors import PlannerError
from runs.engine.ports import PlannerTurn, PlanRequest, ToolCall, Usage
from runs.planners.scope import TurnScope
from runs.planners.script import Script, ScriptTurn

OVER: Final = "The script is over."


@dataclass(frozen=True, slots=True)
class ScriptedPlanner:
    """Plays `script`.

    A step that refers to no earlier result never asks for the context, so it costs the same at any
    length.
    """

    script: Script

    @property
    def model(self) -> str:
        return self.script.model

    @property
    def window(self) -> int | None:
        return self.script.window

    def price(self, tokens_in: int, tokens_out: int) -> Decimal | None:
        return self.script.prices.of(tokens_in, tokens_out)

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        place = self.script.at(request.step)
        if place is None:
            return PlannerTurn(final=OVER, model=self.model)
        step, n = place
        scope = TurnScope(request, self.script, step.line, n)
        act = step.on_failure if step.on_failure and scope.last_call_failed else step.act
        usage = Usage(act.tokens_in, act.tokens_out, act.usd)
        if seconds := taken(act, scope):
            await asyncio.sleep(seconds)
        if step.trouble and step.trouble.strikes(request.attempt):
            raise PlannerError(
                step.trouble.fault,
                step.trouble.message,
                step.trouble.retry_after,
                usage if act.tokens_in else None,
            )
        return turn(act, scope, usage, self.model)


def taken(act: ScriptTurn, scope: TurnScope) -> float:
    """Seconds the turn takes."""
    least, most = act.delay
    return scope.dice("delay").uniform(least, most) if most > least else most


def turn(act: ScriptTurn, scope: TurnScope, usage: Usage, model: str) -> PlannerTurn:
    """The act with its references filled in; `constant` ones are not even looked at."""
    thought, final, calls = act.thought, act.final, [[each.tool, each.args] for each in act.calls]
    if not act.constant:
        thought, final, calls = (
            tokens.rendered(scope.filled(thought)),
            final and tokens.rendered(scope.filled(final)),
            scope.filled(calls),
        )
    named = tuple(
        ToolCall(f"{scope.request.step}.{place}", *each) for place, each in enumerate(calls, 1)
    )
    return PlannerTurn(thought, named, final, usage, model)
