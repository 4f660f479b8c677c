"""A planner's turn: the question to it, and its answer without secrets, as the journal can keep it.

Whatever goes wrong is returned as a fact. All that planners say comes in here and nowhere else.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from console import figures
from console.journal import cleaning
from console.journal.encoding import NANO
from console.journal.records import text_of
from console.outside import confidential
from console.outside.masking import Mask
from runs.engine.actions import Plan
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.pictures import Picture
from runs.engine.ports import Opaque, Planner, PlannerTurn, PlanRequest, ToolSpec, is_remote
from runs.engine.state import RunState
from runs.fence import NotMade
from runs.runtime import perform
from runs.runtime.handles import Handle, Killed
from runs.runtime.lease import Lease

log = logging.getLogger(__name__)
PLAN_TIMEOUT = 600.0


def request(
    lease: Lease,
    state: RunState,
    plan: Plan,
    tools: tuple[ToolSpec, ...],
    picture: Callable[[Picture], Awaitable[str]] | None = None,
) -> PlanRequest:
    return PlanRequest(
        run=text_of(lease.run),
        step=state.step + 1,
        goal=state.goal,
        seed=state.seed,
        correlation_id=text_of(lease.correlation_id),
        context=plan.window,
        tools=tools,
        max_tokens_out=state.max_tokens_out,
        deadline=state.deadline,
        attempt=state.plan_failures,
        picture=picture,
    )


def provider_of(planner: Planner) -> str:
    """The provider that the planner asks, as people call it; the model's name if there is none."""
    return planner.provider if is_remote(planner) else planner.model


async def ask(
    handle: Handle, planner: Planner, asked: PlanRequest, timeout: float = PLAN_TIMEOUT
) -> PlannerTurn | PlannerError:
    """The planner's turn, masked and cleaned for the journal, or why there is none."""
    try:
        return clean_turn(
            masked(
                await handle.perform(
                    perform.contained(partial(planner.decide, asked), timeout), harmless=True
                )
            )
        )
    except Killed:
        return PlannerError(PlannerFault.CANCELLED, "The call was cancelled.")
    except NotMade:
        raise
    except PlannerError as error:
        return masked_error(error)
    except TimeoutError:
        return PlannerError(
            PlannerFault.TRANSIENT,
            f"No answer within {figures.allowance(timeout)}.",
            provider=provider_of(planner),
            trouble="no answer",
            unanswered=True,
        )
    except Exception as error:
        # a mistake of ours, most likely, which no waiting mends
        log.exception("planner %s failed in run %s", planner.model, asked.run)
        return PlannerError(PlannerFault.MALFORMED, perform.said(error))


def masked_error(error: PlannerError) -> PlannerError:
    """The planner's failure without a secret in its words."""
    words = confidential.current().text(error.message)
    return error if words == error.message else replace(error, message=words)


def masked(turn: PlannerTurn) -> PlannerTurn:
    """The turn without a secret in its words or arguments;
    the very same one where there was none."""
    mask = confidential.current()
    words = {
        "thought": turn.thought,
        "thinking": turn.thinking,
        "final": turn.final,
        "calls": [[call.tool, call.args] for call in turn.calls],
    }
    turn = unless_secret(turn, mask)
    if (found := mask.json(words)) is words:
        return turn
    calls = tuple(
        replace(call, tool=tool, args=args)
        for call, (tool, args) in zip(turn.calls, found["calls"], strict=True)
    )
    return replace(
        turn,
        thought=found["thought"],
        thinking=found["thinking"],
        final=found["final"],
        calls=calls,
    )


def unless_secret(turn: PlannerTurn, mask: Mask) -> PlannerTurn:
    """The turn without its opaque parts where they hold a secret: masked, their maker would refuse
    them, and whole, the journal would keep it.
    """
    if turn.opaque is None or mask.json(turn.opaque.parts) is turn.opaque.parts:
        return turn
    return replace(turn, opaque=None)


def clean_turn(turn: PlannerTurn) -> PlannerTurn:
    """What rules see and tools get is what the journal keeps; what had to be changed for that is
    said, not hidden.
    """
    notes = cleaning.Notes()
    cleaned = [cleaning.clean(call.args, notes, call.tool) for call in turn.calls]
    usd = turn.usage.usd
    turn = replace(turn, opaque=storable(turn.opaque)) if turn.opaque else turn
    exact = usd is None or usd == usd.quantize(NANO)
    if not notes.lines and exact and turn.usage.saved == turn.usage.saved.quantize(NANO):
        return turn
    calls = tuple(replace(call, args=args) for call, args in zip(turn.calls, cleaned, strict=True))
    usage = replace(
        turn.usage,
        usd=None if usd is None else usd.quantize(NANO),
        saved=turn.usage.saved.quantize(NANO),
    )
    said = "\n".join(
        part
        for part in (
            turn.thought,
            *(f"[changed for the record: {line}]" for line in notes.written()),
        )
        if part
    )
    return replace(turn, calls=calls, usage=usage, thought=said)


def storable(opaque: Opaque) -> Opaque | None:
    """Opaque parts if the journal can keep them as they came, else None: their maker would refuse
    changed ones.
    """
    notes = cleaning.Notes()
    cleaned = cleaning.clean(opaque.parts, notes)
    return None if notes.lines else replace(opaque, parts=cleaned)
