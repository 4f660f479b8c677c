"""Rows whose key is one of many, as one value for the database: a list of two thousand keys, each
a value of its own, takes longer to read than to look up.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import BooleanField, F, Func, Q, Value


def ids(numbers: Iterable[int], column: str = "pk") -> Q:
    """Rows with one of these numbers as their key, or in this column."""
    return _any("{" + ",".join(map(str, numbers)) + "}", "bigint", column)


def keys(uuids: Iterable[UUID], column: str = "pk") -> Q:
    """Rows with one of these ids as their key, or in this column."""
    return _any(listed(uuids), "uuid", column)


def written(ids: Iterable[str]) -> Q:
    """Rows with one of these ids, as PostgreSQL writes them, as their key."""
    return _any("{" + ",".join(ids) + "}", "uuid")


def listed(uuids: Iterable[UUID]) -> str:
    """The ids as that one value."""
    return "{" + ",".join(each.hex for each in uuids) + "}"


def _any(wanted: str, type_: str, column: str = "pk") -> Q:
    array = Value(wanted)
    template = f"%(expressions)s::{type_}[])"
    return Q(
        Func(
            F(column),
            array,
            template=template,
            arg_joiner=" = ANY(",
            output_field=BooleanField(),
        )
    )
