"""Endpoints and short conversations for the tests of the wire formats."""

from typing import Any

from runs.engine.ports import (
    PlannerTurn,
    ToolCall,
    Usage,
)
from runs.planners import answer, anthropic_wire, openai_wire
from runs.planners.answer import ModelAnswer
from runs.planners.conversation import Names

NAMED = Names({"get_order": "get_order"})
CALL = ToolCall("call_1_1", "get_order", {"order": 7})


def openai(message: Any, **choice: Any) -> ModelAnswer:
    return openai_wire.answer({"choices": [{"message": message, **choice}]})


def anthropic(*blocks: Any, **reply: Any) -> ModelAnswer:
    return anthropic_wire.answer({"content": list(blocks), **reply})


FUNCTION = {"name": "get_order", "arguments": '{"order": 7}'}


def turned(found: ModelAnswer) -> PlannerTurn:
    return answer.turn(found, 1, NAMED, Usage(), "m", "maker", 500)
