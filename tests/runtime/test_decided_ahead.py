"""The next turn is decided while the result before it is on its way to the journal: the real driver
over a journal in memory.
"""

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from console.json_value import Json
from policies.decision import ALLOWED, Decision, DecisionKind, StopReason
from runs.engine import events as e
from runs.engine.actions import NoApprovals
from runs.engine.limits import Estimate
from runs.engine.ports import PlannerTurn, PlanRequest, ToolCall, ToolContext, ToolSpec, Usage
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect
from runs.runtime import loop
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from tests.runtime.test_calls_made_ready import Course, Noted
from tests.runtime.watched_runs import RUN, Memory

LOOK = ToolSpec("look", "", {}, Effect.READ, idempotent=True)


@dataclass
class Looking:
    """One tool, whose calls are not made ready."""

    spec = LOOK

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        return {}

    def specs(self) -> tuple[ToolSpec, ...]:
        return (self.spec,)

    def find(self, name: str) -> Any:
        return self


@dataclass
class Turns:
    """So many turns with a call each, then an answer."""

    course: Course
    calls: int = 2
    model, window = "scripted", 100_000

    def price(self, tokens_in: int, tokens_out: int) -> None:
        return None

    async def decide(self, asked: PlanRequest) -> PlannerTurn:
        self.course.done.append(f"ask {asked.step}")
        if asked.step > self.calls:
            return PlannerTurn(final="done")
        return PlannerTurn(calls=(ToolCall("r", "look", {"n": asked.step}),))


@dataclass
class Telling(OwnRules):
    """Rules that note what they are told and asked, and hold grants for every turn.

    `number` tells those that are made anew from those before.
    """

    course: Course = field(default_factory=Course)
    number: int = 1
    deaf: bool = False
    word: Decision = ALLOWED
    told: list[str] = field(default_factory=list)
    open: bool = False

    def observe(self, events: Any) -> None:
        if self.deaf and any(isinstance(each, e.CallReturned) for each in events):
            raise ValueError("a rule of ours is wrong")
        self.told += [each.kind for each in events]

    def watch(self, state: RunState, now: Any) -> Decision:
        self.course.done.append(f"rules {self.number} watch {state.step}")
        return self.word

    def at_hand(self, state: RunState, estimate: Estimate, now: Any) -> Decision | None:
        self.course.done.append(f"held {state.step + 1}")
        self.open = True
        return ALLOWED

    async def reserve(self, state: RunState, estimate: Estimate, now: Any) -> Decision:
        self.course.done.append(f"drawn {state.step + 1}")
        self.open = True
        return ALLOWED

    async def settle(self, state: RunState, usage: Usage | None, now: Any) -> None:
        self.course.done.append("settled")
        self.open = False

    async def close(self, state: RunState, now: Any) -> None:
        self.course.done.append(f"rules {self.number} closed{' open' * self.open}")


@dataclass
class Played:
    memory: Memory
    rules: list[Telling]

    @property
    def kinds(self) -> list[str]:
        return [each.kind for each in self.memory.run.events]


def played(course: Course, *, calls: int = 2, anew: bool = True, **given: Any) -> Played:
    memory, box, made = Memory(lambda memory: None), Looking(), list[Telling]()
    held = memory.journals.acquire(RUN, "w")
    assert held is not None
    handle = Handle(RUN, held.epoch, good_until=math.inf)
    driver = Driver(
        held,
        handle,
        lambda name: Turns(course, calls),
        NoApprovals(),
        memory.now,
        threading.Event(),
        Noted(held, memory, course),
        lambda frame: None,
    )

    def rules() -> Telling:
        made.append(Telling(box, lambda schema, args: [], course, len(made) + 1, **given))
        return made[-1]

    driver.learn(driver.store.read_now(0))
    driver.configure(box, rules(), rules if anew else None)
    loop.submit(driver.drive()).result(30)
    return Played(memory, made)


def between(course: Course, first: str, last: str) -> list[str]:
    return course.done[course.done.index(first) : course.done.index(last) + 1]


