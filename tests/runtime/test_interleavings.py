"""The real driver over a journal in memory, while a person acts at any of its appends."""

import math
import threading
from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from runs.engine import events as e
from runs.engine.actions import NoApprovals
from runs.engine.fold import folded
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    AnswerAct,
    CallAct,
    Control,
    RunStatus,
    StopReason,
)
from runs.runtime import loop
from runs.runtime.driver import Driver
from runs.runtime.handles import Handle
from tests.runtime.watched_runs import RUN, Asking, Memory, Planning, Tools, Watched

MAY_FOLLOW_A_PAUSE = (
    e.RunResumed,
    e.KillRequested,
    e.RunLeased,
    e.KillAcknowledged,
    e.RunStopped,
    e.CallDecided,
)

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
