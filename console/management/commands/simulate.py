"""`manage.py simulate [runs|approvals] [--seeds N] [--json]`: whole runs, or a room's rules, played
in memory, seed by seed.

Says what was violated, which rare branches were never reached, and ends with an error if there is
any of either.
"""

import json as codec
import os
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from django.core.management import BaseCommand, CommandParser

from approvals.request_simulation.request_play import RequestPlay, play
from runs.simulation import sweep

MOST_SHOWN = 20


class Command(BaseCommand):
    requires_system_checks = ()
    help = (
        "Plays runs (or approvals) in memory: lost workers, zombies, a database that goes away,"
        " people who change their minds."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", choices=["runs", "approvals"], default="runs")
        parser.add_argument("--seeds", type=int, default=200)
        parser.add_argument("--first", type=int, default=1, help="the first seed")
        parser.add_argument("--seed", type=int, help="this seed alone; with -v 2 its story as well")
        parser.add_argument(
            "--planted",
            action="store_true",
            help="plant one bug after the other, and see that each is found",
        )
        parser.add_argument(
            "--requests",
            type=int,
            default=1_000,
            help="pending at once in each simulation of approvals",
        )
        parser.add_argument("--deciders", type=int, default=50)
        parser.add_argument(
            "--json", action="store_true", help="one JSON object instead of a table"
        )

    def handle(
        self, *_args: object, name: str, seeds: int, first: int, json: bool, **options: Any
    ) -> None:
        numbers = (
            range(first, first + seeds)
            if options["seed"] is None
            else range(options["seed"], options["seed"] + 1)
        )
        if name == "approvals":
            one = partial(play, requests=options["requests"], deciders=options["deciders"])
            found = summary(numbers, all_of(one, numbers))
            bad = bool(found["violations"])
        elif options["planted"]:
            found = sweep.planted(numbers)
            bad = bool(found["missed"])
        elif options["seed"] is not None:
            found = sweep.alone(
                options["seed"], self.stdout.write if options["verbosity"] > 1 else None
            )
            bad = bool(found["violations"])
        else:
            found = sweep.swept(numbers)
            bad = bool(found["violations"] or found["sometimes_missed"])
        self.stdout.write(
            codec.dumps(found)
            if json
            else "\n".join(f"  {key:<16} {value}" for key, value in found.items())
        )
        if bad:
            sys.exit(1)


def all_of(play_one: Callable[[int], RequestPlay], seeds: range) -> list[RequestPlay]:
    """Each seed played, on all cores; a single one here, which needs no process of its own."""
    if len(seeds) == 1:
        return [play_one(seeds[0])]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(play_one, seeds))


def summary(seeds: range, played: list[RequestPlay]) -> dict[str, Any]:
    """`violations` is a count; the first ones are told with their seed, so that they can be played
    again.
    """
    ends = Counter[str]()
    for each in played:
        ends.update(each.ends)
    told = [
        f"seed {seed}: {sentence}"
        for seed, each in zip(seeds, played, strict=True)
        for sentence in each.violations
    ]
    return {
        "seeds": len(played),
        "violations": len(told),
        "requests": sum(each.requests for each in played),
        "events": sum(each.events for each in played),
        "workers_lost": sum(each.lost for each in played),
        "ends": dict(sorted(ends.items())),
        "told": told[:MOST_SHOWN],
    }
