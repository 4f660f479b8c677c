"""A worker process with many callers, for the tests of breakers: when told to, all of them ask at
once whether they may call each tool.

Reads one line when it shall begin; prints how many were let through, tool by tool.
"""

import asyncio
import json
import sys
from collections import Counter
from datetime import datetime

import django
import psycopg

django.setup()

from console.journal import pool  # noqa: E402 - Django first
from policies.circuit import admission  # noqa: E402


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def asking(tools: list[str], callers: int, at: datetime) -> Counter[str]:
    """Probes that were given to the callers of this process."""
    connections = [
        await psycopg.AsyncConnection.connect(pool.conninfo(), autocommit=True)
        for _ in range(callers)
    ]
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    found: Counter[str] = Counter()
    for tool in tools:
        permits = await asyncio.gather(
            *(
                admission.permit(each, tool, f"run-{place}", at)
                for place, each in enumerate(connections)
            )
        )
        found[tool] = sum(permit.allowed for permit in permits)
    for each in connections:
        await each.close()
    return found


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    if wanted["watching"]:
        admission.start()
    say(
        json.dumps(
            asyncio.run(
                asking(wanted["tools"], wanted["callers"], datetime.fromisoformat(wanted["at"]))
            )
        )
    )
    if wanted["watching"]:
        admission.stop()
