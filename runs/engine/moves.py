"""The transition table: which event may happen to a run in which status, and the status after it. What is not here is illegal."""

from runs.engine import events as e
from runs.engine.vocabulary import Status

Q, R, W, P = Status.QUEUED, Status.RUNNING, Status.WAITING, Status.PAUSED
U, DONE, STOPPED = Status.COMPENSATING, Status.COMPLETED, Status.STOPPED

WORK = (
    e.RunDowngraded,
    e.StepPlanned,
    e.PlanFailed,
    e.CallIntended,
    e.CallRefused,
    e.CallAsked,
    e.CallRetried,
    e.CallReturned,
    e.CallLookedUp,
    e.HintGiven,
    e.JudgeAnswered,
    e.ContextShortened,
)

MOVES: dict[tuple[Status, type[e.Event]], Status] = {
    (Q, e.RunCreated): Q,
    (Q, e.RunBriefed): Q,
    **{(status, e.RunLeased): R for status in (Q, R, W, P)},
    (U, e.RunLeased): U,
    **{(R, kind): R for kind in WORK},
    **{(status, e.PauseRequested): status for status in (Q, R, W)},
    **{(status, e.RunPaused): P for status in (Q, R, W)},
    (P, e.RunResumed): Q,
    **{(status, e.RunResumed): status for status in (Q, R, W)},
    (STOPPED, e.RunRequeued): Q,
    **{(status, e.KillRequested): status for status in (Q, R, W, P)},
    (R, e.KillAcknowledged): U,
    (R, e.RunWaiting): W,
    (W, e.CallSettled): Q,
    (W, e.CallDecided): Q,
    **{(status, e.CallDecided): status for status in (Q, R, P)},
    **{(status, kind): status for status in (Q, R, W, P) for kind in (e.GrantGiven, e.GrantRevoked)},
    (Q, e.CallReturned): Q,
    (U, e.UndoIntended): U,
    (U, e.UndoReturned): U,
    (P, e.AnswerDecided): P,
    **{(status, e.RunStopped): STOPPED for status in (Q, R, W, P, U)},
    **{(status, e.RunCompleted): DONE for status in (R, P)},
}


def diagram() -> str:
    """The table as a Mermaid state diagram, for people."""
    arrows = sorted({(old, new, kind.kind) for (old, kind), new in MOVES.items() if old != new})
    return "\n".join(["stateDiagram-v2", *(f"    {old} --> {new}: {kind}" for old, new, kind in arrows)])
