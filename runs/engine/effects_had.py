"""What a run knows of effects that it has had already: which calls have an effect key, how they
ended, and what becomes of a call with the same key. Pure.

A key is free again once its call is known not to have happened, or is undone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from policies.decision import Decision
from policies.gate import effect_keys
from policies.gate.effect_keys import EarlierEffect
from runs.engine import events as e
from runs.engine import tokens
from runs.engine.fold_runs import Changes
from runs.engine.kept_calls import CallAsk, KeyedCall
from runs.engine.ports import MAY_BE_MADE, Happened, Prepared, ToolCall, ToolSpec
from runs.engine.state import RunState
from runs.engine.vocabulary import Effect, Verdict


def judged(
    state: RunState, call: ToolCall, found: Decision, prepared: Prepared | None, ask: CallAsk | None
) -> Decision:
    """The decision `found` on a call, unless it would have an effect once more.

    `ask` is what was said of the call by a person, None when nobody has let it through.
    """
    effect = prepared.effect if prepared else None
    if effect is None or found.kind not in MAY_BE_MADE:
        return found
    earlier = [each for each in (own(state, call, effect), effect.elsewhere) if each is not None]
    return effect_keys.judge(found, call.tool, effect, earlier, ask.repeats if ask else None)


def own(
    state: RunState, call: ToolCall, effect: effect_keys.ProposedEffect
) -> EarlierEffect | None:
    """The newest call of this run with the same key."""
    same = (each for each in reversed(state.effects) if effect.key and each.key == effect.key)
    if (found := next(same, None)) is None:
        return None
    args = call.args if isinstance(call.args, Mapping) else {}
    differing = effect_keys.otherwise(effect.names, found.args, args)
    return EarlierEffect(found.call, found.step, found.done, otherwise=differing)


def proposed(
    spec: ToolSpec, call: ToolCall, names: Sequence[str] = (), until: datetime | None = None
) -> effect_keys.ProposedEffect | None:
    """The effect of a call by these names of arguments, else by those that its tool names; None
    where nobody names any, or it only reads.
    """
    named = names or spec.effect_key
    if not named or spec.effect is Effect.READ or isinstance(call.args, str):
        return None
    return effect_keys.proposed(call.tool, named, call.args, until)


def shown(event: e.CallAsked) -> str:
    """The earlier calls that a person is told of with this question, by name."""
    told = event.facts.get("repeats")
    return str(told.get("names", "")) if isinstance(told, Mapping) else ""


def begun(state: RunState, event: e.CallIntended) -> Changes:
    if not event.effect_key:
        return {}
    call = KeyedCall(
        event.effect_key,
        event.call,
        event.tool,
        event.step,
        event.args,
        until=event.effect_until,
        repeats=event.repeats,
    )
    return {"effects": (*state.effects, call)}


def over(state: RunState, event: e.CallReturned) -> Changes:
    """What is known of the effect after an attempt: had, not had, or in doubt."""
    if (known := state.effect_of(event.call)) is None:
        return {}
    if event.verdict is Verdict.SUCCEEDED:
        return changed(state, replace(known, done=True, result=event.result))
    silent = known.silent or event.silent
    if event.verdict is Verdict.FAILED and not event.retry_at and not silent:
        return freed(state, event.call)
    return changed(state, replace(known, silent=silent))


def found_out(state: RunState, event: e.CallLookedUp | e.CallSettled) -> Changes:
    """What a tool, or a person, says of a call in doubt: one that did not happen is silent no
    more.
    """
    known = state.effect_of(event.call)
    if known is None or event.undo or event.happened is not Happened.NO:
        return {}
    return changed(state, replace(known, silent=False))


def changed(state: RunState, known: KeyedCall) -> Changes:
    return {"effects": tuple(known if each.call == known.call else each for each in state.effects)}


def freed(state: RunState, call: str) -> Changes:
    """What changes when a call's key is freed; nothing for a call without one."""
    left = tuple(each for each in state.effects if each.call != call)
    return {"effects": left} if len(left) != len(state.effects) else {}


def told(state: RunState, event: e.CallRefused) -> str:
    """What the planner is told of a call that repeats another: that nothing was done, and the
    result that the other one had.
    """
    known = state.effect_of(event.repeats) if event.repeats else None
    if known is None:
        return ""
    return f"{event.sentence} Its result was:\n{tokens.result_text(known.result, '', '')}"
