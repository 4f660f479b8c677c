"""The database's clock as one process knows it: by its own steady clock, whatever its wall clock
shows.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import OperationalError

from console.journal.database_clock import AWAY, DRIFT, FRESH, NOTABLE, Clock

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Host:
    """A host whose steady clock counts from its start, and whose wall clock is wrong by `wrong`
    seconds. The database is `away` or not.
    """

    wrong: float = 0.0
    steady: float = 1_000.0
    away: bool = False
    asked: int = 0
    moved: float = 0.0

    def __post_init__(self) -> None:
        self.clock = Clock(lambda: self.steady, self.wall, self.ask)

    def wall(self) -> float:
        return self.truth.timestamp() + self.wrong

    @property
    def truth(self) -> datetime:
        """What the database's clock shows."""
        return NOON + timedelta(seconds=self.steady - 1_000.0 + self.moved)

    def ask(self) -> datetime:
        self.asked += 1
        if self.away:
            raise OperationalError("away")
        return self.truth

    def hears(self, *, there: float = 0.0005, back: float = 0.0005) -> None:
        """An answer that took so many seconds to be given, and to come back."""
        sent = self.steady
        self.steady += there
        at = self.truth
        self.steady += back
        self.clock.heard(at, sent)

    @property
    def off(self) -> float:
        return abs((self.clock.now() - self.truth).total_seconds())


@pytest.mark.parametrize("wrong", [600.0, -600.0, 0.0])
def test_a_host_whose_clock_is_wrong_by_ten_minutes_tells_the_databases_time(wrong: float) -> None:
    host = Host(wrong)
    host.hears()
    assert host.off < 0.001
    host.steady += 20
    assert host.off < 0.001


@pytest.mark.parametrize("wrong", [600.0, -600.0])
def test_a_clock_that_has_heard_nothing_asks_before_it_tells_any_time(wrong: float) -> None:
    host = Host(wrong)
    assert (host.off < 0.001, host.asked) == (True, 1)
    host.clock.now()
    assert host.asked == 1, "not for each reading"


def test_it_asks_again_what_it_has_not_heard_for_long() -> None:
    host = Host()
    host.hears()
    host.steady += FRESH + 1
    host.clock.now()
    assert host.asked == 1


def test_a_database_that_is_away_is_not_asked_at_each_reading_and_time_goes_on() -> None:
    host = Host(600.0)
    host.hears()
    host.away, host.steady = True, host.steady + FRESH + 1
    for _ in range(5):
        assert host.off < 0.001
    assert host.asked == 1
    host.steady += AWAY + 1
    host.clock.now()
    assert host.asked == 2


def test_what_the_wall_clock_does_meanwhile_changes_nothing() -> None:
    host = Host()
    host.hears()
    for host.wrong in (600.0, -600.0, 0.0):
        assert host.off < 0.001


def test_an_answer_that_was_long_on_its_way_makes_a_known_time_no_worse() -> None:
    host = Host()
    host.hears()
    host.hears(there=0.0, back=0.8)
    assert host.off < 0.001
    host.hears(there=3.0, back=0.0)
    assert host.off < 0.001


def test_a_surer_answer_makes_it_better() -> None:
    host = Host()
    host.hears(there=0.0, back=0.8)
    assert host.off > 0.3
    host.hears()
    assert host.off < 0.001


def test_a_sure_reading_is_given_up_once_it_may_have_drifted_more_than_the_newest_is_off() -> None:
    host = Host()
    host.hears(there=0.0005, back=0.0005)
    host.steady += 0.1 / DRIFT
    host.moved += 0.05
    host.hears(there=0.01, back=0.01)
    assert host.off < 0.011


def test_time_that_was_read_is_not_read_again() -> None:
    host = Host()
    host.hears(there=0.0, back=1.0)
    before = host.clock.now()
    host.hears(there=0.0, back=0.001)
    readings = [before]
    for _ in range(20):
        host.steady += 0.05
        readings.append(host.clock.now())
    assert readings == sorted(readings)
    assert host.off < 0.001


@pytest.mark.parametrize("jump", [600.0, -600.0])
def test_a_database_whose_own_clock_was_set_is_followed_at_once(jump: float) -> None:
    host = Host()
    host.hears()
    host.moved += jump
    host.hears()
    assert host.off < 0.001


def test_a_machine_that_slept_without_its_steady_clock_is_right_with_the_next_answer() -> None:
    host = Host()
    host.hears()
    host.moved += 3_600
    host.hears()
    assert host.off < 0.001


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (600.0, "its clock is 600 s ahead of the database's"),
        (-600.0, "600 s behind the database's"),
    ],
)
def test_a_difference_that_matters_is_said_once_and_so_is_its_end(
    wrong: float, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "console.journal.database_clock")
    host = Host(wrong)
    for _ in range(3):
        host.hears()
    assert words in host.clock.trouble
    host.wrong = NOTABLE / 2
    host.hears()
    assert host.clock.trouble == ""
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert words in said[0]
    assert "right again" in said[1]


def test_an_event_loop_is_never_held_up_to_ask() -> None:
    host = Host()
    host.hears()
    host.steady += FRESH + 1

    async def read() -> None:
        host.clock.now()

    asyncio.run(read())
    assert host.asked == 0
