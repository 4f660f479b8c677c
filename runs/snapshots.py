"""What a run pins of its agent at the start, as plain JSON. Later edits of the agent do not change
it; policies do apply.
"""

from typing import Any

from runs.engine.compensation import KILL, STOP
from runs.models import Agent, McpServer

PINNED = (
    "name",
    "title",
    "prompt",
    "planner",
    "base_url",
    "key_variable",
    "window",
    "tiers",
    "unpriced",
    "reasoning_effort",
    "prompt_caching",
    "sees_pictures",
    "max_tokens_field",
    "key_header",
    "extra_headers",
    "extra_body",
    "max_tokens_out",
    "summarise",
    "script",
    "tools",
    "acceptance",
    "parallel_calls",
    "answers_refused",
    "person_may_accept",
)
DECIMALS = ("price_in", "price_out", "price_cached", "fallback_price", "temperature")
SERVER = (
    "name",
    "transport",
    "command",
    "url",
    "environment",
    "overrides",
    "trust_hints",
    "per_run",
)
SHADOW = "shadow"
"""In a snapshot it names the incident that the run plays. Such a run has shadow tools only and
draws on no budget that it would share with real work.
"""
SCRIPTED_JUDGE = "judge"
"""In the snapshot of a run that plays an incident: the script that stands in for a judge."""
LIMITS = ("max_steps", "max_tokens", "max_usd", "max_seconds")


def of(agent: Agent) -> dict[str, Any]:
    """The agent as a run sees it. Money is text, since JSON has no decimals."""
    pinned = {name: getattr(agent, name) for name in PINNED}
    prices = {name: text(getattr(agent, name)) for name in DECIMALS}
    servers = [server(each) for each in agent.mcp_servers.filter(enabled=True).order_by("name")]
    limits = {
        "max_steps": agent.max_steps,
        "max_tokens": agent.max_tokens,
        "max_usd": text(agent.max_usd),
        "max_seconds": agent.max_seconds,
    }
    compensation = {KILL: agent.after_kill, STOP: agent.after_stop, **agent.after_reasons}
    made = {"compensation": compensation, "mcp_servers": servers}
    return {**pinned, **prices, **limits, **made}


def server(each: McpServer) -> dict[str, Any]:
    """How a server is reached, and what it said of its tools when the console last looked: later
    changes of that widen no run.
    """
    hints = {
        str(tool["name"]): {"effect": tool["effect"], "idempotent": tool["idempotent"]}
        for tool in each.offered
    }
    return {**{name: getattr(each, name) for name in SERVER}, "hints": hints}


def text(value: object) -> str | None:
    return None if value is None else str(value)
