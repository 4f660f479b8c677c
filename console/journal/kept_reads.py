"""Rows that pages read again and again: their statement is put together once in a process. For a
table of many columns Django takes longer for that than PostgreSQL to carry it out.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators

_Row = TypeVar("_Row", bound=Model)


class KeptStatement(NamedTuple):
    """A statement, its values, and what Django knows of its columns, which never changes."""

    compiler: Any
    text: str
    params: tuple[Any, ...]


class KeptRead(Generic[_Row]):
    """Rows that are read by a statement which differs in one value alone, or in none. `make` gives
    the rows for `stand_in`, a value that nothing else in the statement has.
    """

    def __init__(self, make: Callable[[], QuerySet[_Row]], stand_in: object = None) -> None:
        self._make = make
        self._stand_in = stand_in

    @cached_property
    def _kept(self) -> KeptStatement:
        compiler = self._make().query.get_compiler(connection=connection)
        return KeptStatement(compiler, *compiler.as_sql())

    def __call__(self, value: Any = None) -> list[_Row]:
        """The rows for this value."""
        params = [value if each == self._stand_in else each for each in self._kept.params]
        with connection.cursor() as cursor:
            cursor.execute(self._kept.text, params)
            return list(self._rows(cursor.fetchall()))

    def _rows(self, found: list[tuple[Any, ...]]) -> Iterator[_Row]:
        """What `QuerySet` makes of what it has read. Rows that lead to the same row share it."""
        compiler, database = self._kept.compiler, connection.alias
        table, columns = compiler.klass_info["model"], compiler.klass_info["select_fields"]
        names = [compiler.select[column][0].target.attname for column in columns]
        # the stubs are those of a later Django
        populators: Any = get_related_populators(  # type: ignore[call-arg]
            compiler.klass_info, compiler.select, database
        )
        fields = [each["field"] for each in compiler.klass_info.get("related_klass_infos", ())]
        shared: dict[tuple[Any, Any], Any] = {}
        for values in compiler.results_iter([found]):
            row = _made(table, names, values[columns[0] : columns[-1] + 1], database)
            for field, each in zip(fields, populators, strict=True):
                key = field, values[each.cols_start + each.pk_idx]
                if key in shared:
                    field.set_cached_value(row, shared[key])
                else:
                    each.populate(values, row)
                    shared[key] = field.get_cached_value(row)
            yield row


def _made(table: type[_Row], names: Sequence[str], values: Sequence[Any], database: str) -> _Row:
    """A row of the table with these columns; others are read when they are asked for. `from_db`
    goes through all columns that a table has for each row, and nobody here listens to its signals.
    """
    row, state = table.__new__(table), ModelState()
    state.adding, state.db = False, database
    vars(row).update(zip(names, values, strict=True), _state=state)
    return row
