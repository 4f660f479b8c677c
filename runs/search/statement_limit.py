"""A read that the database ends by itself when it takes too long."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg import errors

SECONDS = 2.0
SET_LIMIT = "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"


class TooSlow(Exception):
    """A question that was not answered in time; its text says what would make it quicker."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Stopped after {seconds:g} s. Add agent: or age< to look at less.")


@contextmanager
def within(seconds: float = SECONDS) -> Iterator[None]:
    """Each statement in it may take as long. Raises TooSlow. What is set for a transaction ends
    with it: only within another one the limit from before has to be put back.
    """
    within_another = connection.in_atomic_block
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SET_LIMIT, [str(int(seconds * 1_000))])
            before = cursor.fetchone()[0]
            yield
            if within_another:
                cursor.execute(SET_LIMIT, [before])
    except OperationalError as slow:
        if isinstance(slow.__cause__, errors.QueryCanceled):
            raise TooSlow(seconds) from slow
        raise
