"""Runs of the simulation whose model takes little: how it answers when it is asked to sum up, and
what must hold of all that it is sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from console.json_value import Json
from runs.engine import tokens
from runs.engine.engine_errors import PlannerError, PlannerFault
from runs.engine.ports import ContextMessage, PlannerTurn, PlanRequest, Speaker, ToolCall, Usage
from runs.engine.recall import RECALL
from runs.engine.state import RunState

SMALL = 2_100
"""Tokens that such a model takes, 1,000 of them kept for its answer."""
SUMMARISERS: Sequence[str | None] = (None, "", "another")
"""Nobody, the run's own model, another one."""


def facts(run: UUID) -> dict[str, Json]:
    """What a run's snapshot says of its window: for every second one it is small, and known to
    nobody for half of those.
    """
    small, known = run.int % 2 == 0, run.int % 4 == 0
    return {
        "takes": SMALL if small else None,
        "window": SMALL if small and known else None,
        "summarise": SUMMARISERS[run.int // 4 % len(SUMMARISERS)],
    }


def size(request: PlanRequest) -> int:
    """Tokens of a request, as the model counts them."""
    described = sum(
        tokens.of_text(spec.description + tokens.rendered(dict(spec.schema)))
        for spec in request.tools
    )
    return described + sum(map(tokens.of_message, request.context.messages()))


def refused(snapshot: Mapping[str, Json], request: PlanRequest) -> None:
    """Refuse what the model does not take, as a model does. Raises PlannerError."""
    takes = snapshot.get("takes")
    if takes is not None and size(request) + request.max_tokens_out > takes:
        named = takes if request.seed % 2 else None
        raise PlannerError(PlannerFault.OVERFLOW, "too long", window=named)


def counted(turn: PlannerTurn, snapshot: Mapping[str, Json], request: PlanRequest) -> PlannerTurn:
    """The turn with its usage as the model itself counts it, for a model that takes little; what it
    costs stays as it is.
    """
    if snapshot.get("takes") is None:
        return turn
    return replace(turn, usage=replace(turn.usage, tokens_in=size(request)))


def summary(request: PlanRequest, price: Any) -> PlannerTurn:
    """Mostly a summary; now and then nothing, calls, or far too much text."""
    dice = Random(f"{request.seed}:{request.step}:summary")
    tokens_in, tokens_out = size(request), max(request.max_tokens_out // 2, 1)
    usage = Usage(tokens_in, tokens_out, price(tokens_in, tokens_out))
    if dice.random() < 0.1:
        return PlannerTurn(calls=(ToolCall("c", "look", {}),), usage=usage)
    words = dice.choice(("so far so good",) * 8 + ("", "word " * 4_000))
    return PlannerTurn(final=words, usage=usage, model="simulated")


def again(turn: PlannerTurn, request: PlanRequest) -> PlannerTurn:
    """The turn, which now and then reads an early step again, once that is offered."""
    dice = Random(f"{request.seed}:{request.step}:recall")
    offered = any(spec.name == RECALL for spec in request.tools)
    if not (offered and turn.calls and dice.random() < 0.5):
        return turn
    return replace(turn, calls=(*turn.calls, ToolCall("again", RECALL, {"step": 1})))


def wrong(snapshot: Mapping[str, Json], request: PlanRequest, state: RunState) -> Iterator[str]:
    """What is wrong with a request for a step, in the state that it was made from."""
    sent = request.context.messages()
    asked = [call.id for message in sent for call in message.calls]
    answered = [message.call_id for message in sent if message.role is Speaker.TOOL]
    if sorted(asked) != sorted(answered):
        yield f"the planner is sent calls {asked} with answers to {answered}"
    newest = unread(state.history)
    if [*sent[len(sent) - len(newest) :]] != [*newest]:
        yield "the planner is not sent the newest step as it was"
    if state.summary and not any(message.text == state.summary for message in sent):
        yield "the planner is not sent the summary of what was folded"
    window = snapshot.get("window")
    if window is not None and size(request) + request.max_tokens_out > window:
        yield f"the planner is sent {size(request)} tokens, its window is {window}"
    if (state.folded > 0) != any(spec.name == RECALL for spec in request.tools):
        yield "recall is offered without anything folded, or is not although something is"


def unread(history: Sequence[ContextMessage]) -> Sequence[ContextMessage]:
    """The newest step, whose results the planner has not read yet."""
    places = (at for at in reversed(range(len(history))) if history[at].role is Speaker.ASSISTANT)
    return history[next(places, len(history)) :]
