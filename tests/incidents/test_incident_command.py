"""`manage.py incident`: the list, and one incident played by a worker until it is over."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from runs.incidents.incident import library
from runs.models import Run
from runs.runtime import worker_process
from tests.incidents.playing import Desk
from tests.patience import ended, until

pytestmark = pytest.mark.django_db(transaction=True)


def given(*words: str) -> str:
    out = io.StringIO()
    call_command("incident", *words, stdout=out)
    return out.getvalue()


@contextmanager
def at_work() -> Iterator[None]:
    """A worker that takes the next run there is."""

    def work() -> None:
        try:
            run = until(Run.objects.first, "nobody started a run")
            assert run is not None
            worker_process.advance(run.pk)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    ended(thread)


def test_the_list_names_every_incident() -> None:
    assert [line.split()[0] for line in given().splitlines()] == [*library()]
    assert [each["name"] for each in json.loads(given("list", "--json"))] == [*library()]


def test_an_incident_is_played_and_what_held_is_said(desk: Desk) -> None:
    with at_work():
        told = json.loads(given("varied-loop", "--as", "otto", "--json"))
    assert (told["verdict"], told["held"], told["reason"]) == ("Held", 1, "LOOP_DETECTED")
    assert len(told["findings"]) == len(library()["varied-loop"].holds)


def test_one_that_is_not_over_in_time_says_so(desk: Desk) -> None:
    with pytest.raises(SystemExit) as left:
        given("varied-loop", "--as", "otto", "--timeout", "0")
    assert left.value.code == 4


def test_an_incident_that_there_is_not_is_wrong_usage() -> None:
    with pytest.raises(CommandError) as wrong:
        given("no-such")
    assert wrong.value.returncode == 2
