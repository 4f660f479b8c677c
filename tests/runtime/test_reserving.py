"""What a budget decides on a step, from the driver to the journal: it is asked before each planner
call, and nothing but an ALLOW lets that call be made.
"""

import math
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from policies.decision import ENDING, Decision, DecisionKind, StopReason
from policies.routing.rules import Routed
from runs.engine import events as e
from runs.engine.actions import NoApprovals
from runs.engine.ports import Planner, PlannerTurn, PlanRequest
from runs.engine.state import RunState
from runs.planners.selection import NoPlanner
from runs.runtime import loop
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from tests.runtime.watched_runs import RUN, Memory, Tools, Watched

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
    routed: list[Routed] = field(default_factory=list)

    def route(self, state: RunState, now: Any) -> Routed | None:
        return self.routed.pop() if self.routed else None

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


def played(
    *decisions: Decision, routed: tuple[Routed, ...] = (), unreached: str = ""
) -> tuple[list[e.RunEvent], list[str]]:
    """The journal of a run whose first step is decided on so, and the planners that were asked."""
    memory, tools, asked = Memory(lambda memory: None), Tools(), list[str]()
    held = memory.journals.acquire(RUN, "w")
    assert held is not None

    def planners(name: str) -> Planner:
        if name and name == unreached:
            return NoPlanner(name, "its key is not set.")
        if name == "broken":
            raise ValueError("it breaks")
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
    driver.configure(tools, Once(tools, lambda schema, args: [], [*decisions], [*routed]))
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


def test_a_cheaper_model_that_cannot_be_asked_from_here_pauses_the_run_for_a_person() -> None:
    (paused, *_), asked = played(of_kind(DecisionKind.ALLOW_WITH_CAPS), unreached="cheaper")
    assert isinstance(paused, e.RunPaused)
    assert (paused.rule, paused.reason) == ("budget:day", StopReason.BUDGET_EXCEEDED)
    said = "It is used up. cheaper cannot be asked from here: its key is not set."
    assert paused.detail == said
    assert asked == []


BETTER = Routed("plan", "routing:stuck", 4, "run.failures >= 2 holds.", 3, "better")


def test_a_policy_that_routes_is_on_the_record_with_its_version() -> None:
    (routed, planned, *_), asked = played(routed=(BETTER,))
    assert isinstance(routed, e.RunRouted)
    assert (routed.rule, routed.version, routed.tier) == ("routing:stuck", 4, "plan")
    assert (routed.planner, routed.hold, routed.detail) == ("better", 3, "run.failures >= 2 holds.")
    assert (planned.kind, asked) == ("step.planned", ["better"])


def test_a_better_model_that_cannot_be_asked_from_here_is_left_alone_for_some_steps() -> None:
    (routed, planned, *_), asked = played(routed=(BETTER,), unreached="better")
    assert isinstance(routed, e.RunRouted)
    assert (routed.tier, routed.hold) == ("step", 10)
    assert routed.detail == "better cannot be asked from here: its key is not set."
    assert routed.rule == "routing:stuck"
    assert (planned.kind, asked) == ("step.planned", ["dear"])


def test_a_model_that_breaks_when_it_is_made_is_one_that_cannot_be_asked() -> None:
    (routed, *_), asked = played(routed=(replace(BETTER, planner="broken"),))
    assert isinstance(routed, e.RunRouted)
    assert routed.detail == "broken cannot be asked from here: ValueError: it breaks"
    assert asked == ["dear"]
