"""The real driver over a journal in memory, while a person acts at any of its appends."""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from console.json_value import Json
from policies.decision import ALLOWED, Decision, DecisionKind
from runs.engine import events as e
from runs.engine.actions import NoApprovals
from runs.engine.fold import folded
from runs.engine.ports import PlannerTurn, PlanRequest, Tool, ToolCall, ToolContext, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    AnswerAct,
    CallAct,
    Control,
    Effect,
    RunStatus,
    StopReason,
)
from runs.runtime import loop
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease
from runs.simulation.journals import Journals, MemoryStore
from runs.simulation.lives import SimulatedRun

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUN = UUID(int=7)

# Every interleaving: the real driver over a journal in memory, and a person who acts at any of its
# appends.


class Memory:
    """The run's journal and lease in memory; `person` acts as anybody's transaction may."""

    def __init__(self, person: Callable[["Memory"], None]) -> None:
        self.person, self.clock = person, START
        self.journals = Journals(self.now)
        self.run = SimulatedRun(RUN, {"name": "A"}, RUN)
        created = e.RunCreated(
            at=START, goal="g", agent="A", planner="", principal="anna", limits=LIMITS
        )
        self.journals.born(self.run, [created])

    @property
    def state(self) -> RunState:
        return self.run.state

    def now(self) -> datetime:
        self.clock += timedelta(milliseconds=10)
        return self.clock

    def say(self, *events: e.RunEvent) -> None:
        self.journals.say(RUN, events)


class Watched(MemoryStore):
    """Before each append the person may act."""

    def __init__(self, held: Lease, memory: Memory) -> None:
        super().__init__(held, memory.journals)
        self.memory = memory

    async def _append(self, *written: Any) -> int:
        self.memory.person(self.memory)
        return await super()._append(*written)


class Planning:
    """Two calls, one of which needs a person, then an answer."""

    model, window = "scripted", 100_000

    def price(self, tokens_in: int, tokens_out: int) -> None:
        return None

    async def decide(self, asked: PlanRequest) -> PlannerTurn:
        if asked.step > 2:
            return PlannerTurn(final="done")
        return PlannerTurn(
            thought="on",
            calls=(
                ToolCall("a", "look", {"n": asked.step}),
                ToolCall("b", "pay", {"n": asked.step}),
            ),
        )


class Tools:
    def __init__(self) -> None:
        self.made: list[str] = []
        self.all = {
            spec.name: spec
            for spec in (
                ToolSpec("look", "", {}, Effect.READ),
                ToolSpec("pay", "", {}, has_undo=True),
            )
        }

    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(self.all.values())

    def find(self, name: str) -> Tool | None:
        return Making(self.all[name], self.made) if name in self.all else None


@dataclass
class Making:
    spec: ToolSpec
    made: list[str]

    async def call(self, args: Mapping[str, Json], context: ToolContext) -> Json:
        self.made.append(context.idempotency_key.partition(":")[2])
        return {}

    async def undo(self, args: Mapping[str, Json], result: Json, context: ToolContext) -> Json:
        return {}

    async def check(self, *_: Any) -> Any:
        raise AssertionError

    lookup = undo_lookup = check


@dataclass
class Asking(OwnRules):
    """Money needs a person, and a budget may want the run paused at any time."""

    broke: Callable[[], bool] = lambda: False

    def weigh(self, state: RunState, call: ToolCall, now: datetime) -> Decision:
        return (
            Decision(DecisionKind.ASK, rule="money", sentence="money")
            if call.tool == "pay"
            else ALLOWED
        )

    async def reserve(self, state: RunState, estimate: Any, now: datetime) -> Decision:
        reason = StopReason.BUDGET_EXCEEDED
        broke = Decision(DecisionKind.PAUSE, "budget:day", sentence="used up", reason=reason)
        return broke if self.broke() else ALLOWED


MAY_FOLLOW_A_PAUSE = (
    e.RunResumed,
    e.KillRequested,
    e.RunLeased,
    e.KillAcknowledged,
    e.RunStopped,
    e.CallDecided,
)

LIMITS = {"steps": 9, "tokens": 10**6, "usd": "1", "seconds": 900}
ACTS = ("nothing", "nothing", "pause", "resume", "kill", "approve", "deny", "broke")


