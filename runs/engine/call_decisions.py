"""Deciding on the calls of a turn: the intent, the question to a person, the refusal, or the end of
the run. Pure.
"""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from policies.decision import ENDING, Decision, DecisionKind
from runs.engine import effects_had, kept_calls, limits, session_approvals
from runs.engine import events as e
from runs.engine.actions import RunRules
from runs.engine.course import Course
from runs.engine.ids import MOST_RULED, call_id, named
from runs.engine.kept_calls import CallAsk
from runs.engine.ports import NOTHING_KNOWN, Prepared, PreparedCalls, ToolCall, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import AnswerAct, RunStatus, StopReason, Waiting

NEEDS_A_PERSON = "A call needs a person."
REFUSALS_IN_A_ROW = 8
LET_THROUGH = (AnswerAct.APPROVE, AnswerAct.EDIT)


def proposed(state: RunState) -> dict[str, ToolCall]:
    """The queued calls by name, each as it would be made: with the arguments that a person let
    through, once somebody has.
    """
    return {
        name: as_made(call, state.ask_of(name))
        for name, call in named(state.queue, state.step, state.queued).items()
    }


def as_made(call: ToolCall, ask: CallAsk | None) -> ToolCall:
    """The call with the arguments that a person let through; as it was proposed if nobody has."""
    return replace(call, args=ask.args) if ask and ask.word in LET_THROUGH else call


def outdated(state: RunState, known: PreparedCalls) -> bool:
    """Whether a person has decided on the next call since its facts were gathered, with other
    arguments or with an approval that the facts do not have.
    """
    ask = state.ask_of(name := call_id(state.step, state.queued + 1))
    facts = known.get(name)
    if facts is None or ask is None or ask.word not in LET_THROUGH:
        return False
    return facts.call != as_made(state.queue[0], ask) or facts.unasked


def next_calls(
    state: RunState, rules: RunRules, now: datetime, known: PreparedCalls = NOTHING_KNOWN
) -> Course:
    """The decisions on the queued calls, as `add_calls` makes them."""
    course = Course(state)
    add_calls(course, rules, now, known)
    return course


def add_calls(course: Course, rules: RunRules, now: datetime, known: PreparedCalls) -> None:
    """Decide on the queued calls in order, and add the events to `course`.

    Refusals go back to the planner; the first allowed call becomes an intent, and if it only reads,
    so do the calls after it that only read. The first call that needs a person makes the run wait,
    and the turn's other calls that need one are asked about at the same time.

    Stops without an event where the facts are outdated, so that they are gathered again. While
    calls are in flight only intents are added: a refusal or an end is decided once they are back.
    """
    state = course.after
    first = state.queued
    while state.queue and may_begin(state, rules) and state.queued - first < MOST_RULED:
        time = limits.in_time(state, now)
        if not time.allowed and not state.flights:
            course.add(ended(time, now))
            return
        if not time.allowed or outdated(state, known):
            return
        event = next_call(state, rules, now, known)
        if state.flights and not isinstance(event, e.CallIntended):
            return
        if isinstance(event, e.CallAsked) and (yes := session_approvals.standing(state, event)):
            course.add(event)
            event = yes
        if isinstance(event, e.CallAsked):
            ask_all(course, event, rules, now, known)
            return
        if event is None:
            course.add(e.RunWaiting(at=now, waiting_for=Waiting.APPROVAL, why=NEEDS_A_PERSON))
            return
        course.add(event)
        state = course.after
        if state.status is not RunStatus.RUNNING:
            return
        if state.refusals >= REFUSALS_IN_A_ROW and isinstance(event, e.CallRefused):
            course.add(refused_too_often(state, event))
            return


def refused_too_often(state: RunState, last: e.CallRefused) -> e.RunStopped:
    return e.RunStopped(
        at=last.at,
        reason=StopReason.PLANNER_FAILURE,
        rule=last.rule,
        version=last.version,
        detail=f"{state.refusals} calls in a row were refused, the last one: {last.sentence}",
    )


def may_begin(state: RunState, rules: RunRules) -> bool:
    """Whether the next queued call may be in flight now: a call that changes the world is in flight
    alone, after all before it; calls that only read may be in flight together.
    """
    if not state.flights:
        return True
    spec = rules.spec(state.queue[0].tool)
    reads = spec is not None and spec.reads
    room = len(state.flights) < state.parallel and all(each.reads for each in state.flights)
    return reads and room


