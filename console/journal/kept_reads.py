"""Rows that pages read again and again: their statement is put together once in a process. For a
table of many columns Django takes longer for that than PostgreSQL to carry it out.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators

_Row = TypeVar("_Row", bound=Model)


class KeptStatement(NamedTuple):
    """A statement, its values, and what Django knows of its columns, which never changes."""

    compiler: Any
    text: str
    params: tuple[Any, ...]


class KeptRead(Generic[_Row]):
    """Rows that are read by a statement which differs in one value alone. `make` gives the rows for
    `stand_in`, a value that nothing else in the statement has.
    """

    def __init__(self, make: Callable[[], QuerySet[_Row]], stand_in: object) -> None:
        self._make = make
        self._stand_in = stand_in

    @cached_property
    def _kept(self) -> KeptStatement:
        compiler = self._make().query.get_compiler(connection=connection)
        return KeptStatement(compiler, *compiler.as_sql())

    def __call__(self, value: Any) -> list[_Row]:
        """The rows for this value."""
        params = [value if each == self._stand_in else each for each in self._kept.params]
        with connection.cursor() as cursor:
            cursor.execute(self._kept.text, params)
            return list(self._rows(cursor.fetchall()))

    def _rows(self, found: list[tuple[Any, ...]]) -> Iterator[_Row]:
        """What `QuerySet` makes of what it has read."""
        compiler, database = self._kept.compiler, connection.alias
        table, columns = compiler.klass_info["model"], compiler.klass_info["select_fields"]
        names = [compiler.select[column][0].target.attname for column in columns]
        # the stubs are those of a later Django
        related = get_related_populators(  # type: ignore[call-arg]
            compiler.klass_info, compiler.select, database
        )
        for values in compiler.results_iter([found]):
            row = table.from_db(database, names, values[columns[0] : columns[-1] + 1])
            for each in related:
                each.populate(values, row)
            yield row
