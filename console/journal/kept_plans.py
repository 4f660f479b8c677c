"""Statements that pages ask again and again, planned once for a connection: of a table with many
partial indexes PostgreSQL takes longer to plan a read than to carry it out.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection

MOST_KEPT = 40
"""Plans of one connection."""
MOST_SEEN = 400
"""Statements of one connection of which is known that they were asked before."""
AskedStatement = tuple[str, tuple[Any, ...], tuple[type, ...]]
"""A text and its values, and the type of each: to Python 1 and True are the same."""


@dataclass(slots=True)
class KeptPlans:
    """The plans of one connection by statement, those that were asked last at the end; what was
    asked once so far is only `seen`.
    """

    names: OrderedDict[AskedStatement, str] = field(default_factory=OrderedDict)
    seen: OrderedDict[AskedStatement, None] = field(default_factory=OrderedDict)
    made: int = 0

    def name(self, asked: AskedStatement, cursor: Any) -> str:
        """The name under which the statement is planned; empty where it is asked for the first
        time.
        """
        if name := self.names.get(asked):
            self.names.move_to_end(asked)
            return name
        if asked in self.seen:
            del self.seen[asked]
            return self.keep(asked, cursor)
        self.seen[asked] = None
        if len(self.seen) > MOST_SEEN:
            self.seen.popitem(last=False)
        return ""

    def keep(self, asked: AskedStatement, cursor: Any) -> str:
        while len(self.names) >= MOST_KEPT:
            _, oldest = self.names.popitem(last=False)
            cursor.execute(f"DEALLOCATE {oldest}")
        self.made += 1
        name = f"kept_{self.made}"
        cursor.execute(f"PREPARE {name} AS {cursor.mogrify(*asked[:2])}")
        self.names[asked] = name
        return name


_plans: WeakKeyDictionary[psycopg.Connection[Any], KeptPlans] = WeakKeyDictionary()


@contextmanager
def kept() -> Iterator[None]:
    """Within it, what was asked before with the very same values is not planned again."""
    with connection.execute_wrapper(_executed):
        yield


def _executed(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    reads = sql.lstrip("( \n").startswith(("SELECT", "WITH"))
    # values with names would be compared by their names
    if many or not MOST_KEPT or not reads or isinstance(params, Mapping):
        return execute(sql, params, many, context)
    values = tuple(params or ())
    asked = sql, values, tuple(map(type, values))
    try:
        hash(asked)
    except TypeError:  # a list among the values: such are never the same again
        return execute(sql, params, many, context)
    plans = _plans.setdefault(context["connection"].connection, KeptPlans())
    with context["connection"].wrap_database_errors:
        name = plans.name(asked, context["cursor"].cursor)
    return (
        execute(f"EXECUTE {name}", None, many, context)
        if name
        else execute(sql, params, many, context)
    )
