"""What a budget decides on a step, from the driver to the journal: it is asked before each planner
call, and nothing but an ALLOW lets that call be made.
"""

import math
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from policies.decision import ENDING, Decision, DecisionKind, StopReason
from runs.engine import events as e
from runs.engine.actions import NoApprovals
from runs.engine.ports import Planner, PlannerTurn, PlanRequest
from runs.engine.state import RunState
from runs.runtime import loop
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from tests.runtime.test_standing_word import RUN, Memory, Tools, Watched

CHEAPER = {"downgrade": "cheaper"}
FOLLOWS = {
    DecisionKind.ALLOW: ("step.planned", ["dear"]),
    DecisionKind.ALLOW_WITH_CAPS: ("run.downgraded", ["cheaper"]),
    DecisionKind.ASK: ("run.stopped", []),
    DecisionKind.DENY: ("run.stopped", []),
    DecisionKind.PAUSE: ("run.paused", []),
    DecisionKind.STOP: ("run.stopped", []),
}


@dataclass
class Once(OwnRules):
    """A budget that has one thing to say, and nothing against any later step."""

    said: list[Decision] = field(default_factory=list)

    async def reserve(self, state: RunState, estimate: Any, now: Any) -> Decision:
        return self.said.pop() if self.said else await super().reserve(state, estimate, now)


class Answering:
    """A planner that is done at once."""

    window = 100_000

    def __init__(self, model: str, asked: list[str]) -> None:
        self.model, self.asked = model, asked

    def price(self, tokens_in: int, tokens_out: int) -> None:
        return None

    async def decide(self, request: PlanRequest) -> PlannerTurn:
        self.asked.append(self.model)
        return PlannerTurn(final="done")


def played(decision: Decision) -> tuple[list[e.RunEvent], list[str]]:
    """The journal of a run whose first step is decided on so, and the planners that were asked."""
    memory, tools, asked = Memory(lambda memory: None), Tools(), list[str]()
    held = memory.journals.acquire(RUN, "w")
    assert held is not None

    def planners(name: str) -> Planner:
        return Answering(name or "dear", asked)

    handle = Handle(RUN, held.epoch, good_until=math.inf)
    driver = Driver(
        held,
        handle,
        planners,
        NoApprovals(),
        memory.now,
        threading.Event(),
        Watched(held, memory),
        lambda frame: None,
    )
    driver.learn(driver.store.read_now(0))
    driver.configure(tools, Once(tools, lambda schema, args: [], [decision]))
    loop.submit(driver.drive()).result(30)
    return memory.run.events[2:], asked


def of_kind(kind: DecisionKind) -> Decision:
    reason = StopReason.BUDGET_EXCEEDED if kind in ENDING else None
    return Decision(kind, "budget:day", 2, "It is used up.", CHEAPER, reason)


@pytest.mark.parametrize("kind", DecisionKind)
def test_each_kind_of_decision_on_a_step_does_its_own(kind: DecisionKind) -> None:
    events, asked = played(of_kind(kind))
    assert (events[0].kind, asked) == FOLLOWS[kind]


def test_why_a_budget_ends_a_run_is_on_the_record() -> None:
    (stopped, *_), _ = played(of_kind(DecisionKind.STOP))
    assert isinstance(stopped, e.RunStopped)
    assert (stopped.rule, stopped.version) == ("budget:day", 2)
    assert (stopped.detail, stopped.facts) == ("It is used up.", CHEAPER)
    assert stopped.reason is StopReason.BUDGET_EXCEEDED


def test_a_kind_that_nobody_listed_ends_the_run_before_anything_is_asked() -> None:
    unheard_of = Decision("perhaps", "budget:day", 2, "It says so.")  # type: ignore[arg-type]
    events, asked = played(unheard_of)
    assert [event.kind for event in events] == ["run.stopped"]
    assert asked == []