def test_it_is_decided_and_reserved_before_the_result_is_in_the_journal_and_asked_after() -> None:
    course = Course()
    ran = played(course)
    assert between(course, "ask 1", "ask 2") == [
        "ask 1",
        "settled",
        "step.planned+call.intended",
        "rules 1 watch 1",
        "held 2",
        "call.returned",
        "ask 2",
    ]
    assert course.done.count("drawn 1") == 1, "nothing was held for the first"
    assert course.done[-1] == "rules 1 closed"
    assert ran.memory.state.status == "completed"


def test_rules_that_cannot_be_made_anew_are_told_once_it_is_in_the_journal() -> None:
    course = Course()
    played(course, anew=False)
    assert between(course, "call.returned", "ask 2") == [
        "call.returned",
        "rules 1 watch 1",
        "drawn 2",
        "ask 2",
    ]


@pytest.mark.parametrize("anew", [True, False])
def test_rules_hear_every_event_once_and_in_order(anew: bool) -> None:
    ran = played(Course(), calls=4, anew=anew)
    assert [each.told for each in ran.rules] == [ran.kinds]


def test_rules_that_heard_of_a_result_that_did_not_come_are_made_anew() -> None:
    course = Course()
    course.beside["call.returned"] = lambda memory: memory.say(
        e.HintGiven(at=memory.now(), actor="user:ada", step=1, text="look twice", rule="hint")
    )
    ran = played(course)
    late = ran.kinds.index("hint.given")
    assert ran.kinds[late + 1] == "call.returned", "the hint came first"
    assert len(ran.rules) == 2
    assert ran.rules[1].told == ran.kinds
    assert between(course, "rules 1 watch 1", "ask 2") == [
        "rules 1 watch 1",
        "held 2",
        "settled",
        "rules 1 closed",
        "held 2",
        "call.returned",
        "ask 2",
    ]


@pytest.mark.parametrize(
    ("said", "status"), [(e.PauseRequested, "paused"), (e.KillRequested, "stopped")]
)
def test_a_turn_that_a_person_comes_before_is_not_asked_and_takes_nothing(
    said: Any, status: str
) -> None:
    course = Course()
    course.beside["call.returned"] = lambda memory: memory.say(
        said(at=memory.now(), actor="user:ada")
    )
    ran = played(course)
    assert ran.memory.state.status == status
    assert "ask 2" not in course.done
    assert course.done[-1] == "rules 2 closed", "and nothing is kept for it"


def test_a_turn_that_news_come_before_gives_back_what_was_reserved() -> None:
    course = Course()

    class Late(Noted):
        async def _append(self, rows: Any, *more: Any) -> int:
            last = await super()._append(rows, *more)
            if course.done[-1] == "call.returned" and "said" not in course.done:
                course.done.append("said")
                self.memory.say(e.PauseRequested(at=self.memory.now(), actor="user:ada"))
                handle.news = True
            return last

    memory, box = Memory(lambda memory: None), Looking()
    held = memory.journals.acquire(RUN, "w")
    assert held is not None
    handle = Handle(RUN, held.epoch, good_until=math.inf)
    driver = Driver(
        held,
        handle,
        lambda name: Turns(course),
        NoApprovals(),
        memory.now,
        threading.Event(),
        Late(held, memory, course),
        lambda frame: None,
    )
    driver.learn(driver.store.read_now(0))
    rules = Telling(box, lambda schema, args: [], course)
    driver.configure(box, rules, lambda: rules)
    loop.submit(driver.drive()).result(30)
    assert between(course, "said", "run.paused") == ["said", "settled", "run.paused"]
    assert course.done[-1] == "rules 1 closed"


def test_a_pause_that_a_rule_wants_is_not_overruled_by_what_was_decided_ahead() -> None:
    course = Course()
    pause = Decision(DecisionKind.PAUSE, "loops", 1, "Again.", {}, StopReason.LOOP_DETECTED)
    ran = played(course, word=pause)
    assert ran.memory.state.status == "paused"
    assert "held 2" not in course.done
    assert "ask 2" not in course.done


def test_a_rule_that_fails_ahead_keeps_no_result_from_the_journal() -> None:
    course = Course()
    with pytest.raises(ValueError, match="a rule of ours"):
        played(course, deaf=True)
    assert "call.returned" in course.done
    assert "ask 2" not in course.done
