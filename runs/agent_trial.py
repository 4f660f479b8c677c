"""Trying an agent's model from a web process: one short question with one tool, and what came of it
in the operator's words. Bounded, and never an exception.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

from console import figures
from console.outside import confidential
from runs import planners, snapshots
from runs.engine.engine_errors import PlannerError
from runs.engine.ports import ContextMessage, Planner, PlannerTurn, PlanRequest, Speaker, ToolSpec
from runs.models import Agent
from runs.planners import another, pricing

log = logging.getLogger(__name__)
SECONDS = 30.0
READY = ToolSpec(
    "say_ready",
    "Says that you are ready.",
    {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
)
TASK = "This is a test of the connection. Call the tool say_ready with the word ready."
LONGEST = 200
UNKNOWN = "no known price, so a USD limit does not hold"


@dataclass(frozen=True, slots=True)
class AgentTrial:
    """The result of a trial: facts by name, or why there is none."""

    facts: dict[str, str] = field(default_factory=dict)
    trouble: str = ""

    @property
    def sentence(self) -> str:
        """The whole result in one line."""
        return self.trouble or " · ".join(f"{name}: {said}" for name, said in self.facts.items())


@dataclass(frozen=True, slots=True)
class TrialQuestion:
    """The one question that is asked, as a planner's context."""

    def messages(self) -> Sequence[ContextMessage]:
        return (ContextMessage(Speaker.USER, TASK),)


def all_tried(agent: Agent) -> Sequence[tuple[str, AgentTrial]]:
    """What came of each of the agent's models, by name, its planner first; all at the same time."""
    pinned = snapshots.of(agent)
    names = dict.fromkeys([agent.planner, *(name for _, name in another.others(pinned))])
    begun = [(name, begin(another.with_planner(pinned, name))) for name in names]
    until = time.monotonic() + SECONDS + 2
    return [(name, answer(told, until - time.monotonic())) for name, told in begun]


def tried(agent: Agent) -> AgentTrial:
    """What came of the agent's planner."""
    return answer(begin(snapshots.of(agent)), SECONDS + 2)


def begin(snapshot: Mapping[str, Any]) -> "Queue[AgentTrial]":
    """Try the agent in a thread of its own with a loop of its own; nothing of it outlasts the
    answer.
    """
    confidential.mask()
    told: Queue[AgentTrial] = Queue()
    if sentence := planners.problem(snapshot):
        told.put(AgentTrial(trouble=sentence))
        return told
    threading.Thread(
        target=lambda: asyncio.run(asked(snapshot, told)), name="trial of an agent", daemon=True
    ).start()
    return told


def answer(told: "Queue[AgentTrial]", seconds: float) -> AgentTrial:
    try:
        return told.get(timeout=max(seconds, 0.1))
    except Empty:
        return AgentTrial(trouble=f"No answer within {SECONDS:.0f} s.")


async def asked(snapshot: Mapping[str, Any], told: "Queue[AgentTrial]") -> None:
    mask = confidential.current()
    try:
        planner = planners.build(snapshot)
        began = time.monotonic()
        async with asyncio.timeout(SECONDS):
            turn = await planner.decide(question(snapshot))
        took = time.monotonic() - began
        found = facts(planner, turn, took, priced=pricing.priced(snapshot))
        told.put(AgentTrial({name: mask.text(said) for name, said in found.items()}))
    except TimeoutError:
        told.put(AgentTrial(trouble=f"No answer within {SECONDS:.0f} s."))
    except PlannerError as error:
        told.put(AgentTrial(trouble=mask.text(str(error))))
    except Exception as error:
        log.exception("an agent's model could not be tried")
        told.put(AgentTrial(trouble=f"It could not be tried: {type(error).__name__}."))
    finally:
        await close()


def question(snapshot: Mapping[str, Any]) -> PlanRequest:
    return PlanRequest(
        run="trial",
        step=1,
        goal=TASK,
        seed=1,
        correlation_id="trial",
        context=TrialQuestion(),
        tools=(READY,),
        max_tokens_out=int(snapshot["max_tokens_out"]),
        deadline=None,
    )


def facts(planner: Planner, turn: PlannerTurn, took: float, *, priced: bool) -> dict[str, str]:
    """What an admin wants to know of it, by name."""
    usage, about = turn.usage, "about " if turn.usage.estimated else ""
    cost = UNKNOWN if usage.usd is None else f"{about}{figures.money(usage.usd)}"
    return {
        "answered by": turn.model,
        "in": figures.span(took),
        "tool calling": calling(turn),
        "tokens": f"{about}{usage.tokens_in:,} in, {usage.tokens_out:,} out"
        + ("" if not usage.estimated else " (the server did not say)"),
        "cost": cost if priced or cost == UNKNOWN else f"{cost} (by the fallback price)",
        "window": f"{planner.window:,} tokens" if planner.window else "not known",
    }


def calling(turn: PlannerTurn) -> str:
    """Whether the model called the tool as it was asked to, in words."""
    if not turn.calls:
        return f"no call, it said: {figures.cut(turn.final or '', LONGEST)}"
    call = turn.calls[0]
    if call.tool != READY.name:
        return f"called {call.tool}, which it was not offered"
    return "works" if isinstance(call.args, dict) else "its arguments are no JSON object"


async def close() -> None:
    """Close this loop's connections. The module is heavy; it is loaded already if any was
    opened.
    """
    from runs.planners import connections  # noqa: PLC0415

    await connections.close()
