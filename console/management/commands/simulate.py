"""`manage.py simulate approvals [--seeds N] [--json]`: a room's rules played in memory, seed by seed; says what was violated."""

import json as codec
import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from django.core.management import BaseCommand, CommandParser

from approvals.simulation.play import Played, play

MOST_SHOWN = 20


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Plays approvals in memory: many requests and deciders, expiry, kills, lost workers. Prints what was violated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=["approvals"])
        parser.add_argument("--seeds", type=int, default=200)
        parser.add_argument("--first", type=int, default=1, help="the first seed")
        parser.add_argument("--requests", type=int, default=1_000, help="pending at once in each simulation")
        parser.add_argument("--deciders", type=int, default=50)
        parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")

    def handle(self, *_args: object, name: str, seeds: int, first: int, requests: int, deciders: int, json: bool, **_options: Any) -> None:
        numbers = range(first, first + seeds)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            played = list(pool.map(partial(play, requests=requests, deciders=deciders), numbers))
        found = summary(numbers, played)
        self.stdout.write(codec.dumps(found) if json else "\n".join(f"  {key:<12} {value}" for key, value in found.items()))


def summary(seeds: range, played: list[Played]) -> dict[str, Any]:
    """`violations` is a count; the first ones are told with their seed, so that they can be played again."""
    ends = Counter[str]()
    for each in played:
        ends.update(each.ends)
    told = [f"seed {seed}: {sentence}" for seed, each in zip(seeds, played, strict=True) for sentence in each.violations]
    return {
        "seeds": len(played),
        "violations": len(told),
        "requests": sum(each.requests for each in played),
        "events": sum(each.events for each in played),
        "workers_lost": sum(each.lost for each in played),
        "ends": dict(sorted(ends.items())),
        "told": told[:MOST_SHOWN],
    }
