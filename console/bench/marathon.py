"""A run of 369 calls (57 searches, 65 files of 3 to 16 kB read) at a window of 32k tokens, through
the planner for providers, against a provider that checks every request; once for each wire and each
way of summing up.

`compactions` is the least of the runs; what was found wrong is summed up over them. `step_ratio` is
the median time of the last steps to that of the early ones.
"""

import argparse
import os
import random
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User

from console import wiring
from console.bench.marathon_wire import PlannedRead, Provider, serving
from console.journal.models import Event
from runs import services
from runs.engine.recall import RECALL
from runs.engine.vocabulary import Effect
from runs.models import Agent, Run
from runs.planners import selection
from runs.runtime import dependencies, worker_process
from runs.tools.local import LocalTool
from runs.tools.registry import tool
from runs.tools.toolbox import Box

CALLS, SEARCHES, FILES = 369, 57, 65
WINDOW, MOST_OUT = 32_768, 1_200
WIRES = ("openai", "anthropic")
MODES = {"model": "", "digest": "digest"}
"""Ways of summing older steps up, and what an agent says for them."""
SYLLABLES = "ka lo mi ren tu sa vel dor in pa esh qui ran bel to mu fir ge hal os".split()
KEY = "BENCH_MARATHON_API_KEY"
EVERY = 60
"""Folders between two things that are read again."""
EARLY, LATE = slice(10, 60), slice(-60, -10)


def text(seed: str, size: int) -> str:
    """Words that occur nowhere else, always the same ones for a seed."""
    dice = random.Random(seed)
    words, length = [], 0
    while length < size:
        words.append("".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))))
        length += len(words[-1]) + 1
    return " ".join(words)[:size]


def file_text(path: str) -> str:
    return text(f"file {path}", int(3_000 * (16 / 3) ** random.Random(path).random()))


@tool(effect=Effect.READ, idempotent=True)
async def marathon_read(path: str) -> str:
    """Read one file whole."""
    return file_text(path)


@tool(effect=Effect.READ, idempotent=True)
async def marathon_search(query: str) -> str:
    """Search all files for words."""
    return text(f"search {query}", 900)


@tool(effect=Effect.READ, idempotent=True)
async def marathon_list(folder: str) -> str:
    """List one folder."""
    return text(f"list {folder}", 250)


TOOLS = (marathon_read, marathon_search, marathon_list)


def calls() -> Iterator[PlannedRead]:
    """The mixed calls that are asked for and what each must bring back, in an order that never
    changes.
    """
    dice = random.Random(CALLS)
    kinds = ["search"] * SEARCHES + ["read"] * FILES + ["list"] * (CALLS - SEARCHES - FILES)
    dice.shuffle(kinds)
    for number, kind in enumerate(kinds):
        if kind == "read":
            path = f"src/{text(f'path {number}', 12).replace(' ', '/')}.txt"
            yield PlannedRead("marathon_read", {"path": path}, file_text(path))
        elif kind == "search":
            query = text(f"query {number}", 30)
            yield PlannedRead("marathon_search", {"query": query}, text(f"search {query}", 900))
        else:
            folder = text(f"folder {number}", 14).replace(" ", "/")
            yield PlannedRead("marathon_list", {"folder": folder}, text(f"list {folder}", 250))