def next_call(
    state: RunState, rules: RunRules, now: datetime, known: PreparedCalls
) -> e.RunEvent | None:
    """The decision on the first queued call; None while a person who was asked about it has not
    answered.
    """
    place = state.queued + 1
    if ask := state.ask_of(call_id(state.step, place)):
        return answered(state, ask, rules, now, known)
    return decided(state, state.queue[0], place, rules, now, known)


def ask_all(
    course: Course, first: e.CallAsked, rules: RunRules, now: datetime, known: PreparedCalls
) -> None:
    """Ask for `first` and for all later calls of the turn that need a person, have no standing yes
    and were not asked about before, then wait.
    """
    course.add(first)
    turn = course.after
    for place, call in enumerate(turn.queue[1:], turn.queued + 2):
        if turn.ask_of(call_id(turn.step, place)):
            continue
        event = decided(course.after, call, place, rules, now, known)
        if not isinstance(event, e.CallAsked):
            continue
        course.add(event)
        if yes := session_approvals.standing(course.after, event):
            course.add(yes)
    course.add(waiting(now, first.sentence))


def waiting(now: datetime, why: str) -> e.RunWaiting:
    return e.RunWaiting(at=now, waiting_for=Waiting.APPROVAL, why=why)


def decided(
    state: RunState,
    call: ToolCall,
    place: int,
    rules: RunRules,
    now: datetime,
    known: PreparedCalls,
) -> e.RunEvent:
    """The intent, the question or the refusal of one proposed call, or the end of the run."""
    name, spec = call_id(state.step, place), rules.spec(call.tool)
    facts = known.get(name)
    decision = effects_had.judged(state, call, rules.may_call(state, call, facts, now), facts, None)
    if spec is None or isinstance(call.args, str):
        return held_back(state, call, place, decision, now)
    match decision.kind:
        case DecisionKind.ALLOW | DecisionKind.ALLOW_WITH_CAPS:
            return intent(state, call, place, spec, decision, now, facts)
        case DecisionKind.ASK:
            return no_further(state, rules, now) or question(
                state, call, place, spec, decision, now
            )
        case DecisionKind.DENY | DecisionKind.PAUSE | DecisionKind.STOP:
            return held_back(state, call, place, decision, now)
    assert_never(decision.kind)


def question(
    state: RunState, call: ToolCall, place: int, spec: ToolSpec, decision: Decision, now: datetime
) -> e.CallAsked:
    assert not isinstance(call.args, str)
    return e.CallAsked(
        at=now,
        step=state.step,
        tool=call.tool,
        call=call_id(state.step, place),
        ref=call.id,
        args=call.args,
        effect=spec.effect,
        undo=spec.has_undo,
        rule=decision.rule,
        sentence=decision.sentence,
        facts=decision.facts,
    )


def no_further(state: RunState, rules: RunRules, now: datetime) -> e.RunEvent | None:
    """The pause or end of a run that may take no further step, else None: a call that a person
    approves should not be made only for the run to be stopped right after it.
    """
    going_on = rules.may_plan(state, limits.estimate(state), now)
    return None if going_on.kind is DecisionKind.ALLOW else ended(going_on, now)


def answered(
    state: RunState, ask: CallAsk, rules: RunRules, now: datetime, known: PreparedCalls
) -> e.RunEvent | None:
    """What a person's decision makes of the next queued call; None while there is none."""
    call, place = state.queue[0], state.queued + 1
    match ask.word:
        case None:
            return None
        case AnswerAct.APPROVE | AnswerAct.EDIT:
            return approved(state, as_made(call, ask), place, ask, rules, now, known)
        case AnswerAct.STOP:
            return e.RunStopped(
                at=now,
                reason=StopReason.APPROVAL_DENIED,
                rule="approval",
                detail=f"{ask.by} said no. {ask.note}".strip(),
            )
        case AnswerAct.EXPIRE_AND_STOP:
            return e.RunStopped(
                at=now,
                reason=StopReason.APPROVAL_EXPIRED,
                rule="approval",
                detail=f"Nobody decided on {call.tool} in time.",
            )
        case AnswerAct.RESPOND:
            return refusal(
                state, call, place, "approval", f"{ask.by} answered instead.", now, answer=ask.note
            )
        case AnswerAct.DENY:
            return refusal(
                state, call, place, "approval", f"A person said no. {ask.note}".strip(), now
            )
        case AnswerAct.EXPIRE:
            return refusal(state, call, place, "approval", "Nobody approved it in time.", now)
    assert_never(ask.word)


