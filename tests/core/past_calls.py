"""Calls as the loop detector remembers them."""

from dataclasses import replace
from typing import Any

from policies.loops.loop_thresholds import DEFAULTS
from policies.loops.observations import CallObserved
from policies.loops.past_calls import PastCall, remembered

PROSE = "Please find out which of the two harbours is the older one"


def call(index: int = 0, tool: str = "find", answer: str = "rows", **facts: Any) -> PastCall:
    """A call as it is remembered; `args`, `failed` and what was found of it are facts."""
    called = CallObserved(
        index, tool, facts.pop("args", {"q": 1}), answer, facts.pop("failed", False)
    )
    return replace(remembered(called, answer, DEFAULTS), **facts)
