"""The pace at which runs ask a provider that was away, shared by all workers through the database.

A provider that answers costs nothing here. Only once it has turned a run away twice in a row, with
nobody answered meanwhile, is anything written, and only then is it read.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from policies.outages import pace, rows
from policies.outages.pace import Standing, Turn
from runs.engine.engine_errors import AWAY, PlannerError, PlannerFault
from runs.engine.ids import dice
from runs.engine.state import RunState
from runs.runtime import patience, postgres_store

T = TypeVar("T")
FREE = Turn()

_held_back: set[str] = set()
"""Places that are away or coming back, as far as this process knows."""
_answered: dict[str, datetime] = {}
"""When each place last answered somebody in this process."""


def forget() -> None:
    """Forget what this process knows; the next question asks the database."""
    _held_back.clear()
    _answered.clear()


async def turn(run: UUID, place: str, state: RunState, now: datetime) -> Turn:
    """When the run may ask this place."""
    if state.away is None and place not in _held_back:
        return FREE
    die = dice(state.seed, state.step, state.plan_failures + state.epoch)
    return await moved(run, place, lambda known: pace.turn(known, now, die))


async def heard(
    run: UUID, place: str, state: RunState, error: PlannerError | None, cap: float, now: datetime
) -> None:
    """Take in the answer to a question, or a failure that may mean that the place is away. `state`
    is the run's before it: the first failure in a row may concern this run only.
    """
    if error is not None and error.fault is PlannerFault.CANCELLED:
        return
    if error is None or error.fault not in AWAY:
        _answered[place] = now
        if place in _held_back:
            await moved(run, place, lambda known: (FREE, pace.answered(known, now)))
        return
    since = state.away.since if state.away else None
    began = since or now
    lone = since is None or _answered.get(place, began) > began
    if lone and place not in _held_back:
        return
    die = dice(state.seed, state.step, state.plan_failures)
    await moved(
        run,
        place,
        lambda known: (
            FREE,
            pace.turned_away(known, now, began, error.trouble, error.retry_after, cap, die),
        ),
    )


async def moved(
    run: UUID, place: str, move: Callable[[Standing | None], tuple[T, Standing | None]]
) -> T:
    """Change a place's standing in the database by `move`, under a lock; gives the other thing that
    `move` gives.
    """

    async def moving() -> tuple[T, Standing | None]:
        pool = await postgres_store.connections()
        async with pool.connection() as connection, connection.transaction():
            await connection.execute(rows.LOCK, {"place": place})
            row = await (await connection.execute(rows.READ, {"place": place})).fetchone()
            known = rows.standing(row)
            said, after = move(known)
            if after is not None and after != known:
                await connection.execute(rows.WRITE, rows.facts(place, after))
            elif after is None and known is not None:
                await connection.execute(rows.FORGET, {"place": place})
            return said, after

    said, after = await patience.patiently(run, moving)
    (_held_back.discard if after is None else _held_back.add)(place)
    return said
