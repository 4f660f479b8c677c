"""Every stop reason as people read it: what it means, what to do about it, which buttons fit.

Pure.
"""

from dataclasses import dataclass
from enum import StrEnum

from policies.decision import StopReason


class StopSeverity(StrEnum):
    """How a stop reason is shown: colour is never its only sign."""

    GOOD = "good"
    CALM = "calm"
    PERSON = "person"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A stop reason as an operator reads it: a title, what it means, what to do about it, a
    severity, and the verbs that fit.
    """

    title: str
    sentence: str
    remedy: str
    severity: StopSeverity
    verbs: tuple[str, ...] = ()


EXPLANATIONS: dict[StopReason, Explanation] = {
    StopReason.COMPLETED: Explanation(
        "Completed",
        "The model gave a final answer and it was accepted.",
        "Nothing. Read the answer in the run's transcript.",
        StopSeverity.GOOD,
        ("again",),
    ),
    StopReason.LOOP_DETECTED: Explanation(
        "Loop detected",
        "It kept making the same calls, and the answers brought nothing new.",
        "Look at the calls side by side on the run's page. Resume it with a note that says what"
        " to do instead, or start one with a clearer goal or other tools.",
        StopSeverity.BAD,
        ("resume", "continue", "again"),
    ),
    StopReason.NO_PROGRESS: Explanation(
        "No progress",
        "Several steps brought it no nearer to its goal.",
        "Read the last steps. Resume it with a note, or start one with a smaller goal; if it"
        " was in fact getting on, raise the limit in the thresholds.",
        StopSeverity.BAD,
        ("resume", "continue", "again"),
    ),
    StopReason.DRIFTED: Explanation(
        "Drifted",
        "It was working on something other than its goal.",
        "Read what the judge said. Resume it with a note that names the goal, or start one with"
        " a clearer goal.",
        StopSeverity.BAD,
        ("resume", "continue", "again"),
    ),
    StopReason.BUDGET_EXCEEDED: Explanation(
        "Budget reached",
        "The next call could have gone over a limit, so it was not made.",
        "The detail names the limit and the figures. Where people are asked, give it more; else"
        " raise the budget or the run's own limit, or wait for the next hour or day; then continue"
        " it.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.RETRY_LIMIT_REACHED: Explanation(
        "Retries used up",
        "A call kept failing until its retries were used up.",
        "Look at the last error of the call. Mend what the tool reaches, or change the retry"
        " policy, then continue it from its last step.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.TOOL_FAILURE: Explanation(
        "Tool failure",
        "A tool it cannot do without failed.",
        "Look at the tool's last error and at the page Health. Mend the tool or its server,"
        " then continue it from its last step.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.PLANNER_FAILURE: Explanation(
        "Model error",
        "The model answered with an error, or with nothing usable.",
        "The detail holds the last error. Check the provider's key, its address and its state,"
        " then continue it from its last step, with another model if need be.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.CIRCUIT_OPEN: Explanation(
        "Circuit open",
        "A tool it needs is failing for everybody and has been cut off.",
        "Open Policies and its breakers: see why the tool fails. Once it works, its breaker"
        " closes by itself after a trial call, or reset it by hand; then continue the run.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.TIMEOUT: Explanation(
        "Out of time",
        "It used up its running time; time in which it waits for people or is paused does not"
        " count.",
        "Give the run more running time, and it goes on from its last step. Where people are"
        " asked, they can give it more.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.APPROVAL_DENIED: Explanation(
        "Approval denied",
        "A person said no to a call and asked the run to stop.",
        "The note says why. Start one like it only when that has changed.",
        StopSeverity.CALM,
        ("again",),
    ),
    StopReason.APPROVAL_EXPIRED: Explanation(
        "Approval expired",
        "Nobody decided in time on a call that needs a person.",
        "See under Approvals why nobody decided: who is asked, and by which channel. Then start"
        " one like it.",
        StopSeverity.PERSON,
        ("again",),
    ),
    StopReason.ACCEPTANCE_FAILED: Explanation(
        "Not accepted",
        "Its final answer did not meet what was agreed before the start.",
        "See which criteria were not met. Where people are asked, accept the answer as it is or"
        " send it back with a note; else continue it, or mend the criteria or the goal.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.POLICY_DENIED: Explanation(
        "Denied by policy",
        "It insisted on calls that a policy forbids.",
        "The detail names the policy. Take the tool from the agent, or change the policy if it"
        " is wrong, and continue the run.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.CONTEXT_EXHAUSTED: Explanation(
        "Context exhausted",
        "Its newest step does not fit the model's window, even with all before it summed up.",
        "Continue it with a model that has a larger window; or start one with a smaller goal, or"
        " a tool that answers more briefly.",
        StopSeverity.BAD,
        ("continue", "again"),
    ),
    StopReason.CRASH_LOOP: Explanation(
        "Crash loop",
        "Its workers died again and again without a step forward.",
        "Look under Health for the tool that ends its process and in the log for the last words"
        " of the workers. Mend it, then queue the run again.",
        StopSeverity.BAD,
        ("requeue", "again"),
    ),
    StopReason.DEAD_LETTER: Explanation(
        "Dead letter",
        "No worker could take it up: its journal, its model or its tools could not be made ready.",
        "The detail holds the error. Mend what is named (the agent's model, its servers, the"
        " journal), then queue the run again.",
        StopSeverity.BAD,
        ("requeue", "again"),
    ),
    StopReason.IN_DOUBT: Explanation(
        "In doubt",
        "A call was left without an answer; nobody knows whether it happened.",
        "Look the call up at the other side by its idempotency key, put right what is half"
        " done, then start one like it.",
        StopSeverity.PERSON,
        ("again",),
    ),
    StopReason.KILLED_IN_DOUBT: Explanation(
        "Killed, in doubt",
        "A person stopped it during a call; somebody has to say whether that call happened.",
        "Look the call up at the other side by its idempotency key, and say on the run's page"
        " whether it happened: what did happen is then undone if its tool can.",
        StopSeverity.PERSON,
        ("settle", "again"),
    ),
    StopReason.COMPENSATION_FAILED: Explanation(
        "Undo failed",
        "Something it did could not be undone and needs a person.",
        "The detail names the calls. Undo them by hand at the other side, and note it where"
        " your team looks.",
        StopSeverity.BAD,
        ("again",),
    ),
    StopReason.PRINCIPAL_GONE: Explanation(
        "Works for nobody",
        "Whoever started it was deactivated or may run agents no more: nothing is done for them.",
        "Switch the person on again, or let them run agents, and resume it; or have somebody else"
        " start one like it.",
        StopSeverity.PERSON,
        ("resume", "again"),
    ),
    StopReason.USER_PAUSED: Explanation(
        "Paused",
        "A person paused it; its state is saved.",
        "Resume it when you are done; it goes on where it was.",
        StopSeverity.CALM,
        ("resume",),
    ),
    StopReason.USER_KILLED: Explanation(
        "Killed",
        "A person stopped it for good.",
        "What it did was undone or left, as whoever killed it chose; the timeline shows each.",
        StopSeverity.CALM,
        ("again",),
    ),
}


OF_A_SCRIPT = "The script's "
"""How the detail of a planner's failure begins whose fault is the agent's script."""
SCRIPT_ERROR = Explanation(
    "Script error",
    "Its agent follows a script, and the script could not go on.",
    "The detail names the line and what it lacks. Where a call gave nothing, see why it failed and"
    " start the run again; else mend the agent's script.",
    StopSeverity.BAD,
    ("again",),
)


def explained(reason: str, detail: str = "") -> Explanation | None:
    """What this reason means where the run ended with that detail; None for what is no reason."""
    if reason == StopReason.PLANNER_FAILURE and detail.startswith(OF_A_SCRIPT):
        return SCRIPT_ERROR
    return next((why for known, why in EXPLANATIONS.items() if known == reason), None)


FOUND_BY_RULES = frozenset({StopReason.LOOP_DETECTED, StopReason.NO_PROGRESS, StopReason.DRIFTED})
"""What was found, with its figures, says more of such a stop than what it means."""
ASKS_PEOPLE = frozenset(
    {
        StopReason.BUDGET_EXCEEDED,
        StopReason.TIMEOUT,
        StopReason.LOOP_DETECTED,
        StopReason.NO_PROGRESS,
        StopReason.DRIFTED,
        StopReason.ACCEPTANCE_FAILED,
    }
)
"""A pause for one of these reasons is ended by the people who are asked; any other pause by whoever
may resume runs.
"""