def with_recalls(asked: list[PlannedRead]) -> list[PlannedRead]:
    """The calls, with an early file asked for again now and then in place of a folder: by its step,
    or by the path that was read. It must come back as it was.
    """
    reads = [at for at, each in enumerate(asked) if each.tool == "marathon_read"]
    folders = [at for at, each in enumerate(asked) if each.tool == "marathon_list"]
    for number, at in enumerate(folders[len(folders) // 2 :: EVERY]):
        read = reads[number]
        which = {"query": asked[read].args["path"]} if number % 2 else {"step": read + 1}
        asked[at] = PlannedRead(RECALL, which, asked[read].answer)
    return asked


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--window", type=int, default=WINDOW, help="tokens that the model takes")


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    os.environ[KEY] = "sk-bench-marathon"
    played = [play(wire, mode, options.window) for wire in WIRES for mode in MODES]
    kinds = [kinds_of(run) for run, _ in played]
    providers = [provider for _, provider in played]
    return {
        "calls": min(run.calls for run, _ in played),
        "searches": min(each.get("marathon_search", 0) for each in kinds),
        "files": min(each.get("marathon_read", 0) for each in kinds),
        "window": options.window,
        "wires": len(WIRES),
        "modes": len(MODES),
        "summaries_by_model": sum(each.summaries for each in providers),
        "compactions": min(each.get("context.compacted", 0) for each in kinds),
        "completed": int(all(run.status == "completed" for run, _ in played)),
        "over_window": sum(each.over_window for each in providers),
        "unpaired": sum(each.unpaired for each in providers),
        "lost_before_read": sum(each.lost_before_read for each in providers),
        "recalls": min(each.recalls for each in providers),
        "recall_exact": int(all(each.recalls == each.recalled_exactly > 0 for each in providers)),
        "prefix_rewrites": max(each.prefix_rewrites for each in providers),
        "largest_request": max(each.largest for each in providers),
        "requests": sum(each.requests for each in providers),
        "step_ratio": max(ratio(each) for each in providers),
    }


def kinds_of(run: Run) -> dict[str, int]:
    """How often each kind of event and each tool's success stands in the journal."""
    counted: dict[str, int] = {}
    for kind, name, verdict in Event.objects.filter(run=run.id).values_list(
        "kind", "tool", "verdict"
    ):
        counted[kind] = counted.get(kind, 0) + 1
        if kind == "call.returned" and verdict == "succeeded":
            counted[name] = counted.get(name, 0) + 1
    return counted


def ratio(provider: Provider) -> float:
    took = [
        after - before
        for before, after in zip(provider.arrived, provider.arrived[1:], strict=False)
    ]
    return statistics.median(took[LATE]) / statistics.median(took[EARLY])


def play(wire: str, mode: str, window: int) -> tuple[Run, Provider]:
    """Make one run over this wire, summed up in this way, with production's tools and rules."""
    provider = Provider(with_recalls(list(calls())), window)
    box = Box([LocalTool(declared) for declared in TOOLS])

    async def toolbox(snapshot: dependencies.Snapshot) -> Box:
        return box

    with serving(provider) as port:
        run = start(wire, mode, port, window)
        dependencies.configure(
            dependencies.Dependencies(planner=selection.build, toolbox=toolbox, rules=wiring.rules)
        )
        worker_process.advance(run.id)
    run.refresh_from_db()
    if run.status != "completed":
        raise RuntimeError(
            f"{wire}, {mode}: ended as {run.stop_reason} at {run.step}: {run.stop_detail}"
        )
    return run, provider


def start(wire: str, mode: str, port: int, window: int) -> Run:
    user, _ = User.objects.get_or_create(username="bench")
    facts: dict[str, Any] = {
        "title": f"Marathon over {wire}, summed up by {mode}",
        "tools": ["marathon_*"],
        "planner": f"{wire}:marathon",
        "base_url": f"http://127.0.0.1:{port}" + ("/v1" if wire == "openai" else ""),
        "key_variable": KEY,
        "window": window,
        "summarise": MODES[mode],
        "max_tokens_out": MOST_OUT,
        "max_steps": CALLS + 20,
        "max_tokens": 10**9,
        "max_usd": 10**6,
        "max_seconds": 86_400,
        "price_in": "0.25",
        "price_out": "2",
    }
    agent, _ = Agent.objects.update_or_create(name=f"marathon-{wire}-{mode}", defaults=facts)
    goal = "Read all files and say when you are done."
    return services.start(agent=agent, goal=goal, principal=user, at=datetime.now(UTC))
