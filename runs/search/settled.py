"""Conditions as text for the database, put together once: one on runs stands in each part of the
statement for a page, and Django takes longer to put it together than PostgreSQL to read it.
"""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db import connection
from django.db.models import BooleanField, Model, Q
from django.db.models.expressions import RawSQL

from runs.models import Run

EVERYTHING, NOTHING = "true", "false"


def settled(condition: Q) -> Q:
    """The condition as it stands in statements that read `runs_run` under that name."""
    text, params = as_text(condition, Run)
    if text == EVERYTHING:
        return Q()
    # Django's own text, with its own placeholders
    return Q(RawSQL(text, params, output_field=BooleanField()))  # noqa: S611


def as_text(condition: Q, model: type[Model]) -> tuple[str, Sequence[Any]]:
    """What a statement says that reads the model's table under its own name."""
    query = model._default_manager.filter(condition).query
    compiler = query.get_compiler(connection=connection)
    try:
        text, params = compiler.compile(query.where)
    except FullResultSet:
        return EVERYTHING, ()
    except EmptyResultSet:
        return NOTHING, ()
    return text, params