def approved(
    state: RunState,
    call: ToolCall,
    place: int,
    ask: CallAsk,
    rules: RunRules,
    now: datetime,
    known: PreparedCalls,
) -> e.RunEvent:
    """The intent of a call that a person approved.

    Its arguments meet schema and policies once more: a rule that denies still denies, one that has
    others decide by now asks them, and a run that may not go on ends before the call is made.
    """
    spec, facts = rules.spec(call.tool), known.get(call_id(state.step, place))
    decision = effects_had.judged(state, call, rules.may_call(state, call, facts, now), facts, ask)
    if spec is None:
        return held_back(state, call, place, decision, now)
    match decision.kind:
        case DecisionKind.ASK if not_theirs(ask, decision):
            return no_further(state, rules, now) or question(
                state, call, place, spec, decision, now
            )
        case DecisionKind.ALLOW | DecisionKind.ALLOW_WITH_CAPS | DecisionKind.ASK:
            yes = Decision(DecisionKind.ALLOW, f"approved by {ask.by}")
            return no_further(state, rules, now) or intent(
                state, call, place, spec, yes, now, facts, repeats=ask.repeats
            )
        case DecisionKind.DENY | DecisionKind.PAUSE | DecisionKind.STOP:
            return held_back(state, call, place, decision, now)
    assert_never(decision.kind)


def not_theirs(ask: CallAsk, decision: Decision) -> bool:
    """Whether an approval as asked was given by others than the rule would ask by now, since it was
    edited meanwhile. Whose edit of the arguments counts was checked when it was given.
    """
    now = kept_calls.deciders(decision.facts)
    return ask.word is AnswerAct.APPROVE and kept_calls.others_decide(now, ask.deciders)


def held_back(
    state: RunState, call: ToolCall, place: int, decision: Decision, now: datetime
) -> e.CallRefused | e.RunPaused | e.RunStopped:
    """The refusal of a call, which the planner reads; or the pause or end of the run, where the
    decision says so.
    """
    if decision.kind in ENDING:
        return ended(decision, now)
    return refusal(
        state,
        call,
        place,
        decision.rule,
        decision.sentence,
        now,
        version=decision.version,
        repeats=str(decision.facts.get("repeats", "")),
    )


def refusal(
    state: RunState,
    call: ToolCall,
    place: int,
    rule: str,
    sentence: str,
    now: datetime,
    answer: str = "",
    version: int = 0,
    repeats: str = "",
) -> e.CallRefused:
    return e.CallRefused(
        at=now,
        step=state.step,
        tool=call.tool,
        call=call_id(state.step, place),
        ref=call.id,
        args=call.args,
        rule=rule,
        sentence=sentence,
        answer=answer,
        version=version,
        repeats=repeats,
    )


def intent(
    state: RunState,
    call: ToolCall,
    place: int,
    spec: ToolSpec,
    decision: Decision,
    now: datetime,
    facts: Prepared | None,
    repeats: str = "",
) -> e.CallIntended:
    assert not isinstance(call.args, str)
    name = call_id(state.step, place)
    effect = facts.effect if facts else None
    return e.CallIntended(
        at=now,
        step=state.step,
        tool=call.tool,
        call=name,
        ref=call.id,
        args=call.args,
        key=name,
        effect=spec.effect,
        idempotent=spec.idempotent,
        lookup=spec.has_lookup,
        undo=spec.has_undo,
        undo_idempotent=spec.undo_idempotent,
        undo_lookup=spec.has_undo_lookup,
        rule=decision.rule,
        version=decision.version,
        timeout=spec.timeout,
        effect_key=effect.key if effect else "",
        effect_until=effect.until if effect else None,
        repeats=repeats,
    )


def ended(decision: Decision, now: datetime) -> e.RunPaused | e.RunStopped:
    """The pause of a run, where the decision is a pause; its end for any other decision."""
    kind = e.RunPaused if decision.kind is DecisionKind.PAUSE else e.RunStopped
    return kind(
        at=now,
        reason=decision.reason or StopReason.POLICY_DENIED,
        rule=decision.rule,
        version=decision.version,
        detail=decision.sentence,
        facts=decision.facts,
    )
