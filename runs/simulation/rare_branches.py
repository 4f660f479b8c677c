"""Rare branches by name: each must be reached at least once over the seeds, or the simulation has
not tried what it says.
"""

from collections.abc import Iterator

from policies.gate import effect_keys
from runs.engine import compensation, recall
from runs.engine import events as e
from runs.engine.kept_calls import Doubt
from runs.engine.ports import Happened
from runs.engine.running_clock import BACKING_OFF
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, Control, LossBlame, RunStatus, StopReason, Waiting

SOMETIMES = (
    "takeover during a call",
    "takeover during an undo",
    "a second loss before the first was resolved",
    "in doubt, settled yes",
    "in doubt, settled no",
    "in doubt, settled unknown",
    "an undo in doubt",
    "an undo in doubt, settled",
    "an undo looked up",
    "a lookup says yes",
    "a lookup says no",
    "a takeover during several calls",
    "a kill during several calls",
    "a pause during several calls",
    "a call tried again beside others",
    "a call begun in the room that another left",
    "a call lost in the hands of a living worker",
    "a call lost with another",
    "a late call",
    "a pause during a call",
    "a pause taken back before it took effect",
    "a kill during a call",
    "a kill during a back-off",
    "a kill of a paused run",
    "killed in doubt",
    "a call settled after its run was killed",
    "compensation failed",
    "undone after a stop",
    "an undoing after a stop is over",
    "a call in doubt settled before the undoing",
    "a person asked whether to undo says yes",
    "a person asked whether to undo says no",
    "steps of an ended run undone later",
    "a killed run left as it is",
    "an approval expired",
    "an approval denied",
    "an approval with other arguments",
    "a crash loop",
    "a dead letter",
    "requeued",
    "continued",
    "a budget reached",
    "out of time",
    "a call tried again",
    "the same effect twice in a run, answered",
    "the same effect in doubt, asked",
    "the same effect in two runs, asked",
    "an effect claimed by another run meanwhile",
    "an effect had by another run while a person thought",
    "an effect that a person let through once more",
    "a breaker refuses a call",
    "a breaker refuses an approved call",
    "an append moved",
    "a zombie refused by the journal's fence",
    "a call not begun by the local fence",
    "a call begun that was made ready",
    "a call made ready and dropped",
    "a call that goes before it is awaited",
    "database away at commit A",
    "database away at commit B",
    "an append that had arrived after all",
    "a guardian kills a worker that stands still",
    "a worker that stood still past its leases goes on",
    "a worker that was asked to end",
    "a loss that counts against nobody",
    "a suspect driven alone",
    "a suspect that is driven already",
    "a suspect cleared by a step forward",
    "taken again by whoever lost it in its sleep",
    "steps summed up by a model",
    "steps summed up by lines",
    "a summary of no use",
    "a window learned",
    "an earlier result read again",
    "a kill while steps are summed up",
    "a grant of a dead run returned",
    "a wrong word of a person is found",
    "a lost effect is found",
    "an effect that was had twice is found",
    "an effect that no call had is found",
    "a nudge lost",
    "a nudge doubled",
)
DOUBTED = {Happened.YES: "yes", Happened.NO: "no", Happened.UNKNOWN: "unknown"}
STOPS = {
    StopReason.KILLED_IN_DOUBT: "killed in doubt",
    StopReason.COMPENSATION_FAILED: "compensation failed",
    StopReason.CRASH_LOOP: "a crash loop",
    StopReason.DEAD_LETTER: "a dead letter",
    StopReason.BUDGET_EXCEEDED: "a budget reached",
    StopReason.TIMEOUT: "out of time",
}
WORDS = {
    AnswerAct.EXPIRE: "an approval expired",
    AnswerAct.DENY: "an approval denied",
    AnswerAct.EDIT: "an approval with other arguments",
}


