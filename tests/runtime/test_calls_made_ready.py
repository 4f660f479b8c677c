"""A call is made ready while its intent is on its way to the journal, and begun once it is there:
the real driver over a journal in memory.
"""

import asyncio
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from console.json_value import Json
from policies.decision import ALLOWED, Decision
from runs.engine import events as e
from runs.engine.actions import NoApprovals, Perform
from runs.engine.events import RunEvent
from runs.engine.kept_calls import Flight
from runs.engine.ports import PlannerTurn, PlanRequest, ReadyCall, ToolCall, ToolContext, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Verdict
from runs.runtime import loop
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.call_preview import FRESH, LONG_AGO, CallPreview, FoundCall
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from runs.simulation.journals import MemoryStore
from tests.runtime.watched_runs import RUN, Memory

LOOK = ToolSpec("look", "", {}, Effect.READ, idempotent=True)


@dataclass
class Course:
    """What was done, in order; `beside` is done by others just before an append of this kind."""

    done: list[str] = field(default_factory=list)
    until: datetime | None = None
    gone: Callable[[], None] | None = None
    slow: bool = False
    beside: dict[str, Callable[[Memory], None]] = field(default_factory=dict)


class Noted(MemoryStore):
    def __init__(self, held: Any, memory: Memory, course: Course) -> None:
        super().__init__(held, memory.journals)
        self.memory, self.course = memory, course

    async def _append(self, rows: Any, seq: int, projection: Any, beside: Any, think: Any) -> int:
        kinds = [row.record.kind for row in rows]
        think()
        for kind in kinds:
            if (others := self.course.beside.pop(kind, None)) is not None:
                others(self.memory)
        last = await super()._append(rows, seq, projection, beside, None)
        self.course.done.append("+".join(kinds))
        return last


@dataclass
class Waiting:
    """A call that was made ready, or `unable` to be begun for a reason of its own."""

    course: Course
    call: str
    going: bool = False

    def go(self) -> bool:
        self.course.done.append(f"go {self.call}")
        self.going = True
        if self.course.gone is not None:
            self.course.gone()
        return True

    async def begin(self, meanwhile: Callable[[], None]) -> Json:
        self.course.done.append(f"{'await' if self.going else 'begin'} {self.call}")
        self.going = False
        meanwhile()
        if self.course.slow:
            try:
                await asyncio.Event().wait()
            finally:
                self.course.done.append(f"ended {self.call}")
        self.course.done.append(f"made {self.call}")
        return {}

    def drop(self) -> None:
        self.course.done.append(f"drop {self.call}")


