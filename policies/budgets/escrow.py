"""Drawing on shared budgets: a run asks before each planner call, its allowance answers, and only
now and then the database.

Every draw is one statement, and repeating one whose answer was lost changes nothing: what was spent
is counted from the grant's mark.
"""

import asyncio
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from console.journal import pool
from policies.budgets import escrow_sql, warning_lines
from policies.budgets.allowance import Allowance
from policies.budgets.check import Want
from policies.budgets.escrow_entry import EscrowAnswer, EscrowEntry
from policies.budgets.escrow_sql import EscrowStatement
from policies.budgets.rules import BudgetRule
from policies.decision import Decision

log = logging.getLogger(__name__)
Borrow = Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]]
FetchedRows = Sequence[Sequence[Any]]
EscrowTalk = Generator[EscrowStatement, FetchedRows, Decision]


async def draw(
    borrow: Borrow, allowance: Allowance, want: Want, budgets: tuple[BudgetRule, ...]
) -> Decision:
    """Whether this planner call may be made. Its estimate is then reserved until `allowance.settle`
    or the run's next draw.

    A connection is borrowed only when the grants in hand do not cover the call.
    """
    talk = drawing(allowance, want, budgets)
    said = advance(talk, None)
    if isinstance(said, Decision):
        return said
    async with borrow() as connection:
        while not isinstance(said, Decision):
            said = advance(
                talk,
                await (
                    await psycopg.AsyncRawCursor(connection).execute(*said, prepare=True)
                ).fetchall(),
            )
    if allowance.warnings:
        await asyncio.to_thread(tell_apart, allowance, want)
    return said


def advance(talk: EscrowTalk, rows: FetchedRows | None) -> EscrowStatement | Decision:
    """The next statement of the draw, or the decision that it ends with."""
    try:
        return next(talk) if rows is None else talk.send(rows)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's value has no type here


async def give_back(borrow: Borrow, allowance: Allowance, want: Want) -> None:
    """Count what the run spent and free the rest, since the run leaves this worker. `want` says how
    far it has come; its estimate does not matter.
    """
    if entries := allowance.closing(want):
        async with borrow() as connection:
            await psycopg.AsyncRawCursor(connection).execute(
                *escrow_sql.move(allowance.run, allowance.epoch, entries), prepare=True
            )
        allowance.closed()


def drawing(allowance: Allowance, want: Want, budgets: tuple[BudgetRule, ...]) -> EscrowTalk:
    """A draw as the statements that it needs, nearly always none: yields each, is sent its rows,
    returns the decision.
    """
    asked = allowance.drawing(want, budgets)
    try:
        entries = next(asked)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # as above
    answers = yield from _answers(allowance, entries)
    try:
        asked.send(answers)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # as above
    raise RuntimeError("an allowance asks once")


def _answers(
    allowance: Allowance, entries: Sequence[EscrowEntry]
) -> Generator[EscrowStatement, FetchedRows, list[EscrowAnswer]]:
    """The answers to these entries. Missing buckets are opened; buckets whose budget was deleted
    meanwhile are left out.
    """
    answers = [
        escrow_sql.reservation(row)
        for row in (yield escrow_sql.move(allowance.run, allowance.epoch, entries))
    ]
    if len(answers) == len(entries):
        return answers
    yield escrow_sql.opening(entries)
    answers = [
        escrow_sql.reservation(row)
        for row in (yield escrow_sql.move(allowance.run, allowance.epoch, entries))
    ]
    if len(answers) == len(entries) or not answers:
        return answers
    there = {answer.key for answer in answers}
    entries = [entry for entry in entries if entry.key in there]
    return [
        escrow_sql.reservation(row)
        for row in (yield escrow_sql.move(allowance.run, allowance.epoch, entries))
    ]


def tell(connection: psycopg.Connection[Any], allowance: Allowance, want: Want) -> None:
    """Note in the allowance which warning lines were crossed that nobody else has told of."""
    allowance.warnings = warning_lines.tell(
        connection,
        allowance.warnings,
        run=allowance.run,
        agent=allowance.agent,
        user=allowance.user,
        at=want.at,
        name=allowance.name,
    )


def tell_apart(allowance: Allowance, want: Want) -> None:
    """Tell of crossed warning lines on a connection of the journal's, in a thread: it is rare, and
    takes more than one statement.
    """
    try:
        with pool.pool().connection() as connection:
            tell(connection, allowance, want)
    except PoolTimeout:
        log.warning(
            "run %s: no connection to tell a budget's warning on; the next draw will tell it",
            allowance.run,
        )
        allowance.warnings = ()
