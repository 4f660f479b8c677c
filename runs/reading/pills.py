"""A run's status as a word with an icon and a tone. Pure; the one place that gives statuses their
looks.
"""

from dataclasses import dataclass

from runs.engine import stop_reasons
from runs.engine.stop_reasons import EXPLANATIONS, Explanation, StopSeverity
from runs.engine.vocabulary import Control, RunStatus, StopReason, Waiting
from runs.models import Run
from runs.planners.selection import INCIDENT
from runs.reading import doubt

ICONS = {
    StopReason.LOOP_DETECTED: "rotate-ccw",
    StopReason.NO_PROGRESS: "footprints",
    StopReason.DRIFTED: "route",
    StopReason.BUDGET_EXCEEDED: "circle-dollar-sign",
    StopReason.RETRY_LIMIT_REACHED: "repeat",
    StopReason.TOOL_FAILURE: "wrench",
    StopReason.PLANNER_FAILURE: "brain",
    StopReason.CIRCUIT_OPEN: "unplug",
    StopReason.TIMEOUT: "timer",
    StopReason.APPROVAL_DENIED: "hand",
    StopReason.APPROVAL_EXPIRED: "hourglass",
    StopReason.ACCEPTANCE_FAILED: "list-ordered",
    StopReason.POLICY_DENIED: "shield",
    StopReason.CONTEXT_EXHAUSTED: "scroll-text",
    StopReason.CRASH_LOOP: "skull",
    StopReason.DEAD_LETTER: "skull",
    StopReason.IN_DOUBT: "circle-question-mark",
    StopReason.KILLED_IN_DOUBT: "circle-question-mark",
    StopReason.COMPENSATION_FAILED: "undo-2",
    StopReason.PRINCIPAL_GONE: "user",
    StopReason.USER_PAUSED: "circle-pause",
    StopReason.USER_KILLED: "circle-x",
}
TONES = {
    StopSeverity.GOOD: "ended",
    StopSeverity.CALM: "ended",
    StopSeverity.PERSON: "person",
    StopSeverity.BAD: "bad",
}


@dataclass(frozen=True, slots=True)
class Pill:
    """Icon, word, tone; `sentence` says it in full."""

    icon: str
    word: str
    tone: str
    sentence: str


def mark(run: Run) -> str:
    """What tells a run from real work in a word; empty for real work."""
    if run.drill:
        return "Drill"
    return "Incident" if run.agent.planner == INCIDENT else ""


WAITS = {
    Waiting.APPROVAL: Pill(
        "hand",
        "Waiting for approval",
        "person",
        "A call needs somebody's approval; nothing runs before.",
    ),
    Waiting.BACKOFF: Pill(
        "timer", "Backing off", "ended", "Something failed; it tries again by itself after a pause."
    ),
    Waiting.PROVIDER: Pill(
        "unplug",
        "Waits for provider",
        "ended",
        "The provider of its model turns it away; it asks again by itself until that is back.",
    ),
    Waiting.CHILD: Pill(
        "git-branch", "Waits for child", "ended", "It goes on when the run it started has ended."
    ),
    Waiting.UNDO: Pill(
        "undo-2", "Undo it?", "person", "A person is asked whether what it did is to be undone."
    ),
    Waiting.IN_DOUBT: Pill(
        "circle-question-mark", "In doubt", "bad", EXPLANATIONS[StopReason.IN_DOUBT].sentence
    ),
}
UNDO_IN_DOUBT = Pill(
    "circle-question-mark",
    "Undo in doubt",
    "person",
    "An undo was begun and never answered; nobody knows whether it happened.",
)
QUEUED = Pill("clock", "Queued", "ended", "It waits for a free worker slot.")
RUNNING = Pill("circle-play", "Running", "running", "A worker has it in hand.")
KILLING = Pill(
    "circle-x", "Kill requested", "bad", "A kill was asked for; no worker has confirmed it yet."
)
PAUSING = Pill(
    "circle-pause", "Pausing", "paused", "It pauses as soon as the call in flight has come back."
)
COMPLETED = Pill("circle-check", "Completed", "ended", EXPLANATIONS[StopReason.COMPLETED].sentence)


def pill(run: Run) -> Pill:
    if run.waiting_for == Waiting.IN_DOUBT and run.status == RunStatus.COMPENSATING:
        return UNDO_IN_DOUBT if doubt.of_undo(run) else WAITS[Waiting.IN_DOUBT]
    match run.status:
        case RunStatus.COMPLETED:
            return COMPLETED
        case RunStatus.STOPPED:
            return stopped(run)
        case RunStatus.COMPENSATING:
            return Pill(
                "undo-2",
                undoing(run),
                "undoing",
                "It was stopped; what it did is being undone, newest first.",
            )
    if run.control == Control.KILL:
        return KILLING
    match run.status:
        case RunStatus.PAUSED:
            return paused(run)
        case RunStatus.WAITING:
            return WAITS[Waiting(run.waiting_for)]
        case RunStatus.RUNNING if run.control == Control.PAUSE:
            return PAUSING
        case RunStatus.RUNNING:
            return RUNNING
    return QUEUED


def undoing(run: Run) -> str:
    return (
        f"Undoing {min(run.undone + 1, run.to_undo)} of {run.to_undo}"
        if run.to_undo
        else "Stopping"
    )


def explanation(run: Run) -> Explanation | None:
    return stop_reasons.explained(run.stop_reason, run.stop_detail)


def stopped(run: Run) -> Pill:
    why = explanation(run)
    if why is None:
        return Pill("circle-stop", "Stopped", "bad", "It was stopped.")
    return Pill(
        ICONS.get(StopReason(run.stop_reason), "octagon-alert"),
        why.title,
        TONES[why.severity],
        why.sentence,
    )


def paused(run: Run) -> Pill:
    """The pill of a paused run: calm for a pause by a person, the rule's own name and looks for a
    pause by a rule.
    """
    why = explanation(run)
    if why is None or run.stop_reason == StopReason.USER_PAUSED:
        return Pill(
            "circle-pause",
            "Paused",
            "paused",
            "Everything is kept; it goes on where it stopped when resumed.",
        )
    return Pill(
        "circle-pause",
        f"Paused: {why.title.lower()}",
        TONES[why.severity],
        f"{why.sentence} Everything is kept.",
    )
