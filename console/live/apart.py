"""Handles the items of one round apart from each other: one that raises is logged, counted and left
out, and the rest go on.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

import django.db
import psycopg
import psycopg_pool

from console.live import rounds

log = logging.getLogger(__name__)
RoundItem = TypeVar("RoundItem")
REMEMBERED = 1_000
CONNECTION = (
    django.db.OperationalError,
    django.db.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg_pool.PoolTimeout,
)
# states of a server that is away or ends; and one that may not write now
GONE = (
    "08",
    "57P",
    "25006",
)
_said: dict[tuple[str, str], str] = {}


@dataclass(slots=True)
class RoundTally:
    """The result of a round: `done` is the sum of what the items gave, `left_out` names those that
    failed.
    """

    done: int = 0
    left_out: list[str] = field(default_factory=list)


def each(items: Iterable[RoundItem], act: Callable[[RoundItem], object], what: str) -> RoundTally:
    """Do `act` for every item; its result is added up when it is a number. `what` names one item,
    as in "a request".

    A database that cannot be reached is no item's fault: that is raised, since the next item would
    meet it too.
    """
    tally = RoundTally()
    for item in items:
        try:
            tally.done += _number(act(item))
        except Exception as error:
            if is_away(error):
                raise
            tally.left_out.append(_left_out(what, item, error))
        else:
            _said.pop((what, repr(item)), None)
    return tally


def is_away(error: BaseException) -> bool:
    """Whether the error says that the database cannot be reached, rather than that one statement
    failed.
    """
    cause = error.__cause__ if isinstance(error, django.db.Error) else error
    state = str(getattr(cause, "sqlstate", None) or "")
    if state.startswith(GONE):
        return True
    return isinstance(error, CONNECTION) and not state


def _number(result: object) -> int:
    return int(result) if isinstance(result, int) else 0


def _left_out(what: str, item: object, error: Exception) -> str:
    """The item as the round's tally names it. Its stack is logged the first time, not in every
    round that meets it again.
    """
    named, words = f"{what} {item}", f"{type(error).__name__}: {' '.join(str(error).split())}"
    key = (what, repr(item))
    if _said.get(key) != words:
        if len(_said) >= REMEMBERED:
            _said.clear()
        _said[key] = words
        log.error("%s is left out: %s", named, words, exc_info=error)
    rounds.left_out(f"{named}: {words}")
    return f"{named}: {words}"
