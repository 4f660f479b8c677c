"""Records honest sweeps from real tool servers: a plan names a server, a tool and what is gone
through; each call is made and its answer kept.

Needs the servers of the plan to be installed; what is recorded needs nothing.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from console.json_value import Json
from policies.loops.loop_thresholds import DEFAULTS
from runs.engine import tokens
from runs.tools import mcp_link, mcp_results, mcp_server

PLAN = Path(__file__).with_name("sweep_plan.json")
PATIENCE = 30.0
KEPT = DEFAULTS.result_chars
"""Characters of an answer: more the detector does not read."""


def record(plan: Sequence[Mapping[str, Any]], out: Path) -> int:
    """Record all sweeps of a plan into a `.jsonl.gz` file; returns how many calls that were."""
    recorded = asyncio.run(_all(plan))
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in recorded)
    out.write_bytes(gzip.compress(lines.encode(), mtime=0))
    return sum(len(one["steps"]) for one in recorded)


async def _all(plan: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [sweep for server in plan async for sweep in _of_server(server)]


async def _of_server(planned: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    server = mcp_server.declared({"name": planned["server"], "command": planned["command"]})
    async with mcp_link.connected(server) as link:
        for number, sweep in enumerate(planned["sweeps"], 1):
            steps = [await _step(link, index, call) for index, call in enumerate(calls(sweep))]
            yield {
                "trace_id": f"{server.name}/{number}",
                "source": server.name,
                "goal": sweep["goal"],
                "outcome": "success",
                "steps": steps,
            }


async def _step(link: mcp_link.Link, index: int, call: tuple[str, dict[str, Json]]) -> Any:
    tool, args = call
    answer = await link.client.call_tool(tool, args, read_timeout_seconds=PATIENCE)
    text = tokens.result_text(mcp_results.result_of(answer), "", "")
    return {
        "index": index,
        "kind": "tool",
        "actor": "agent",
        "tool": tool,
        "args": args,
        "result": text[:KEPT],
        "is_error": bool(answer.is_error),
        "meta": {},
    }


def calls(sweep: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Json]]]:
    """The calls of a sweep: first those that it begins with, then the tool for each thing that it
    goes through. Several arguments go forward in step.
    """
    for first in sweep.get("first", ()):
        yield first["tool"], first.get("with", {})
    fixed: dict[str, Json] = sweep.get("with", {})
    over = {name: things(through) for name, through in sweep["over"].items()}
    for values in zip(*over.values(), strict=True):
        yield sweep["tool"], fixed | dict(zip(over, values, strict=True))


def things(through: Any) -> list[Json]:
    """The things that a sweep goes through: a list as it is, or the files that fit a pattern, each
    worded as the tool wants it.
    """
    if isinstance(through, list):
        return through
    found = sorted(Path(through["in"]).glob(through["glob"]))[: through["most"]]
    return [_worded(through.get("wrap", through.get("as", "{path}")), path) for path in found]


def _worded(form: Json, path: Path) -> Json:
    if isinstance(form, list):
        return [_worded(each, path) for each in form]
    if isinstance(form, dict):
        return {name: _worded(each, path) for name, each in form.items()}
    if not isinstance(form, str):
        return form
    return form.format(path=path, name=path.name, parent=path.parent.name)