@dataclass
class Able:
    """A tool that makes ready, unless it `fails` at that."""

    course: Course
    fails: bool = False
    spec = LOOK

    def make_ready(self, args: Mapping[str, Json], context: ToolContext) -> ReadyCall | None:
        call = context.idempotency_key.partition(":")[2]
        self.course.done.append(f"ready {call}")
        if self.fails:
            raise OSError("no link")
        return Waiting(self.course, call)

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        self.course.done.append("plainly made")
        self.course.until = context.deadline
        return {}

    def specs(self) -> tuple[ToolSpec, ...]:
        return (self.spec,)

    def find(self, name: str) -> Any:
        return self

    async def check(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Verdict:
        return Verdict.SUCCEEDED


class Planning:
    """So many calls in its first turn, then an answer."""

    model, window = "scripted", 100_000

    def __init__(self, calls: int) -> None:
        self.calls = calls

    def price(self, tokens_in: int, tokens_out: int) -> None:
        return None

    async def decide(self, asked: PlanRequest) -> PlannerTurn:
        if asked.step > 1:
            return PlannerTurn(final="done")
        calls = tuple(ToolCall(f"r{n}", "look", {"n": n}) for n in range(self.calls))
        return PlannerTurn(thought="on", calls=calls)


@dataclass
class Hearing(OwnRules):
    """Rules that note what they are told, and when they are asked what it means."""

    course: Course = field(default_factory=Course)
    deaf: bool = False

    def observe(self, events: Any) -> None:
        kinds: list[RunEvent] = list(events)
        if self.deaf and any(isinstance(each, e.CallIntended) for each in kinds):
            raise ValueError("a rule of ours is wrong")
        self.course.done += [f"told {each.kind}" for each in kinds]

    def watch(self, state: RunState, now: Any) -> Decision:
        self.course.done.append("asked")
        return ALLOWED


def ready(
    course: Course, *, calls: int = 1, fails: bool = False, deaf: bool = False, parallel: int = 1
) -> tuple[Memory, Driver]:
    memory, box = Memory(lambda memory: None, parallel), Able(course, fails)
    held = memory.journals.acquire(RUN, "w")
    assert held is not None
    driver = Driver(
        held,
        Handle(RUN, held.epoch, good_until=math.inf),
        lambda name: Planning(calls),
        NoApprovals(),
        memory.now,
        threading.Event(),
        Noted(held, memory, course),
        lambda frame: None,
    )
    driver.learn(driver.store.read_now(0))
    driver.configure(box, Hearing(box, lambda schema, args: [], course, deaf))
    return memory, driver


def played(course: Course, *, calls: int = 1, fails: bool = False, deaf: bool = False) -> Memory:
    memory, driver = ready(course, calls=calls, fails=fails, deaf=deaf)
    loop.submit(driver.drive()).result(30)
    return memory


def between(course: Course, first: str, last: str) -> list[str]:
    return course.done[course.done.index(first) : course.done.index(last) + 1]


def test_it_is_made_ready_before_its_intent_is_in_the_journal_and_begun_after() -> None:
    course = Course()
    played(course)
    assert between(course, "ready 1.1", "made 1.1") == [
        "ready 1.1",
        "step.planned+call.intended",
        "go 1.1",
        "await 1.1",
        "told step.planned",
        "told call.intended",
        "made 1.1",
    ]
    assert "plainly made" not in course.done


def test_rules_have_heard_of_all_events_in_order_before_they_are_asked_anything() -> None:
    course = Course()
    memory = played(course, calls=3)
    told = [each.removeprefix("told ") for each in course.done if each.startswith("told ")]
    assert told == [each.kind for each in memory.run.events]
    second = [place for place, each in enumerate(course.done) if each == "asked"][-1]
    assert course.done[:second].count("told call.returned") == 3


@pytest.mark.parametrize(
    ("said", "status"),
    [(e.PauseRequested, "paused"), (e.KillRequested, "stopped")],
)
def test_one_that_is_overtaken_by_a_person_is_dropped_and_not_made(said: Any, status: str) -> None:
    course = Course()
    course.beside["call.intended"] = lambda memory: memory.say(
        said(at=memory.now(), actor="user:ada")
    )
    memory = played(course)
    assert "drop 1.1" in course.done
    assert not [each for each in course.done if each.startswith(("go", "begin", "plainly"))]
    assert memory.state.status == status


def test_one_whose_append_had_to_be_thought_over_is_made_ready_anew() -> None:
    course = Course()
    course.beside["step.planned"] = lambda memory: memory.say(
        e.HintGiven(at=memory.now(), actor="user:ada", step=0, text="look twice", rule="hint")
    )
    played(course)
    assert between(course, "ready 1.1", "go 1.1") == [
        "ready 1.1",
        "told hint.given",
        "drop 1.1",
        "ready 1.1",
        "step.planned+call.intended",
        "go 1.1",
    ]


def test_one_that_cannot_be_made_ready_is_made_as_any_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    course = Course()
    memory = played(course, fails=True)
    assert "plainly made" in course.done
    assert memory.state.status == "completed"
    assert "could not be made ready" in caplog.text


def test_what_a_rule_raises_meanwhile_is_no_failure_of_the_call() -> None:
    course = Course()
    with pytest.raises(ValueError, match="a rule of ours"):
        played(course, deaf=True)
    assert "made 1.1" in course.done
    assert "drop 1.1" in course.done, "of no effect on what was begun"


def test_one_whose_commit_took_long_is_told_of_all_the_time_that_it_has() -> None:
    course = Course()

    def stalled(memory: Memory) -> None:
        memory.clock += timedelta(seconds=60)

    course.beside["call.intended"] = stalled
    memory = played(course)
    assert "plainly made" in course.done, "the other one would be told of a time that is over"
    intended = next(each for each in memory.run.events if isinstance(each, e.CallIntended))
    assert course.until is not None
    assert course.until >= intended.at + timedelta(seconds=60 + LOOK.timeout)
    assert memory.state.status == "completed"


def test_a_call_that_is_back_is_not_made_again_while_those_beside_it_are_written() -> None:
    course = Course()
    memory, driver = ready(course, calls=3, parallel=3)
    loop.submit(driver.drive()).result(30)
    begun = [each for each in course.done if each.startswith(("go", "begin", "plainly"))]
    assert sorted(begun) == ["begin 1.1", "begin 1.2", "begin 1.3"]
    assert memory.state.status == "completed"


FLIGHT = Flight("1.1", "r", "look", {}, "k", 1, True, False, False, 9.0)
ABLE: Any = Able(Course())
FOUND = FoundCall(FLIGHT, ABLE, LOOK, ToolContext("r", 1, "p", "c", "k", "", LONG_AGO))


def back(memory: Memory) -> e.CallReturned:
    [found] = [each for each in memory.run.events if isinstance(each, e.CallReturned)]
    return found


def test_nothing_goes_where_more_than_one_call_follows() -> None:
    two = Perform((FLIGHT, replace(FLIGHT, call="1.2")))
    state = RunState()
    beside = CallPreview(state, LONG_AGO, two, {"1.1": FOUND})
    assert beside.alone(state, LONG_AGO) is None
    single = replace(beside, action=Perform((FLIGHT,)))
    assert single.alone(state, LONG_AGO) is FOUND
    assert single.alone(replace(state), LONG_AGO) is None, "of another state"
    assert single.alone(state, LONG_AGO + 2 * FRESH) is None, "too long ago"


def test_what_a_person_says_once_it_goes_is_heard_and_its_result_is_kept() -> None:
    course = Course()
    memory, driver = ready(course)

    def paused() -> None:
        memory.say(e.PauseRequested(at=memory.now(), actor="user:ada"))
        driver.handle.news = True

    course.gone = paused
    loop.submit(driver.drive()).result(30)
    assert course.done.count("go 1.1") == course.done.count("await 1.1") == 1
    assert "begin 1.1" not in course.done
    assert back(memory).outcome == "ok"
    assert memory.state.status == "paused"


def test_a_kill_that_comes_once_it_goes_ends_it_before_it_is_confirmed() -> None:
    course = Course(slow=True)
    memory, driver = ready(course)

    def killed() -> None:
        memory.say(e.KillRequested(at=memory.now(), actor="user:ada"))
        driver.handle.halted = driver.handle.news = True

    course.gone = killed
    loop.submit(driver.drive()).result(30)
    confirmed = "call.returned+run.kill_acknowledged"
    assert course.done.index("ended 1.1") < course.done.index(confirmed)
    assert back(memory).outcome == "cancelled"
    assert "before it was made" not in back(memory).error
    assert memory.state.status == "stopped"


def test_a_run_that_is_halted_while_its_call_goes_does_not_say_that_it_was_not_made() -> None:
    course = Course(slow=True)
    memory, driver = ready(course)

    def halted() -> None:
        memory.say(e.KillRequested(at=memory.now(), actor="user:ada"))
        driver.handle.halted = True  # and the news of it come later

    course.gone = halted
    driver.handle.soon = lambda what: loop.loop().call_soon(what)
    loop.submit(driver.drive()).result(30)
    assert "ended 1.1" in course.done
    assert "before it was made" not in back(memory).error


def test_a_process_that_drains_waits_for_the_call_that_goes() -> None:
    course = Course()
    memory, driver = ready(course)
    course.gone = driver.draining.set
    loop.submit(driver.drive()).result(30)
    assert course.done.count("await 1.1") == 1
    assert back(memory).outcome == "ok"
    assert memory.state.step == 1


def test_a_call_that_goes_is_not_made_again_because_its_lease_may_be_over_by_now() -> None:
    course = Course()
    memory, driver = ready(course)

    def slept() -> None:
        driver.handle.good_until = 0.0

    course.gone = slept
    loop.submit(driver.drive()).result(30)
    assert course.done.count("await 1.1") == 1
    assert "plainly made" not in course.done
    assert back(memory).outcome == "ok"


@pytest.mark.parametrize("wanted", ["news", "halted", "drained", "leaving"])
def test_nothing_goes_while_somebody_wants_something_of_the_run(wanted: str) -> None:
    handle = Handle(RUN, 1, good_until=math.inf)
    assert handle.unhindered()
    setattr(handle, wanted, True)
    assert not handle.unhindered()


def test_nothing_goes_once_the_lease_may_be_over_or_is_lost() -> None:
    assert not Handle(RUN, 1, good_until=0.0).unhindered()
    lost = Handle(RUN, 1, good_until=math.inf)
    lost.lost = True
    assert not lost.unhindered()
