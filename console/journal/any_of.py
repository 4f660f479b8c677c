"""Rows whose key is one of many, as one value for the database: a list of two thousand keys, each
a value of its own, takes longer to read than to look up.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import BooleanField, F, Func, Q, Value


def ids(numbers: Iterable[int]) -> Q:
    """Rows with one of these numbers as their key."""
    return _any(map(str, numbers), "bigint")


def keys(uuids: Iterable[UUID]) -> Q:
    """Rows with one of these ids as their key."""
    return _any((each.hex for each in uuids), "uuid")


def _any(wanted: Iterable[str], type_: str) -> Q:
    array = Value("{" + ",".join(wanted) + "}")
    template = f"%(expressions)s::{type_}[])"
    return Q(
        Func(
            F("pk"),
            array,
            template=template,
            arg_joiner=" = ANY(",
            output_field=BooleanField(),
        )
    )