def reached(state: RunState, event: e.RunEvent) -> Iterator[str]:  # noqa: C901  one case an event
    """The marks of one event that met this state (or the state before the append that it
    came in).
    """
    match event:
        case e.RunLeased():
            yield from takeover(state)
        case e.CallSettled(undo=True):
            yield "an undo in doubt, settled"
        case e.CallSettled() if state.status is RunStatus.COMPENSATING:
            yield "a call in doubt settled before the undoing"
        case e.CallSettled():
            yield f"in doubt, settled {DOUBTED[event.happened]}"
            if state.final:
                yield "a call settled after its run was killed"
        case e.CallLookedUp(undo=True):
            yield "an undo looked up"
        case e.CallLookedUp():
            yield f"a lookup says {DOUBTED[event.happened]}"
        case e.RunWaiting(waiting_for=Waiting.IN_DOUBT) if state.status is RunStatus.COMPENSATING:
            yield "an undo in doubt"
        case e.RunStopped():
            yield from filter(None, [STOPS.get(event.reason)])
            if state.status is not RunStatus.COMPENSATING and compensation.begins(state, event):
                yield "undone after a stop"
        case e.CallDecided():
            yield from filter(None, [WORDS.get(event.word)])
        case e.CallRefused(rule="breaker"):
            yield "a breaker refuses a call"
            if state.ask_of(event.call):
                yield "a breaker refuses an approved call"
        case e.CallAsked() | e.CallIntended() | e.CallRefused(rule=effect_keys.RULE):
            yield from repeated(state, event)
        case e.ContextCompacted():
            yield from summed_up(state, event)
        case e.PlanFailed() if event.window:
            yield "a window learned"
        case e.CallReturned(tool=recall.RECALL):
            yield "an earlier result read again"
        case _:
            yield from control_requests(state, event)


def repeated(state: RunState, event: e.CallAsked | e.CallIntended | e.CallRefused) -> Iterator[str]:
    """The mark for what became of a call whose effect was had already."""
    match event:
        case e.CallRefused(repeats=""):
            yield "an effect had by another run while a person thought"
        case e.CallRefused():
            yield "the same effect twice in a run, answered"
        case e.CallIntended(repeats="") if state.flights and state.queued >= state.parallel:
            yield "a call begun in the room that another left"
        case e.CallIntended(repeats=""):
            return
        case e.CallIntended():
            yield "an effect that a person let through once more"
        case e.CallAsked() if earlier := event.facts.get("repeats"):
            yield f"the same effect in {'two runs' if earlier['run'] else 'doubt'}, asked"


def summed_up(state: RunState, event: e.ContextCompacted) -> Iterator[str]:
    yield f"steps summed up by {'a model' if event.by == 'model' else 'lines'}"
    if event.why:
        yield "a summary of no use"
    if state.control is Control.KILL:
        yield "a kill while steps are summed up"


def takeover(state: RunState) -> Iterator[str]:
    if state.flight and state.flight.doubt is Doubt.NONE and state.status is RunStatus.RUNNING:
        yield "takeover during a call"
    if len(state.flights) > 1 and state.status is RunStatus.RUNNING:
        yield "a takeover during several calls"
    if state.flight and state.flight.doubt is Doubt.LOST:
        yield "a second loss before the first was resolved"
    if state.undoing is Doubt.NONE:
        yield "takeover during an undo"


def asked_and_said(word: str) -> str:
    return f"a person asked whether to undo says {word}"


# one case an event
def control_requests(state: RunState, event: e.RunEvent) -> Iterator[str]:  # noqa: C901
    match event:
        case e.PauseRequested() if state.flight:
            yield "a pause during a call"
            if len(state.flights) > 1:
                yield "a pause during several calls"
        case e.RunResumed() if state.control is Control.PAUSE:
            yield "a pause taken back before it took effect"
        case e.KillRequested():
            if state.status is RunStatus.RUNNING and state.flight:
                yield "a kill during a call"
            if state.status is RunStatus.RUNNING and len(state.flights) > 1:
                yield "a kill during several calls"
            if state.status is RunStatus.WAITING and state.waiting_for in BACKING_OFF:
                yield "a kill during a back-off"
            if state.status is RunStatus.PAUSED:
                yield "a kill of a paused run"
        case e.CallLost():
            own = event.blame is LossBlame.OWN
            yield (
                "a call lost in the hands of a living worker" if own else "a call lost with another"
            )
        case e.CallLate():
            yield "a late call"
        case e.CallRetried():
            yield "a call tried again"
            if any(flight.may_be_made for flight in state.flights):
                yield "a call tried again beside others"
        case e.RunRequeued():
            yield "requeued"
        case e.RunContinued():
            yield "continued"
        case e.UndoBegun():
            yield (
                asked_and_said("yes") if state.undo_asked else "steps of an ended run undone later"
            )
        case e.UndoDeclined():
            yield asked_and_said("no")
        case e.UndoEnded():
            yield "an undoing after a stop is over"
        case e.KillAcknowledged() if state.undoable and not event.to_undo:
            yield "a killed run left as it is"
        case _:
            return
