"""Drawing on shared budgets: a run asks before each planner call, its allowance answers, and only
now and then the database.

Every draw is one statement, and repeating one whose answer was lost changes nothing: what was spent
is counted from the grant's mark.
"""

import asyncio
import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from console.journal import pool
from policies.budgets import escrow_sql
from policies.budgets import warning_lines as budget_lines
from policies.budgets.allowance import Allowance
from policies.budgets.check import Drawn, Want
from policies.budgets.entry import Answer, Entry
from policies.budgets.escrow_sql import Statement
from policies.budgets.rules import Budget

log = logging.getLogger(__name__)
Borrow = Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection[Any]]]
Rows = Sequence[Sequence[Any]]
Talk = Generator[Statement, Rows, Drawn]


def draw(
    connection: psycopg.Connection[Any],
    allowance: Allowance,
    want: Want,
    budgets: tuple[Budget, ...],
) -> Drawn:
    """May this planner call be made?

    Its estimate is then reserved, until `allowance.settle` or the run's next draw.
    """
    talk = drawing(allowance, want, budgets)
    said = advance(talk, None)
    while not isinstance(said, Drawn):
        said = advance(talk, psycopg.RawCursor(connection).execute(*said, prepare=True).fetchall())
    return told(connection, said, allowance, want) if said.warnings else said


async def draw_on_loop(
    borrow: Borrow, allowance: Allowance, want: Want, budgets: tuple[Budget, ...]
) -> Drawn:
    """The same on an event loop; a connection is borrowed only when the grants in hand do not do."""
    talk = drawing(allowance, want, budgets)
    said = advance(talk, None)
    if isinstance(said, Drawn):
        return said
    async with borrow() as connection:
        while not isinstance(said, Drawn):
            said = advance(
                talk,
                await (
                    await psycopg.AsyncRawCursor(connection).execute(*said, prepare=True)
                ).fetchall(),
            )
    return await asyncio.to_thread(told_apart, said, allowance, want) if said.warnings else said


def advance(talk: Talk, rows: Rows | None) -> Statement | Drawn:
    """The next statement of the talk, or what it came to."""
    try:
        return next(talk) if rows is None else talk.send(rows)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # a generator's value has no type here


def give_back(connection: psycopg.Connection[Any], allowance: Allowance, want: Want) -> None:
    """The run leaves this worker: count what it spent, and free the rest.

    `want` says how far it has come; its estimate does not matter.
    """
    if entries := allowance.closing(want):
        psycopg.RawCursor(connection).execute(
            *escrow_sql.move(allowance.run, allowance.epoch, entries), prepare=True
        )
        allowance.closed()


async def give_back_on_loop(borrow: Borrow, allowance: Allowance, want: Want) -> None:
    """The same on an event loop."""
    if entries := allowance.closing(want):
        async with borrow() as connection:
            await psycopg.AsyncRawCursor(connection).execute(
                *escrow_sql.move(allowance.run, allowance.epoch, entries), prepare=True
            )
        allowance.closed()


def drawing(allowance: Allowance, want: Want, budgets: tuple[Budget, ...]) -> Talk:
    """A draw as the statements it needs: none, nearly always.

    Yields each, is sent its rows, returns the answer.
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
    raise RuntimeError("a allowance asks once")


def _answers(
    allowance: Allowance, entries: Sequence[Entry]
) -> Generator[Statement, Rows, list[Answer]]:
    """Buckets that are not there yet are made; those whose budget was deleted meanwhile are left
    out.
    """
    answers = [
        escrow_sql.answer(row)
        for row in (yield escrow_sql.move(allowance.run, allowance.epoch, entries))
    ]
    if len(answers) == len(entries):
        return answers
    yield escrow_sql.opening(entries)
    answers = [
        escrow_sql.answer(row)
        for row in (yield escrow_sql.move(allowance.run, allowance.epoch, entries))
    ]
    if len(answers) == len(entries) or not answers:
        return answers
    there = {answer.key for answer in answers}
    entries = [entry for entry in entries if entry.key in there]
    return [
        escrow_sql.answer(row)
        for row in (yield escrow_sql.move(allowance.run, allowance.epoch, entries))
    ]


def told(
    connection: psycopg.Connection[Any], drawn: Drawn, allowance: Allowance, want: Want
) -> Drawn:
    """Of the warning lines that were crossed, those that nobody else had told."""
    found = budget_lines.tell(
        connection,
        drawn.warnings,
        run=allowance.run,
        agent=allowance.agent,
        user=allowance.user,
        at=want.at,
    )
    return replace(drawn, warnings=found)


def told_apart(drawn: Drawn, allowance: Allowance, want: Want) -> Drawn:
    """The same on a connection of the journal's, in a thread: rare, and more than one statement."""
    try:
        with pool.pool().connection() as connection:
            return told(connection, drawn, allowance, want)
    except PoolTimeout:
        log.warning(
            "run %s: no connection to tell a budget's warning on; the next draw will tell it",
            allowance.run,
        )
        return replace(drawn, warnings=())
