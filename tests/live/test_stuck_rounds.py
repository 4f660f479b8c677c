"""A round that waits for a database which neither answers nor goes away is broken off by others."""

from collections.abc import Iterator

import psycopg
import pytest

from console.journal import outage
from console.journal.pool import pool
from console.live import poller, rounds
from console.live.poller import Poller
from tests.patience import until

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = (psycopg.Error,)


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Poller]:
    """Its first round waits for an answer that does not come."""
    waits = [True]

    def work() -> None:
        with pool().connection() as connection:
            if waits:
                waits.clear()
                connection.execute("SELECT pg_sleep(600)")
            connection.execute("SELECT 1")

    monkeypatch.setattr(poller, "LONGEST", 0.5)
    looking = Poller("stuck", work, pauses=(0.05,), trouble="not looked", away=AWAY)
    looking.start()
    yield looking
    looking.stop(5.0)


def last() -> list[rounds.RoundState]:
    return [each for each in rounds.last() if each.name == "stuck"]


def test_a_round_that_waits_too_long_fails_and_the_next_one_goes_well(
    stuck: Poller, caplog: pytest.LogCaptureFixture
) -> None:
    other = Poller("other", lambda: None, pauses=(0.05,), trouble="not looked")
    other.start()
    try:
        until(lambda: "is broken off" in caplog.text, "the round to be broken off")
        until(lambda: [each.failures for each in last()] == [0], "a good round")
    finally:
        other.stop(1.0)
    assert stuck.alive
    assert "stuck: its round took longer than 0.5 s and is broken off" in caplog.text
    assert "not looked: OperationalError" in caplog.text


def test_who_has_no_connection_in_use_is_left_alone() -> None:
    assert outage.break_off(0) == 0