def act(memory: Memory, control_request: str) -> None:
    """What the services do on a person's word, with their own checks."""
    state, at = memory.state, memory.now()
    ask = next((each for each in state.asks if each.word is None), None)
    match control_request:
        case "pause" if not state.control and state.status is RunStatus.RUNNING:
            memory.say(e.PauseRequested(at=at, actor="user:olga"))
        case "pause" if not state.control and state.status in (RunStatus.QUEUED, RunStatus.WAITING):
            memory.say(
                e.PauseRequested(at=at, actor="user:olga"), e.RunPaused(at=at, actor="user:olga")
            )
        case "resume" if (
            state.status is RunStatus.PAUSED and not state.control
        ) or state.control is Control.PAUSE:
            memory.say(e.RunResumed(at=at, actor="user:olga"))
        case "kill" if (
            not state.final
            and state.control is not Control.KILL
            and state.status is not RunStatus.COMPENSATING
        ):
            memory.say(e.KillRequested(at=at, actor="user:olga"))
        case "approve" | "deny" if (
            ask
            and state.status in (RunStatus.WAITING, RunStatus.QUEUED, RunStatus.RUNNING)
            and not state.control
        ):
            word: CallAct = AnswerAct.APPROVE if control_request == "approve" else AnswerAct.DENY
            memory.say(
                e.CallDecided(
                    at=at, actor="user:ada", step=state.step, tool="pay", call=ask.call, word=word
                )
            )
        case _:
            pass


def life(memory: Memory, tools: Tools, broke: Callable[[], bool]) -> None:
    """One worker takes the run and plays it until it rests."""
    held = memory.journals.acquire(RUN, "w")
    assert held is not None
    handle = Handle(RUN, held.epoch, good_until=math.inf)
    driver = Driver(
        held,
        handle,
        lambda name: Planning(),
        NoApprovals(),
        memory.now,
        threading.Event(),
        Watched(held, memory),
        lambda frame: None,
    )
    driver.learn(driver.store.read_now(0))
    memory.person(memory)  # while the tools are put together
    loop.submit(driver.heed()).result(30)
    driver.configure(tools, Asking(tools, lambda schema, args: [], broke))
    loop.submit(driver.drive()).result(30)
    memory.journals.release(RUN, held.epoch)


def stands(events: Sequence[e.RunEvent], made: Sequence[str]) -> None:
    """After every single event: whose word it goes over."""
    state = RunState()
    paused_by_person = False
    for event in events:
        if paused_by_person:
            assert isinstance(event, MAY_FOLLOW_A_PAUSE), event
            assert not isinstance(event, e.RunLeased) or state.control is Control.KILL, (
                "a worker took a paused run"
            )
        if state.control is Control.KILL and state.status is not RunStatus.COMPENSATING:
            assert not isinstance(
                event, e.RunPaused | e.RunCompleted | e.RunStopped | e.RunResumed | e.RunWaiting
            ), event
        if state.control is Control.PAUSE:
            assert not isinstance(event, e.CallIntended) or event.call in {
                each.call for each in state.asks if each.word
            }, event
            assert not (isinstance(event, e.RunPaused) and event.rule), (
                "a rule took a person's pause for its own"
            )
        state = folded([event], state)
        paused_by_person = (
            state.status is RunStatus.PAUSED and state.stop_reason is StopReason.USER_PAUSED
        )
    denied = {
        event.call
        for event in events
        if isinstance(event, e.CallDecided) and event.word is AnswerAct.DENY
    }
    assert not denied & set(made)
    assert len(made) == len(set(made)), "a call was made twice"


@settings(max_examples=150, deadline=None)
@given(control_requests=st.lists(st.sampled_from(ACTS), max_size=40))
def test_however_a_persons_words_fall_between_a_workers_appends_each_of_them_stands(
    control_requests: list[str],
) -> None:
    queue = list(control_requests)
    poor = [False]

    def person(memory: Memory) -> None:
        control_request = queue.pop(0) if queue else "nothing"
        poor[0] = control_request == "broke"
        act(memory, control_request)

    memory, tools = Memory(person), Tools()
    for _ in range(60):
        if memory.journals.wanted(RUN):
            life(memory, tools, lambda: poor[0])
        elif queue:
            person(memory)
    stands(memory.run.events, tools.made)
    killed = any(isinstance(event, e.KillRequested) for event in memory.run.events)
    if killed:
        assert (memory.state.status, memory.state.stop_reason) == (
            RunStatus.STOPPED,
            StopReason.USER_KILLED,
        )
