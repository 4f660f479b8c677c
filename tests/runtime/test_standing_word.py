"""What a person decides stands, however their word falls between a worker's steps."""

import asyncio
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.json_value import Json
from console.refused import Refused
from policies.decision import ALLOWED, Decision, DecisionKind
from runs import services
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
    Waiting,
)
from runs.runtime import dependencies, handles, heartbeat, loop
from runs.runtime.baseline_rules import OwnRules
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from runs.runtime.lease import Lease
from runs.simulation.journals import Journals, MemoryStore
from runs.simulation.lives import SimulatedRun
from tests.patience import PATIENCE, ended, forever
from tests.runtime.conftest import Bench, answering, calling, kinds, now

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
RUN = UUID(int=7)


def meanwhile(bench: Bench, act: Callable[[], object]) -> None:
    """Somebody acts while a worker puts the run's tools together, its lease in hand already."""
    whole, acted = dependencies.dependencies(), threading.Event()

    async def toolbox(snapshot: dependencies.Snapshot) -> Bench:
        if not acted.is_set():
            acted.set()
            await asyncio.to_thread(act)
        return bench

    dependencies.configure(replace(whole, toolbox=toolbox))


def test_a_pause_is_never_overwritten_by_a_worker_that_takes_the_run(bench: Bench) -> None:
    run = bench.start(answering())
    meanwhile(bench, lambda: services.pause(run_id=run.id, actor=bench.user, at=now()))
    paused = bench.play(run)
    assert (paused.status, paused.stop_reason, paused.lease_owner, paused.takes) == (
        RunStatus.PAUSED,
        StopReason.USER_PAUSED,
        "",
        0,
    )
    assert kinds(run)[-2:] == ["run.pause_requested", "run.paused"]
    services.resume(run_id=run.id, actor=bench.user, at=now())
    assert bench.play(run).status == RunStatus.COMPLETED


def test_a_pause_of_a_backoff_that_is_just_over_stands(bench: Bench) -> None:
    run = bench.start(answering())
    state = services.state_of(run)
    waits = e.RunWaiting(at=now(), waiting_for=Waiting.BACKOFF, until=now() - timedelta(seconds=1))
    services.appended(run, state, [e.RunLeased(at=now(), owner="w", epoch=0, lost=False), waits])
    meanwhile(bench, lambda: services.pause(run_id=run.id, actor=bench.user, at=now()))
    assert bench.play(run).status == RunStatus.PAUSED


def test_a_kill_while_a_worker_puts_the_tools_together_is_confirmed_at_once(bench: Bench) -> None:
    never = threading.Event()
    run, whole = bench.start(answering()), dependencies.dependencies()

    async def toolbox(snapshot: dependencies.Snapshot) -> Bench:
        if not never.is_set():
            never.set()
            await forever()
        return bench

    dependencies.configure(replace(whole, toolbox=toolbox))
    worker = bench.playing(run)
    assert never.wait(PATIENCE)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    ended(worker)
    assert bench.look(run).stop_reason == StopReason.USER_KILLED


