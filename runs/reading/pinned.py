"""What a run pinned of its agent at the start, and how full its planner's window is. The prompt
itself is never shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console import figures
from console.journal import selectors
from runs.models import Run
from runs.planners import another
from runs.reading import offered_servers
from runs.reading.offered_servers import OfferedServer
from runs.reading.readers import PageReader

LAST = 60


@dataclass(frozen=True, slots=True)
class Pinned:
    facts: Sequence[tuple[str, str]]
    tools: Sequence[str]
    servers: Sequence[OfferedServer]
    has_prompt: bool
    window: Sequence[tuple[str, str]]
    step: int = 0


def of(run: Run, who: PageReader) -> Pinned:
    agent: Mapping[str, Any] = run.snapshot
    sees = who.sees_tools
    facts = [
        ("Agent", f"{agent.get('title', '')} ({agent.get('name', '')})"),
        ("Model", str(agent.get("planner", ""))),
        *((use.capitalize(), name) for use, name in another.others(agent)),
        ("Prices", prices(agent)),
        ("Asked", asked_how(agent)),
        ("Most steps", figures.count(run.max_steps)),
        ("Most tokens", figures.count(run.max_tokens)),
        ("Most USD", figures.money(run.max_usd)),
        ("Running time", figures.span(run.max_seconds)),
        ("Priority", run.priority),
        ("Parallel calls", figures.count(int(agent.get("parallel_calls") or 1))),
    ]
    tools = [str(tool) for tool in agent.get("tools") or ()] if sees else []
    names = [str(server.get("name", "")) for server in agent.get("mcp_servers") or ()]
    servers = offered_servers.of(names, tools) if sees else []
    return Pinned(
        facts,
        tools,
        servers,
        bool(agent.get("prompt")),
        filled(run, who) if sees else (),
        run.step,
    )


def prices(agent: Mapping[str, Any]) -> str:
    """Prices as pinned; without own prices the provider's list prices, if there are any."""
    fallback = agent.get("fallback_price")
    otherwise = f", else about ${fallback} per million tokens" if fallback is not None else ""
    if agent.get("price_in") is None and agent.get("price_out") is None:
        return f"as listed by the provider, where known{otherwise}"
    cached = agent.get("price_cached")
    read = f"${cached} from the cache, " if cached is not None else ""
    own_in, own_out = agent.get("price_in"), agent.get("price_out")
    return f"${own_in} in, {read}${own_out} out per million tokens"


def asked_how(agent: Mapping[str, Any]) -> str:
    """What the agent's requests to its model contain besides the question; values of headers and
    further fields are left out.
    """
    effort, warmth = agent.get("reasoning_effort"), agent.get("temperature")
    further = [*(agent.get("extra_headers") or {}), *(agent.get("extra_body") or {})]
    said = (
        f"effort {effort}" if effort else "",
        f"temperature {warmth}" if warmth is not None else "",
        "one call at a time" if agent.get("parallel_calls") == 1 else "",
        f"with {', '.join(further)}" if further else "",
    )
    return ", ".join(filter(None, said)) or "as the model does by itself"


def filled(run: Run, who: PageReader) -> Sequence[tuple[str, str]]:
    """The size of the last request to the planner, and what had to be summarised for it."""
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
