"""What follows a turn or a result in the same commit: the next calls, the end of the run, or a
pause. Pure.
"""

from datetime import datetime
from typing import assert_never

from policies.decision import Decision, DecisionKind
from runs.engine import events as e
from runs.engine.actions import Record, RunRules
from runs.engine.call_decisions import add_calls, ended
from runs.engine.course import Course
from runs.engine.ports import (
    PreparedCalls,
)
from runs.engine.state import RunState
from runs.engine.vocabulary import (
    Control,
    RunStatus,
)


def next_of_answer(state: RunState, final: str, rules: RunRules, now: datetime) -> Record:
    """Complete the run when its acceptance criteria hold for this final answer; otherwise tell the
    planner what is missing, or pause or stop the run.
    """
    decision = rules.accepts(state, final, now)
    match decision.kind:
        case DecisionKind.ALLOW:
            return Record((e.RunCompleted(at=now, actor="planner", final=final),))
        case DecisionKind.ALLOW_WITH_CAPS | DecisionKind.ASK | DecisionKind.DENY:
            return Record((hinted(state, decision, now),))
        case DecisionKind.PAUSE | DecisionKind.STOP:
            return Record((ended(decision, now),))
    assert_never(decision.kind)


def hinted(state: RunState, decision: Decision, now: datetime) -> e.HintGiven:
    """A rule's sentence as a hint to the planner; the run goes on."""
    return e.HintGiven(
        at=now,
        step=state.step,
        text=decision.sentence,
        rule=decision.rule,
        version=decision.version,
        facts=decision.facts,
    )


def going_on(course: Course, rules: RunRules, now: datetime, known: PreparedCalls) -> Course:
    """Add what follows at once: the intents of the queued calls, or the verdict on a final answer.

    Nothing is added while a person's request to pause or kill waits. Changes `course`, and returns
    it.
    """
    state = course.after
    if course.before.control is not Control.NONE:
        return course
    if state.queue and state.status is RunStatus.RUNNING:
        add_calls(course, rules, now, known)
    elif state.proposed is not None:
        course.extend(next_of_answer(state, state.proposed, rules, now).events)
    return course


def unless_asked(state: RunState, decision: Decision, now: datetime) -> list[e.RunEvent]:
    """The end or pause that a rule wants, unless a person has asked for one meanwhile.

    A kill comes first. A pause that a person asked for stays theirs, so that only a person takes it
    back.
    """
    theirs = state.control is Control.KILL or (
        state.control is Control.PAUSE and decision.kind is DecisionKind.PAUSE
    )
    return [] if theirs else [ended(decision, now)]