def test_a_worker_begun_anew_confirms_the_kill_before_it_judges_a_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Judging may be what froze the worker before."""
    bench.tool("look", bench.forever, timeout=60)
    run = bench.start(calling("look") + calling("look") + answering())
    worker = bench.playing(run)
    assert bench.tools["look"].begun.wait(PATIENCE)
    bench.lose(run)
    ended(worker)
    services.kill(run_id=run.id, actor=bench.user, at=now())

    def frozen(*args: object, **facts: object) -> None:
        assert "run.kill_acknowledged" in kinds(run), (
            "something was computed before the kill was confirmed"
        )

    for name in ("prepare", "may_call", "observe", "may_plan", "watch"):
        monkeypatch.setattr(OwnRules, name, frozen)
    monkeypatch.setattr("runs.runtime.claiming.planner_of", frozen)
    killed = bench.play(run)
    assert killed.stop_reason == StopReason.USER_KILLED
    assert kinds(run)[-4:] == [
        "run.leased",
        "call.returned",
        "run.kill_acknowledged",
        "run.stopped",
    ]


def test_a_kill_in_a_call_is_confirmed_before_its_tool_is_asked_what_became_of_it(
    bench: Bench,
) -> None:
    seen: list[RunStatus] = []
    run_of: list[Any] = []
    refund = bench.tool(
        "refund",
        bench.forever,
        timeout=60,
        effect=Effect.IRREVERSIBLE,
        has_lookup=True,
        has_undo=True,
    )

    async def lookup(args: Mapping[str, Json], context: ToolContext) -> Any:
        found = await asyncio.to_thread(bench.look, run_of[0])
        seen.append(RunStatus(found.status))
        return refund.found

    run = bench.start(calling("refund") + answering())
    run_of.append(run)
    refund.found = bench.happened({"paid": 5})
    refund.lookup = lookup  # type: ignore[method-assign]
    worker = bench.playing(run)
    assert refund.begun.wait(PATIENCE)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    ended(worker)
    killed = bench.look(run)
    assert seen == [RunStatus.COMPENSATING]
    assert (killed.stop_reason, killed.undone, killed.to_undo) == (StopReason.USER_KILLED, 1, 1)
    assert refund.undone == [f"{run.id}:1.1:undo"]


@pytest.mark.parametrize("happened", [True, False])
def test_a_kill_that_leaves_a_call_in_doubt_asks_a_person_and_hears_them(
    bench: Bench, *, happened: bool
) -> None:
    booked = bench.tool("book", bench.forever, timeout=60, effect=Effect.REVERSIBLE, has_undo=True)
    run = bench.start(calling("book") + answering())
    worker = bench.playing(run)
    assert booked.begun.wait(PATIENCE)
    services.kill(run_id=run.id, actor=bench.user, at=now())
    ended(worker)
    assert (bench.look(run).status, bench.look(run).stop_reason) == (
        RunStatus.STOPPED,
        StopReason.KILLED_IN_DOUBT,
    )
    services.settle(run_id=run.id, actor=bench.user, at=now(), happened=happened, note="I looked")
    settled = bench.play(run)
    assert (settled.stop_reason, len(booked.undone)) == (StopReason.USER_KILLED, int(happened))


def test_only_a_call_in_doubt_can_be_settled(bench: Bench) -> None:
    """A call that failed and waits for its next attempt is known to have failed."""
    run = bench.start(answering())
    flight: dict[str, Any] = {"step": 1, "tool": "pay", "call": "1.1"}
    known = e.CallIntended(
        at=now(), **flight, ref="r", args={}, key="1.1", effect=Effect.IRREVERSIBLE
    )
    planned = e.StepPlanned(at=now(), step=1, calls=(ToolCall("r", "pay", {}),))
    failed = e.CallReturned(
        at=now(),
        **flight,
        outcome="error",  # type: ignore[arg-type]
        verdict="failed",  # type: ignore[arg-type]
        retry_at=now() + timedelta(hours=1),
    )
    waits = e.RunWaiting(at=now(), waiting_for=Waiting.BACKOFF, until=now() + timedelta(hours=1))
    leased = e.RunLeased(at=now(), owner="w", epoch=0, lost=False)
    services.appended(run, services.state_of(run), [leased, planned, known, failed, waits])
    with pytest.raises(Refused, match="No call of this run is in doubt"):
        services.settle(run_id=run.id, actor=bench.user, at=now(), happened=True, note="I looked")


def test_a_run_given_back_with_its_last_event_is_no_lost_lease(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    run = bench.start(answering())
    handle = Handle(run.id, 1)
    handles.hold(handle)
    handle.leaving = True
    heartbeat.attend(handle, None, 0.0)
    left_in_peace = not handle.halted
    handle.leaving = False
    heartbeat.attend(handle, None, 0.0)
    handles.drop(handle)
    assert (left_in_peace, handle.halted) == (True, True)
    assert len([record for record in caplog.records if "lease lost" in record.message]) == 1


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
