"""Threads in several processes race on one day's budget of $10; the same calls without a budget,
round about, are what it is held against.

A call is what the journal does for a step with one call: both durable commits, no planner and no
tool, which in life take far longer. Estimates are random, each admitted call costs its estimate
(one in fifty: nobody knows, which counts the same), so that what was admitted must not exceed the
amount. Throughput counts calls that were made; the time that refusals take counts against the
budget's side.
"""

import argparse
import multiprocessing
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from multiprocessing.connection import Connection

from console.bench import budget_racers
from console.bench.budget_racers import Race, RaceTally
from console.journal.models import Chain
from policies.budgets import rows
from policies.budgets.models import Budget, Escrow, Grant

AMOUNT = Decimal(10)
PATIENCE = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument(
        "--threads", type=int, default=64, help="in all processes together (default: %(default)s)"
    )
    parser.add_argument(
        "--calls",
        type=int,
        default=20_000,
        help="asked for under the budget (default: %(default)s)",
    )
    parser.add_argument(
        "--rounds", type=int, default=5, help="with and without, in turns (default: %(default)s)"
    )


def measure(options: argparse.Namespace) -> dict[str, int | float]:
    row = Budget.objects.create(
        name=f"bench-{uuid.uuid4().hex[:8]}",
        amount=AMOUNT,
        action=Budget.Actions.STOP,
        window=Budget.Windows.DAY,
    )
    row.refresh_from_db()
    held = Race(options.calls // options.processes // options.rounds, (rows.budget_of(row),))
    free = Race(held.calls, ())
    with racers(options.processes, options.threads) as pipes:
        play(pipes, Race(100, ()))
        shared, bare = RaceTally(), RaceTally()
        seconds = {True: 0.0, False: 0.0}
        for number in range(options.rounds):
            pair = ((held, shared), (free, bare))
            for wanted, total in pair if number % 2 else reversed(pair):
                tally, took = play(pipes, wanted)
                total.add(tally)
                seconds[bool(wanted.budgets)] += took
    return figures(row, shared, bare, seconds[True], seconds[False])


def figures(
    row: Budget, shared: RaceTally, bare: RaceTally, seconds: float, bare_seconds: float
) -> dict[str, int | float]:
    """`overshoot_usd` is what was admitted over the amount; `stranded_usd` what is still reserved
    when all runs are over.
    """
    buckets = Escrow.objects.filter(budget=row)
    spent, reserved = (
        sum((bucket.spent for bucket in buckets), Decimal(0)),
        sum((bucket.reserved for bucket in buckets), Decimal(0)),
    )
    per_s, bare_per_s = shared.calls / seconds, bare.calls / bare_seconds
    return {
        "calls": shared.calls + shared.refused,
        "admitted": shared.calls,
        "refused": shared.refused,
        "asked_the_database": shared.asked,
        "admitted_usd": float(shared.admitted_usd),
        "overshoot_usd": float(max(shared.admitted_usd - AMOUNT, Decimal(0))),
        "spent_usd": float(spent),
        "stranded_usd": float(reserved),
        "grants_left": Grant.objects.filter(escrow__budget=row, amount__gt=0).count(),
        "warnings": shared.warnings,
        "seconds": seconds,
        "throughput_per_s": per_s,
        "unbudgeted_per_s": bare_per_s,
        "throughput_ratio": per_s / bare_per_s,
    }


def play(pipes: Sequence[Connection], wanted: Race) -> tuple[RaceTally, float]:
    """One round of all processes at once, and how long the slowest took."""
    began, total = time.perf_counter(), RaceTally()
    for pipe in pipes:
        pipe.send(wanted)
    for pipe in pipes:
        total.add(pipe.recv())
    return total, time.perf_counter() - began


@contextmanager
def racers(processes: int, threads: int) -> Iterator[list[Connection]]:
    with ExitStack() as stack:
        pipes = [
            stack.enter_context(racer(threads // processes, number)) for number in range(processes)
        ]
        for pipe in pipes:
            if not pipe.poll(PATIENCE):
                raise TimeoutError("the racers did not line up")
            pipe.recv()
        yield pipes


@contextmanager
def racer(threads: int, number: int) -> Iterator[Connection]:
    keys = [uuid.uuid4() for _ in range(threads)]
    Chain.objects.bulk_create(Chain(id=key) for key in keys)
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(
        target=budget_racers.run, args=(threads, number, keys, there), daemon=True
    )
    process.start()
    there.close()
    try:
        yield here
        here.send(None)
        process.join(PATIENCE)
    finally:
        process.terminate()
        process.join()
