"""What the commands `matrix` and `canary` measure, on the services that they were given."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.test import override_settings
from django.test.utils import setup_test_environment, teardown_test_environment

from console.doors import matrix as declared
from console.stack import processes
from tests.doors import mutations
from tests.doors.walk import Walk, written

CHEAP = "django.contrib.auth.hashers.MD5PasswordHasher"


@contextmanager
def quietly() -> Iterator[None]:
    """As tests have it: cheap passwords, mail kept in memory, refusals not logged."""
    setup_test_environment(debug=False)
    logging.disable(logging.CRITICAL)
    try:
        with override_settings(PASSWORD_HASHERS=[CHEAP], AXES_ENABLED=False):
            yield
    finally:
        logging.disable(logging.NOTSET)
        teardown_test_environment()


def matrix(names: Sequence[str] = ()) -> tuple[dict[str, int], list[str]]:
    """Figures, and what is wrong: answers that are not those written down, guards that nobody
    misses.
    """
    with quietly(), processes.web() as web:
        walk, lines = Walk(web), written()
        cells = list(walk.cells(lines, names))
        known = {line.address for line in lines}
        unknown = {line.address for line in declared.lines()} - known
        wrong = [f"/{address} is not written down" for address in sorted(unknown)]
        wrong += [str(cell) for cell in cells if cell.wrong]
        tried, missed = (0, []) if names else mutations.missed(walk, lines)
    figures = {
        "cells": len(cells),
        "wrong": len(wrong),
        "mutations": tried,
        "mutations_missed": len(missed),
    }
    return figures, [*wrong, *missed]
