"""What the commands `matrix` and `canary` measure, on the services that they were given."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from django.test import override_settings
from django.test.utils import setup_test_environment, teardown_test_environment

from console.doors import matrix as declared
from console.journal import visibility
from console.journal.records import USER_HIDDEN
from console.stack import processes
from runs.models import Run
from tests import passwords
from tests.doors import canaries, crawl, mutations, planting
from tests.doors.walk import Walk, written


@contextmanager
def quietly() -> Iterator[None]:
    """As tests have it: mail is kept in memory, and what `quietly_here` says."""
    setup_test_environment(debug=False)
    try:
        with quietly_here():
            yield
    finally:
        teardown_test_environment()


@contextmanager
def quietly_here() -> Iterator[None]:
    """Cheap passwords; refusals are not logged, and many odd sign-ins from one address let be."""
    logging.disable(logging.CRITICAL)
    try:
        with override_settings(PASSWORD_HASHERS=passwords.QUICK, SIGN_IN_PACED=False):
            yield
    finally:
        logging.disable(logging.NOTSET)


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


def canary() -> tuple[dict[str, int], list[str]]:
    """Figures, and each leak: who was told what where. Then one is leaked on purpose."""
    with quietly(), planting.house(), processes.web() as web:
        runs, listener = planting.planted(), crawl.Listener()
        crawls = crawl.crawling()
        with heard(listener):
            for each in crawls:
                crawled(each, runs)
            watched = sum(crawl.listened(web, each, runs) for each in crawls)
            outside = [*crawl.mailed(), *crawl.logged(listener.lines)]
            outside += crawl.logged(web.log.read_text(errors="replace").splitlines())
        found = planted_leak(runs)
    leaks = sorted({leak for each in crawls for leak in each.leaks} | set(outside))
    figures = {
        "planted": len(canaries.ALL),
        "roles": len(crawls),
        "urls_crawled": len({path for each in crawls for path in each.seen}),
        "pages": sum(len(each.seen) for each in crawls),
        "sockets": watched,
        "leaks": len(leaks),
        "planted_leak_found": found,
    }
    return figures, [f"{who} was told “{what}” by {where}" for who, where, what in leaks]


@contextmanager
def heard(listener: logging.Handler) -> Iterator[None]:
    """What is logged meanwhile goes to the listener."""
    logging.disable(logging.NOTSET)
    logging.getLogger().addHandler(listener)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(listener)
        logging.disable(logging.CRITICAL)


def crawled(each: crawl.Crawl, runs: Sequence[Run]) -> None:
    each.pages(crawl.beginnings(runs))
    each.programs(runs)
    each.exports()
    each.searches()


def planted_leak(runs: Sequence[Run]) -> int:
    """Whether it is seen that what is hidden from viewers asks for no more than a run's page."""
    wrong = {**visibility.PERMISSIONS, USER_HIDDEN: "runs.view_run"}
    (again,) = crawl.crawling(["viewer"], "again")
    with patch.object(visibility, "PERMISSIONS", wrong):
        again.pages([f"/runs/{run.pk}/audit/" for run in runs], most=3)
    return int(bool(again.leaks))
