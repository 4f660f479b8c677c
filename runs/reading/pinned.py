"""What a run pinned of its agent at the start, and how full its planner's window is.

Never the prompt itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console import figures
from console.journal import selectors
from runs.models import Run
from runs.reading.readers import Reader

LAST = 60


@dataclass(frozen=True, slots=True)
class Pinned:
    facts: Sequence[tuple[str, str]]
    tools: Sequence[str]
    servers: Sequence[str]
    has_prompt: bool
    window: Sequence[tuple[str, str]]
    step: int = 0


def of(run: Run, who: Reader) -> Pinned:
    agent: Mapping[str, Any] = run.snapshot
    sees = who.sees_tools
    facts = [
        ("Agent", f"{agent.get('title', '')} ({agent.get('name', '')})"),
        ("Planner", str(agent.get("planner", ""))),
        ("Prices", prices(agent)),
        ("Most steps", figures.count(run.max_steps)),
        ("Most tokens", figures.count(run.max_tokens)),
        ("Most USD", figures.money(run.max_usd)),
        ("Deadline", figures.span(run.max_seconds)),
        ("Calls side by side", figures.count(int(agent.get("parallel_calls") or 1))),
    ]
    tools = [str(tool) for tool in agent.get("tools") or ()] if sees else []
    servers = (
        [str(server.get("name", "")) for server in agent.get("mcp_servers") or ()] if sees else []
    )
    return Pinned(
        facts,
        tools,
        servers,
        bool(agent.get("prompt")),
        filled(run, who) if sees else (),
        run.step,
    )


def prices(agent: Mapping[str, Any]) -> str:
    """As pinned; without an own price the provider's list price counts, if there is one."""
    if agent.get("price_in") is None and agent.get("price_out") is None:
        return "as listed by the provider, where known"
    return f"${agent.get('price_in')} in, ${agent.get('price_out')} out per million tokens"


def filled(run: Run, who: Reader) -> Sequence[tuple[str, str]]:
    """The last question to the planner: how large it was, and what had to be summed up for it."""
    recent = selectors.events(
        run.id, clearance=who.clearance, after=max(run.seq - LAST, 0), limit=LAST
    )
    plan = next(
        (event.record for event in reversed(recent) if event.record.kind == "step.planned"), None
    )
    if plan is None:
        return ()
    cut = next(
        (event.record for event in reversed(recent) if event.record.kind == "context.compacted"),
        None,
    )
    lines = [
        (
            "Last question",
            (
                f"{figures.count(plan.tokens_in)} tokens, answered with "
                f"{figures.count(plan.tokens_out)}"
            ),
        ),
        ("Model", plan.model or str(plan.data.get("model", ""))),
    ]
    if run.snapshot.get("window"):
        lines.append(("Window", f"{int(run.snapshot['window']):,} tokens"))
    if cut:
        lines.append(
            (
                "Summed up",
                f"{figures.plural(int(cut.data.get('steps') or 0), 'step')}, so that it fits",
            )
        )
    return lines
