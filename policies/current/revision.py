"""A number that every edit of a policy moves, in the edit's own transaction. A trigger in the
database does it, so nobody can forget to.

A migration that makes a table of policies says `follow(table)`; a table whose rows change often for
other reasons names the columns that are policy.
"""

from collections.abc import Sequence

from django.db import models
from django.db.migrations import RunSQL


class Revision(models.Model):
    """One row. No number is used twice, so equal numbers mean equal policies."""

    number = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.number)


def follow(table: str, columns: Sequence[str] = ()) -> RunSQL:
    """The migration after which every change of the table, or of its `columns` when some are named,
    moves the revision.
    """
    update = f"UPDATE OF {', '.join(columns)}" if columns else "UPDATE"
    trigger = (
        f"CREATE TRIGGER {table}_moves AFTER INSERT OR {update} OR DELETE ON {table} FOR EACH"
        " STATEMENT EXECUTE FUNCTION policies_moved()"
    )
    return RunSQL(trigger, f"DROP TRIGGER {table}_moves ON {table}")
