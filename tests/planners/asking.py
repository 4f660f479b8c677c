"""Builders of what a planner is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from runs import planners
from runs.engine.ports import ContextMessage, Planner, PlanRequest, Speaker, ToolSpec

GET_ORDER = ToolSpec(
    name="get_order",
    description="One order by its number.",
    schema={"type": "object", "properties": {"order": {"type": "integer"}}, "required": ["order"]},
)
GOAL = (
    ContextMessage(Speaker.SYSTEM, "You are a refund desk."),
    ContextMessage(Speaker.USER, "Refund order 7."),
)


@dataclass(frozen=True)
class Told:
    history: Sequence[ContextMessage]

    def messages(self) -> Sequence[ContextMessage]:
        return self.history


def request(
    *history: ContextMessage,
    step: int = 1,
    tools: tuple[ToolSpec, ...] = (GET_ORDER,),
    max_tokens_out: int = 500,
) -> PlanRequest:
    return PlanRequest(
        "run-1",
        step,
        "Refund order 7.",
        5,
        "correlation",
        Told(history or GOAL),
        tools,
        max_tokens_out,
        None,
    )


def planner(name: str, base_url: str, **snapshot: object) -> Planner:
    return planners.build({"planner": name, "base_url": base_url, **snapshot})
