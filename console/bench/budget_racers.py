"""One process of `bench budget`: threads that make calls, each on a connection of its own.

Knows no models, so that it starts quickly.
"""

import os
import random
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any

import psycopg

from console.journal import append, pool
from console.journal.ledger import HOUSE
from console.journal.records import JournalRecord
from policies.budgets import escrow, escrow_sql
from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.rules import ZERO, Amounts, BudgetRule
from policies.decision import Decision, DecisionKind

MICRO = Decimal("0.000001")
CHEAPEST, MOST_EXPENSIVE = 100, 950
"""Twenty thousand such calls want some more than ten dollars, so that the race is run to its end
and beyond.
"""
UNKNOWN = 0.02
SOUP = os.urandom(1_000).hex()


@dataclass(frozen=True, slots=True)
class Race:
    """What a process does: so many calls, each thread its part of them as one run, held to
    `budgets` or to nothing.
    """

    calls: int
    budgets: tuple[BudgetRule, ...]


@dataclass
class RaceTally:
    """What came of a round. `admitted_usd` are estimates."""

    calls: int = 0
    refused: int = 0
    asked: int = 0
    admitted_usd: Decimal = ZERO
    warnings: int = 0

    def add(self, other: "RaceTally") -> None:
        self.calls += other.calls
        self.refused += other.refused
        self.asked += other.asked
        self.admitted_usd += other.admitted_usd
        self.warnings += other.warnings


def run(threads: int, seed: int, keys: Sequence[uuid.UUID], pipe: Connection) -> None:
    """Play each round that comes through the pipe, and answer with its tally; None ends it.

    `keys`: a chain for each thread.
    """
    with ThreadPoolExecutor(threads) as crowd:
        lanes = [Lane(random.Random(seed * 1_000 + number), key) for number, key in enumerate(keys)]
        pipe.send("ready")
        while (wanted := pipe.recv()) is not None:
            total = RaceTally()
            shares = [
                wanted.calls // threads + (number < wanted.calls % threads)
                for number in range(threads)
            ]
            for tally in crowd.map(
                lambda lane, calls: lane.play(calls, wanted.budgets), lanes, shares
            ):
                total.add(tally)
            pipe.send(total)


def draw(
    connection: psycopg.Connection[Any],
    allowance: Allowance,
    want: Want,
    budgets: tuple[BudgetRule, ...],
) -> Decision:
    """A draw on the escrow by a thread that waits for it."""
    talk = escrow.drawing(allowance, want, budgets)
    said = escrow.advance(talk, None)
    while not isinstance(said, Decision):
        rows = psycopg.RawCursor(connection).execute(*said, prepare=True).fetchall()
        said = escrow.advance(talk, rows)
    if allowance.warnings:
        escrow.tell(connection, allowance, want)
    return said


def give_back(connection: psycopg.Connection[Any], allowance: Allowance, want: Want) -> None:
    """The end of such a run."""
    if entries := allowance.closing(want):
        moved = escrow_sql.move(allowance.run, allowance.epoch, entries)
        psycopg.RawCursor(connection).execute(*moved, prepare=True)
        allowance.closed()


class Lane:
    """One thread's dice, connection and journal."""

    def __init__(self, dice: random.Random, key: uuid.UUID) -> None:
        self.dice, self.key = dice, key
        self.connection = psycopg.connect(pool.conninfo(), autocommit=True)

    def play(self, calls: int, budgets: tuple[BudgetRule, ...]) -> RaceTally:
        tally, allowance, spent = RaceTally(), Allowance(uuid.uuid4(), 1, "bench", "bench"), ZERO
        for number in range(calls):
            estimate = self.dice.randint(CHEAPEST, MOST_EXPENSIVE) * MICRO
            if budgets and not self.admitted(allowance, budgets, estimate, spent, number, tally):
                continue
            self.call(number)
            tally.calls += 1
            tally.admitted_usd += estimate
            # one in fifty is cut off: what it cost nobody knows
            known = self.dice.random() >= UNKNOWN
            spent += estimate if known else ZERO
            allowance.settle(Amounts(usd=estimate) if known else None)
        if budgets:
            tally.asked = allowance.asked
            give_back(self.connection, allowance, self.want(ZERO, spent, calls))
        return tally

    def admitted(
        self,
        allowance: Allowance,
        budgets: tuple[BudgetRule, ...],
        estimate: Decimal,
        spent: Decimal,
        number: int,
        tally: RaceTally,
    ) -> bool:
        wanted = self.want(estimate, spent, number)
        drawn = draw(self.connection, allowance, wanted, budgets)
        allowed = drawn.kind is DecisionKind.ALLOW
        tally.warnings += len(allowance.warnings)
        tally.refused += not allowed
        return allowed

    def want(self, estimate: Decimal, spent: Decimal, number: int) -> Want:
        return Want(
            Amounts(steps=1, usd=estimate), Amounts(steps=number, usd=spent), datetime.now(UTC)
        )

    def call(self, number: int) -> None:
        """Both durable commits of a step with one call, as the journal makes them: decision and
        intent, then the result.
        """
        at = datetime.now(UTC)
        planned = JournalRecord(
            "bench.planned", at, "planner", self.key, step=number, data={"thought": SOUP[:200]}
        )
        intended = JournalRecord(
            "bench.intended",
            at,
            "supervisor",
            self.key,
            step=number,
            tool="bench",
            data={"args": {"n": number}},
        )
        append.append(
            self.connection, HOUSE, self.key, [planned, intended], epoch=None, projection={}
        )
        returned = JournalRecord(
            "bench.returned", at, "tool", self.key, step=number, tool="bench", data={"result": SOUP}
        )
        append.append(self.connection, HOUSE, self.key, [returned], epoch=None, projection={})
